"""A shot made ready: plates, people and camera; draws any of its frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from charforge.backends.animatic import acting, relight
from charforge.backends.animatic.camera import NEAREST, Path, solve
from charforge.backends.animatic.cards import Canvas, Card, card
from charforge.backends.animatic.looks import Film, Look, look
from charforge.backends.animatic.optics import blurred, defocus, to_linear, to_srgb
from charforge.backends.animatic.window import Frame, Window, window
from charforge.errors import RenderFailed
from charforge.imaging import decode, decode_rgba

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from charforge.backends.animatic.cast import Actor
    from charforge.backends.protocols import Kit
    from charforge.domain.blocking import Blocking
    from charforge.domain.jobs import ClipJob, StillJob

    Plane = NDArray[np.floating[Any]]


@dataclass(slots=True)
class Scene:
    """Everything that stays the same through a shot."""

    frame: Frame
    fps: float
    count: int
    seed: int
    path: Path
    background: tuple[Window, Card]
    front: tuple[Window, Card] | None
    film: Film
    look: Look
    actors: list[Actor] = field(default_factory=list)
    notes: dict[str, float | str] = field(default_factory=dict)

    def draw(self, number: int) -> Canvas:
        """Return frame `number`."""
        canvas = Canvas(self.frame.width, self.frame.height)
        pose = self.path.at(number / max(1, self.count - 1))
        now, first = acting.drift(number, self.fps, self.seed), acting.drift(0, self.fps, self.seed)
        drift = (now[0] - first[0], now[1] - first[1])
        where, layer = self.background
        canvas.cover(layer, where.placed(pose, self.frame, drift))
        for actor in self.actors:
            actor.draw(canvas, pose, self.frame, number, drift)
        if self.front is not None and self.front[0].depth - pose.dolly > NEAREST:
            where, layer = self.front
            canvas.merge(layer, where.placed(pose, self.frame, drift))
        self.film.develop(canvas.luma, number)
        return canvas


@dataclass(frozen=True, slots=True)
class Plates:
    """The pictures of a place, decoded and cropped to the frame's shape."""

    back: Plane
    """RGB 0 to 1."""
    front: Plane | None
    """RGB and straight alpha, 0 to 1."""
    ball: Plane | None
    """See relight.ball."""

    def black(self) -> Plane:
        """Return the darkest colour of the plate, held below a dark grey."""
        return np.minimum(np.percentile(self.back.reshape(-1, 3), 0.5, axis=0), 0.06).astype(np.float32)


def plates(job: StillJob | ClipJob, kit: Kit, aspect: float) -> Plates:
    """Return the pictures of the place that a job brings."""
    digest, over, probe = job.input("plate"), job.input("front"), job.input("probe")
    if digest is None:
        raise RenderFailed("the job has no `plate` input", "give the job a background picture of the place")
    back = _cropped(decode(kit.file(digest)).astype(np.float32) / 255, aspect)
    front = None if over is None else _cropped(decode_rgba(kit.file(over)).astype(np.float32) / 255, aspect)
    ball = None if probe is None else relight.ball(decode_rgba(kit.file(probe)))
    return Plates(back, front, ball)


def empty(job: StillJob | ClipJob, blocking: Blocking, place: Plates, fps: float, count: int) -> Scene:
    """Return the scene without its people."""
    frame = Frame(job.width, job.height)
    path, style = solve(blocking, frame.aspect), look(blocking.look)
    focus = path.depth
    behind = window(path, frame, blocking.view.background_depth)
    assert behind is not None
    layer = card(style.graded(_seen(place.back, behind, _blur(path, behind, focus, frame))))
    front = _front(path, frame, place, style, focus)
    notes: dict[str, float | str] = {"head": round(path.head(), 4), "magnification": round(path.size * path.boost, 3)}
    film = Film(frame.width, frame.height, style, job.seed)
    return Scene(frame, fps, count, job.seed, path, (behind, layer), front, film, style, notes=notes)


def _front(path: Path, frame: Frame, place: Plates, style: Look, focus: float) -> tuple[Window, Card] | None:
    where = window(path, frame, path.blocking.view.front_depth)
    if place.front is None or where is None:
        return None
    layer = place.front.copy()
    layer[..., :3] = to_linear(layer[..., :3]) * layer[..., 3:]
    seen = blurred(_placed(layer, where), _blur(path, where, focus, frame))
    rows, columns = (np.nonzero(seen[..., 3].max(axis) > 0.002)[0] for axis in (1, 0))
    if not rows.size:
        return None
    top, left = int(rows[0]) // 2 * 2, int(columns[0]) // 2 * 2
    seen = seen[top : int(rows[-1]) // 2 * 2 + 2, left : int(columns[-1]) // 2 * 2 + 2]
    picture = to_srgb(seen[..., :3] / np.maximum(seen[..., 3:], 1e-3))
    return where, card(style.graded(picture), np.clip(seen[..., 3], 0, 1), left, top)


def _blur(path: Path, where: Window, focus: float, frame: Frame) -> float:
    """Return the defocus of a window in its own pixels."""
    pose = path.at(0.5)
    return defocus(pose, where.depth, focus, path.size) * frame.height


def _seen(picture: Plane, where: Window, diameter: float) -> Plane:
    placed = _placed(picture, where)
    return to_srgb(blurred(to_linear(placed), diameter)) if diameter >= 1 else placed


def _placed(picture: Plane, where: Window) -> Plane:
    """Return the window's part of a plate at working size; outside the plate its edge goes on."""
    height, width = picture.shape[:2]
    scale = where.grain / height
    left, top = where.pixel(-width / height / 2, -0.5)
    matrix = np.array([[scale, 0, left + 0.5 * scale], [0, scale, top + 0.5 * scale]], np.float64)
    if scale < 0.7:
        picture = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.float32)
        matrix = np.array([[1, 0, left + 0.5], [0, 1, top + 0.5]], np.float64)
    out = cv2.warpAffine(
        picture, matrix, (where.width, where.height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.clip(np.asarray(out, np.float32), 0, 1)


def _cropped(picture: Plane, aspect: float) -> Plane:
    """Return the middle of a picture in the frame's shape."""
    height, width = picture.shape[:2]
    wide, high = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - wide) // 2, (height - high) // 2
    return picture[top : top + high, left : left + wide]
