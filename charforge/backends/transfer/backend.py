"""Makes a drifted face the master's again: its proportions and its skin, in the take's pose, expression and light.

Inputs: `picture`; `master` or `head`, which says who it is to be; any number of `reference`, `angle` and `expression`
pictures of the same character, of which the one nearest in pose and expression lends its skin. Settings: `strength`, 0
to 1 (default 1), how far the face goes to the master's. Where hair, glasses or a hand lie before the face, where eyes
or lips do something else than the master's, and beyond the margin, the picture stays as it was.
Nothing in it is random but the grain, which follows from the job's seed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from charforge import imaging
from charforge.backends.protocols import FaceBackend, LandmarkBackend, Picture
from charforge.backends.transfer import seen
from charforge.backends.transfer.choosing import nearest
from charforge.backends.transfer.exchange import made
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB, Detection, Home, Kit
    from charforge.backends.transfer.seen import Seen
    from charforge.domain.jobs import RepairJob

SMALLEST = 20.0
"""Pixels between the eyes below which points are too coarse."""
FARTHEST = 50.0
"""Degrees of turn beyond which half of a face is out of sight, and the points with it."""
APART = 38.0
"""Degrees of turn or pitch from the nearest picture of the character beyond which its skin does not reach."""
COVERED = 0.45
"""Share of a face before which something lies from which too little is left to be exchanged."""
MASTERS = ("master", "head")
LENDERS = ("master", "head", "reference", "angle", "expression")
KNOWN = {"strength"}


class Transfer:
    """RepairBackend `transfer`; safe to share between threads."""

    name: ClassVar[str] = "transfer"
    licence: ClassVar[str] = "Apache-2.0"
    weights: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ("face", "landmark")
    extra: ClassVar[str] = "embedded"
    brings: ClassVar[str] = ""
    margin: ClassVar[float] = 0.5
    """A repair changes nothing farther outside the box than this share of its longer side."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @property
    def revision(self) -> str:
        """Names this way of exchanging."""
        return "2"

    def repair(self, job: RepairJob, kit: Kit) -> Picture:
        """Return the picture with the face in `job.box` made the master's; what is beyond the margin stays as it was.

        Raises RenderFailed when a face is missing, too small, turned too far, or hidden.
        """
        strength = _strength(job)
        finder = kit.tool(FaceBackend)  # type: ignore[type-abstract]
        points = kit.tool(LandmarkBackend)  # type: ignore[type-abstract]
        kit.step(0, 1)
        pixels = _picture(job, kit)
        take = seen.look(pixels, _boxed(finder.detect(pixels), job.box), points)
        if take is None:
            raise RenderFailed("the face in the box cannot be measured", "render the shot again")
        _within_reach(take)
        shape, master, apart = _lent(job, kit, take, (finder, points))
        done = made(take, master, shape, (strength, job.seed), points)
        if done.covered > COVERED:
            message = f"{done.covered:.0%} of the face lies behind hair, glasses or a hand"
            raise RenderFailed(message, "render the shot again")
        kit.step(1, 1)
        notes = {
            "turn": round(take.marks.turn, 1),
            "apart": round(apart, 1),
            "covered": round(done.covered, 3),
            "blur": round(done.blur, 2),
            "grain": round(done.grain, 2),
        }
        return Picture(self._laid(pixels, take, done.pixels, job.box), {}, dict(notes))

    def _laid(self, pixels: RGB, take: Seen, near: RGB, box: tuple[int, int, int, int]) -> RGB:
        """Return the picture with a new neighbourhood of the face, cut at the margin."""
        whole = pixels.copy()
        left, top = take.corner
        whole[top : top + near.shape[0], left : left + near.shape[1]] = near
        x, y, width, height = box
        reach = int(self.margin * max(width, height))
        inside = np.s_[max(y - reach, 0) : max(y + height + reach, 0), max(x - reach, 0) : max(x + width + reach, 0)]
        laid = pixels.copy()
        laid[inside] = whole[inside]
        return laid


def _strength(job: RepairJob) -> float:
    unknown = sorted(set(job.settings) - KNOWN)
    if unknown:
        message = f"the transfer knows no setting {', '.join(unknown)}"
        raise RenderFailed(message, f"it knows: {', '.join(sorted(KNOWN))}")
    strength = float(job.settings.get("strength", 1.0))
    if not 0 <= strength <= 1:
        raise RenderFailed(f"strength {strength:g} is out of range", "strength is 0 to 1")
    return strength


def _digests(job: RepairJob, roles: tuple[str, ...]) -> list[str]:
    """Return the pictures that the job gives in these roles, each once; raise RenderFailed when there is none."""
    found = list(dict.fromkeys(i.digest() for role in roles for i in job.inputs if i.role == role))
    if not found:
        raise RenderFailed(f"the transfer was given no {' or '.join(roles[:2])} picture", "plan the shot anew")
    return found


def _picture(job: RepairJob, kit: Kit) -> RGB:
    source = job.input("picture")
    if source is None:
        raise RenderFailed("the transfer was given no picture", "plan the shot anew")
    return imaging.decode(kit.file(source))


def _lent(job: RepairJob, kit: Kit, take: Seen, tools: tuple[FaceBackend, LandmarkBackend]) -> tuple[Seen, Seen, float]:
    """Return whose face it is to be, whose skin it gets, and the degrees of pose between that and the take."""
    known = {digest: _lender(kit, digest, *tools) for digest in _digests(job, LENDERS)}
    shape = known[_digests(job, MASTERS)[0]]
    if shape is None:
        message = "there is no face in the master picture to put there"
        raise RenderFailed(message, "give a master that shows one face from the front")
    master = nearest(take, [k for k in known.values() if k is not None])
    apart = max(abs(take.marks.turn - master.marks.turn), abs(take.marks.pitch - master.marks.pitch))
    if apart > APART:
        message = f"the face looks {apart:.0f} degrees another way than any picture of the character"
        raise RenderFailed(message, "lock an angle nearer to it, or render the shot again")
    return shape, master, apart


def _lender(kit: Kit, digest: str, finder: FaceBackend, points: LandmarkBackend) -> Seen | None:
    return seen.faces(imaging.decode(kit.file(digest)), finder, points)


def _boxed(faces: tuple[Detection, ...], box: tuple[int, int, int, int]) -> Detection:
    """Return the largest face whose middle lies in the box; raise RenderFailed when there is none."""
    x, y, width, height = box
    for face in faces:
        middle = face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2
        if x <= middle[0] <= x + width and y <= middle[1] <= y + height:
            return face
    message = f"there is no face in the box {width}x{height} at {x},{y}"
    raise RenderFailed(message, "judge the picture again: the face may have moved or never have been one")


def _within_reach(take: Seen) -> None:
    """Raise RenderFailed for a face whose points are not to be relied on."""
    if take.eyes < SMALLEST:
        message = f"a face with {take.eyes:.0f} pixels between the eyes is too small"
        raise RenderFailed(message, "render the shot larger, or frame it closer")
    if abs(take.marks.turn) > FARTHEST:
        message = f"the head is turned by {abs(take.marks.turn):.0f} degrees, beyond the transfer's {FARTHEST:.0f}"
        raise RenderFailed(message, "lock a profile and render the shot again")
