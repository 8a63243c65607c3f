"""The face generator, its rigs and its searches, with the real models and the committed cast."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charforge.backends.landmarks import FaceLandmarks, eye_opening, mouth_opening
from charforge.backends.portrait import Portrait, basis, rig
from charforge.backends.portrait.backend import move_between
from charforge.backends.portrait.measures import BRIEF, LENGTH
from charforge.backends.portrait.network import spread
from charforge.backends.portrait.search import Wish, no_weight, weigh
from charforge.backends.protocols import FaceBackend, LandmarkBackend
from charforge.backends.sface import SFace
from charforge.domain.jobs import Input, StillJob
from charforge.errors import RenderFailed
from charforge.imaging import decode
from charforge.weights.home import LocalHome

LIBRARY = Path(__file__).parents[2] / "library" / "characters"
CAST = ("mia", "theo")

pytestmark = pytest.mark.models


class Bench:
    """A kit of real tools over the committed library."""

    def __init__(self, scratch: Path) -> None:
        home = LocalHome()
        self.scratch = scratch
        self.portrait, self.face, self.landmark = Portrait(home), SFace(home), FaceLandmarks(home)
        self.files = {hashlib.sha256(p.read_bytes()).hexdigest(): p for p in LIBRARY.glob("*/rig/*.npz")}

    def file(self, digest: str) -> Path:
        """Return a committed rig by its digest."""
        return self.files[digest]

    def tool(self, role: type) -> Any:
        """Return the real tool of a role."""
        tools: dict[Any, Any] = {FaceBackend: self.face, LandmarkBackend: self.landmark}
        return tools[role]

    def step(self, done: int, total: int) -> None:
        """Check that progress stays in its bounds."""
        assert 0 <= done <= total

    def job(self, name: str, seed: int = 1, size: int = 1024, **settings: str | float) -> StillJob:
        """Return an order for a head of a cast character."""
        digest = next(d for d, p in self.files.items() if p.stem == name)
        source = Input(role="rig", name=name, source=digest)
        return StillJob(backend="portrait", seed=seed, width=size, height=size, inputs=(source,), settings=settings)

    def rig(self, name: str) -> rig.Rig:
        """Return a committed rig."""
        return rig.read((LIBRARY / name / "rig" / f"{name}.npz").read_bytes())

    def likeness(self, one: np.ndarray, other: np.ndarray) -> float:
        """Return how alike two heads are to SFace."""
        a, b = (self.face.embed(p, self.face.detect(p)[0]) for p in (one, other))
        return self.face.similarity(a, b)

    def points(self, pixels: np.ndarray) -> np.ndarray:
        """Return the points of the largest face."""
        found = self.landmark.landmarks(pixels, self.face.detect(pixels)[0])
        assert found is not None
        return found.points


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return the tools, loaded once."""
    return Bench(tmp_path_factory.mktemp("kit"))


