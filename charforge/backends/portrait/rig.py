"""A character's rig: the styles of its poses, what moves its face, and what a search needs to know of it.

An npz file read without pickle. Every pose (`front`, `left25`, `happy` …) is an (8, 512) float32 style; every delta
(`open`, `wide`, `round`, `blink`, `turn_left`, `turn_right`) is an (8, 512) float32 change that is added to a pose,
times 0 to 1. `pose_turns` are the degrees of the poses, in the order of their names; `search_slopes` (moves, numbers)
float16 is the linear model around `front`.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from charforge.backends.portrait.measures import BRIEF, LENGTH
from charforge.backends.portrait.network import LEVELS, WIDTH
from charforge.errors import RenderFailed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.protocols import Vector

DELTAS = ("open", "wide", "round", "blink", "turn_left", "turn_right")
SLOPES = "search_slopes"
TURNS = "pose_turns"


@dataclass(frozen=True, slots=True)
class Rig:
    """What a character's face can do."""

    poses: dict[str, Vector]
    deltas: dict[str, Vector]
    turns: dict[str, float]
    """Measured degrees of each pose; negative when the face points to the left edge."""
    slopes: NDArray[np.float32]
    """(moves, BRIEF)."""

    def pose(self, name: str) -> Vector:
        """Return a pose's style, (8, 512); raise RenderFailed when the rig has none of this name."""
        if name not in self.poses:
            message = f"the rig has no pose {name!r}; it has {', '.join(sorted(self.poses))}"
            raise RenderFailed(message, "build the character again, or ask for another turn")
        return self.poses[name]

    def whole_slopes(self) -> NDArray[np.float32]:
        """Return the linear model at full length; the coarse picture's part is flat."""
        whole = np.zeros((len(self.slopes), LENGTH), np.float32)
        whole[:, :BRIEF] = self.slopes
        return whole


def written(rig: Rig) -> bytes:
    """Return the rig as the bytes of an npz file; the same rig gives the same bytes."""
    arrays: dict[str, NDArray[np.generic]] = {n: v.astype(np.float32) for n, v in (rig.poses | rig.deltas).items()}
    arrays[TURNS] = np.array([rig.turns[n] for n in sorted(rig.poses)], np.float32)
    arrays[SLOPES] = rig.slopes[:, :BRIEF].astype(np.float16)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            plain = io.BytesIO()
            np.lib.format.write_array(plain, arrays[name], allow_pickle=False)
            archive.writestr(entry, plain.getvalue())
    return out.getvalue()


def read(raw: bytes) -> Rig:
    """Return the rig in these bytes; raise RenderFailed when they are none."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as stored:
            arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, KeyError) as error:
        message = f"the rig cannot be read: {error}"
        raise RenderFailed(message, "build the character again") from error
    slopes, turns = arrays.pop(SLOPES, None), arrays.pop(TURNS, None)
    if slopes is None or turns is None or slopes.ndim != 2 or slopes.shape[1] != BRIEF or "front" not in arrays:
        message = "the rig lacks its front pose, its turns or its linear model"
        raise RenderFailed(message, "build the character again")
    wrong = [n for n, a in arrays.items() if a.shape != (LEVELS, WIDTH) or not np.isfinite(a).all()]
    if wrong:
        message = f"these styles of the rig are not {LEVELS} x {WIDTH} finite numbers: {', '.join(sorted(wrong))}"
        raise RenderFailed(message, "build the character again")
    deltas = {n: arrays.pop(n) for n in DELTAS if n in arrays}
    if len(turns) != len(arrays):
        message = f"the rig has {len(arrays)} poses and {len(turns)} turns"
        raise RenderFailed(message, "build the character again")
    return Rig(arrays, deltas, dict(zip(sorted(arrays), map(float, turns), strict=True)), slopes)
