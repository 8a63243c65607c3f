"""The upscaler for small and soft faces: its file reader by itself, and the restored faces with the real model."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from charforge import imaging
from charforge.backends.span import Restore, network
from charforge.backends.span.backend import softness
from charforge.domain.jobs import Input, RepairJob
from charforge.errors import RenderFailed, WeightsError

if TYPE_CHECKING:
    from charforge.backends.protocols import RGB
    from charforge.weights import LocalHome

MASTER = Path(__file__).parents[2] / "library" / "characters" / "mia" / "headshot" / "front.png"
OUTLINE = "7767517\n2 2\nInput data 0 1 data\nConvolution one 1 1 data out 0=1 1=1 4=0 5=1 6=3\n"


class Desk:
    """The Kit of a repair: its files."""

    def __init__(self, folder: Path) -> None:
        self.scratch = folder

    def put(self, role: str, pixels: RGB) -> Input:
        """Lay a picture on the desk."""
        raw = imaging.encode_png(pixels)
        digest = hashlib.sha256(raw).hexdigest()
        self.file(digest).write_bytes(raw)
        return Input(role=role, source=digest)

    def file(self, digest: str) -> Path:
        """Return a picture that was laid there."""
        return self.scratch / f"{digest}.png"

    def tool(self, role: type) -> Any:
        """Have none."""
        raise AssertionError(role)

    def face(self, model: str) -> Any:
        """Have none."""
        raise AssertionError(model)

    def step(self, done: int, total: int) -> None:
        """Take no note."""


def sized(pixels: RGB, side: int) -> RGB:
    """Return a square picture at another size."""
    how = cv2.INTER_AREA if side < pixels.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=how), np.uint8)


def fidelity(one: RGB, other: RGB) -> float:
    """Return the peak signal to noise ratio in decibels."""
    return float(10 * np.log10(255**2 / np.mean((one.astype(float) - other) ** 2)))


@pytest.fixture(scope="module")
def sharp() -> RGB:
    """Return a sharp head of 256 pixels."""
    return sized(imaging.decode(MASTER), 256)


def restored(home: LocalHome, folder: Path, picture: RGB, **settings: Any) -> RGB:
    """Return the picture with the face in its middle restored."""
    desk = Desk(folder)
    job = RepairJob(
        backend="restore", step="restore", box=(48, 48, 160, 160), inputs=(desk.put("picture", picture),),
        settings=settings,
    )  # fmt: skip
    return Restore(home).repair(job, desk).pixels


def test_reads_the_layers_of_an_outline() -> None:
    """Each line is a layer with what it takes, what it gives and its settings."""
    start, layer = network.outline(OUTLINE)
    assert (start.kind, start.takes, start.gives) == ("Input", (), ("data",))
    assert (layer.kind, layer.name, layer.takes, layer.gives) == ("Convolution", "one", ("data",), ("out",))
    assert layer.whole(6) == 3
    assert layer.whole(9, 7) == 7


@pytest.mark.parametrize(
    ("text", "weights", "wrong"),
    [
        ("<html>", b"", "not one of ncnn's"),
        (OUTLINE, b"", "cut short"),
        (OUTLINE, b"\x01\x02\x03\x04" + bytes(40), "stored in a way"),
        (OUTLINE, bytes(4 + 12 + 4 + 8), "not those of its outline"),
        (OUTLINE.replace("Convolution", "Pooling"), bytes(20), "asks for Pooling"),
    ],
)
def test_refuses_files_that_are_not_the_upscaler(tmp_path: Path, text: str, weights: bytes, wrong: str) -> None:
    """What is no outline, is cut short, or holds something else is named."""
    (tmp_path / "outline").write_text(text, "ascii")
    (tmp_path / "weights").write_bytes(weights)
    with pytest.raises(WeightsError, match=wrong):
        network.built(tmp_path / "outline", tmp_path / "weights")


def test_measures_how_soft_a_picture_is(sharp: RGB) -> None:
    """A sharp face cannot be made smaller without loss; one enlarged threefold can."""
    assert softness(sharp) == 1
    assert softness(sized(sized(sharp, 85), 256)) >= 2


@pytest.mark.models
def test_a_soft_face_comes_nearer_to_what_it_was(home: LocalHome, tmp_path: Path, sharp: RGB) -> None:
    """A face that was shrunk to half and enlarged again is nearer to the original once restored."""
    soft = sized(sized(sharp, 128), 256)
    made = restored(home, tmp_path, soft)
    face = np.s_[60:200, 60:200]
    assert fidelity(made[face], sharp[face]) > fidelity(soft[face], sharp[face]) + 0.5


@pytest.mark.models
def test_strength_mixes_and_none_changes_nothing(home: LocalHome, tmp_path: Path, sharp: RGB) -> None:
    """With strength 0 every byte stays; half of it changes half as much."""
    soft = sized(sized(sharp, 128), 256)
    none, part, whole = (restored(home, tmp_path, soft, strength=s) for s in (0.0, 0.5, 1.0))
    assert np.array_equal(none, soft)
    changes = [np.abs(p.astype(float) - soft).mean() for p in (part, whole)]
    assert changes[0] == pytest.approx(changes[1] / 2, rel=0.3)


@pytest.mark.models
def test_refuses_what_needs_no_restoring(home: LocalHome, tmp_path: Path, sharp: RGB) -> None:
    """A large sharp face, an unknown setting and a strength out of range are refused."""
    with pytest.raises(RenderFailed, match="nothing to restore"):
        restored(home, tmp_path, sharp)
    with pytest.raises(RenderFailed, match="knows no setting mood"):
        restored(home, tmp_path, sharp, mood=1)
    with pytest.raises(RenderFailed, match="out of range"):
        restored(home, tmp_path, sharp, strength=1.5)