def test_a_seed_gives_one_head(bench: Bench) -> None:
    """Two generators draw equal pixels for a seed, flat or spread over the resolutions, and others for another."""
    style = bench.portrait.style(5)
    assert style.shape == (512,)
    assert style.dtype == np.float32
    first = bench.portrait.generate(style)
    again = Portrait(LocalHome()).generate(spread(style).ravel())
    assert first.shape == (1024, 1024, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(style, bench.portrait.style(6))


def test_less_truncation_goes_further_from_the_mean(bench: Bench) -> None:
    """A style lies between the mean and the bare seed, in proportion to the truncation."""
    mean = basis.shipped().mean
    near, far = (np.linalg.norm(bench.portrait.style(5, t) - mean) for t in (0.3, 0.6))
    assert far == pytest.approx(2 * near, rel=1e-3)


@pytest.mark.parametrize("style", [np.zeros(100, np.float32), np.full(512, np.nan, np.float32)])
def test_what_is_no_style_is_refused(style: np.ndarray) -> None:
    """A vector of another length, or with a number that is none, is refused with a reason."""
    with pytest.raises(RenderFailed, match="a style is"):
        spread(style)


@pytest.mark.parametrize("name", CAST)
def test_the_locked_front_is_the_master(bench: Bench, name: str) -> None:
    """Drawing the rig's front gives the committed headshot, but for rounding on other processors."""
    picture = bench.portrait.still(bench.job(name, strategy="locked", pose="front"), bench)
    master = decode(LIBRARY / name / "headshot" / "front.png")
    assert np.abs(picture.pixels.astype(int) - master).mean() < 1.0
    assert np.array_equal(
        np.frombuffer(picture.attachments["style"], np.float32), bench.rig(name).poses["front"].ravel()
    )


@pytest.mark.parametrize("name", CAST)
@pytest.mark.parametrize("pose", ["front", "left25", "right25"])
def test_mouths_open_and_eyes_close_in_every_pose(bench: Bench, name: str, pose: str) -> None:
    """The deltas open the mouth and close the lids of the same person, at every angle."""
    known = bench.rig(name)
    still = bench.portrait.generate(known.poses[pose])
    opened = bench.portrait.generate(known.poses[pose] + known.deltas["open"])
    asleep = bench.portrait.generate(known.poses[pose] + known.deltas["blink"])
    assert mouth_opening(bench.points(opened)) > mouth_opening(bench.points(still)) + 0.08
    assert eye_opening(bench.points(asleep)) < 0.6 * eye_opening(bench.points(still))
    assert bench.likeness(still, opened) > (0.8 if pose == "front" else 0.55)


@pytest.mark.parametrize("name", CAST)
def test_every_reference_has_its_pose(bench: Bench, name: str) -> None:
    """A head picture of the library is named like the pose of the rig that draws it."""
    stems = {p.stem for folder in ("headshot", "angles", "expressions") for p in (LIBRARY / name / folder).iterdir()}
    assert stems == set(bench.rig(name).poses)


def test_a_search_keeps_the_person_where_a_plain_turn_drifts(bench: Bench) -> None:
    """The population's direction turns the head into somebody else; a short search at the same angle stays nearer."""
    master = decode(LIBRARY / "theo" / "headshot" / "front.png")
    order: dict[str, str | float] = {"pose": "left25", "turn": -35.0}
    plain = bench.portrait.still(bench.job("theo", strategy="plain", **order), bench)
    searched = bench.portrait.still(bench.job("theo", strategy="constrained", steps=10, relearn=0, **order), bench)
    assert float(searched.notes["turn"]) < -24
    assert bench.likeness(master, searched.pixels) > bench.likeness(master, plain.pixels)


def test_a_seed_changes_a_plain_take_and_its_size_is_as_ordered(bench: Bench) -> None:
    """Two seeds of a plain take are two pictures of the ordered size; the same seed is the same picture."""
    one, same, other = (
        bench.portrait.still(bench.job("theo", seed=s, size=256, strategy="plain", turn=10.0), bench).pixels
        for s in (1, 1, 2)
    )
    assert one.shape == (256, 256, 3)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_an_unknown_strategy_or_pose_is_refused(bench: Bench) -> None:
    """What the backend cannot do is said, with what it can."""
    with pytest.raises(RenderFailed, match="no strategy 'magic'"):
        bench.portrait.still(bench.job("mia", strategy="magic"), bench)
    with pytest.raises(RenderFailed, match="no pose 'upside-down'"):
        bench.portrait.still(bench.job("mia", strategy="locked", pose="upside-down"), bench)
    with pytest.raises(RenderFailed, match="needs the character's rig"):
        bench.portrait.still(StillJob(backend="portrait", width=8, height=8), bench)


def test_a_rig_reads_back_as_written(bench: Bench) -> None:
    """Writing a rig twice gives the same bytes, and reading them the same rig."""
    known = bench.rig("mia")
    raw = rig.written(known)
    assert raw == rig.written(rig.read(raw))
    again = rig.read(raw)
    assert again.turns == known.turns
    assert all(np.array_equal(again.deltas[n], d) for n, d in known.deltas.items())
    assert again.whole_slopes().shape == (len(known.slopes), LENGTH)


@pytest.mark.parametrize("lost", ["front", "search_slopes", "pose_turns"])
def test_a_rig_without_its_parts_is_refused(bench: Bench, lost: str) -> None:
    """A rig file that lacks what every rig has cannot be used."""
    with np.load(io.BytesIO(rig.written(bench.rig("mia")))) as stored:
        arrays = {n: stored[n] for n in stored.files if n != lost}
    out = io.BytesIO()
    np.savez(out, **arrays)
    with pytest.raises(RenderFailed):
        rig.read(out.getvalue())


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04 cut off", b"\x93NUMPY rubbish"])
def test_bytes_that_are_no_rig_are_refused(raw: bytes) -> None:
    """Damaged bytes raise our error, not the library's."""
    with pytest.raises(RenderFailed, match="rig cannot be read"):
        rig.read(raw)


def test_a_move_is_found_again(bench: Bench) -> None:
    """The move between two styles of a search is recovered from the styles."""
    known = basis.shipped()
    front = bench.rig("mia").poses["front"]
    move = np.random.default_rng(0).normal(size=4 * len(known.spread)).astype(np.float32)
    there = front.copy()
    for row in range(4):
        there[row] += known.step(move[row * len(known.spread) : (row + 1) * len(known.spread)])
    assert np.allclose(move_between(front, there), move, atol=1e-2)


def test_a_wish_costs_nothing_where_it_is_met() -> None:
    """Cost counts only what has weight, and the length of the move."""
    wish = Wish(np.ones(LENGTH, np.float32), no_weight(), ridge=0.5)
    weigh(wish.weight, pose=2.0)
    met = np.zeros(LENGTH, np.float32)
    met[:3] = 1
    assert wish.cost(met, np.zeros(4, np.float32)) == 0
    assert wish.cost(np.zeros(LENGTH, np.float32), np.ones(4, np.float32)) == pytest.approx(3 * 4 + 0.5 * 4)
    assert BRIEF < LENGTH
