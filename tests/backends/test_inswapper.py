"""The swapper gives a face its owner's identity, touches nothing else, and refuses what it cannot do in words."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("insightface")

from tiny import pack

from charforge import imaging
from charforge.backends import fake
from charforge.backends.insightface_models import InsightFace
from charforge.backends.insightface_models.inswapper import TRAINED_WITH, InSwapper
from charforge.domain.jobs import Input, RepairJob
from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing, BadOutput, RenderFailed, WeightsError
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from charforge.backends.protocols import RGB, FaceBackend

BOX = (20, 36, 120, 120)
"""Holds theo's face in `scene()`."""


@dataclass
class Bench:
    """A swapper, its recogniser, and the files of its jobs."""

    scratch: Path
    swapper: InSwapper
    recogniser: InsightFace
    steps: list[tuple[int, int]] = field(default_factory=list)

    def file(self, digest: str) -> Path:
        """Return a file that was put here."""
        return self.scratch / digest

    def face(self, model: str) -> FaceBackend:
        """Return the recogniser when it runs this model."""
        if model != self.recogniser.model:
            raise BackendMissing(f"no face backend runs {model}")
        return self.recogniser

    def tool(self, role: type) -> Any:
        """Have no tools: the swapper names none."""
        raise AssertionError(role)

    def step(self, done: int, total: int) -> None:
        """Take note of progress."""
        self.steps.append((done, total))

    def put(self, pixels: RGB) -> str:
        """Lay a picture here and return its digest."""
        content = imaging.encode_png(pixels)
        digest = hashlib.sha256(content).hexdigest()
        self.file(digest).write_bytes(content)
        return digest

    def job(self, picture: RGB, master: RGB, role: str = "master", **changes: Any) -> RepairJob:
        """Return a job that swaps the face in BOX."""
        given = (("picture", picture), (role, master))
        inputs = tuple(Input(role=name, source=self.put(pixels)) for name, pixels in given)
        values = {"settings": {"face_model": self.recogniser.model}, "box": BOX, "inputs": inputs, **changes}
        return RepairJob(backend="inswapper", step="swap", **values)

    def swap(self, picture: RGB, master: RGB, **changes: Any) -> RGB:
        """Return the swapped picture."""
        return self.swapper.repair(self.job(picture, master, **changes), self).pixels

    def alike(self, pixels: RGB, who: str, place: int = 0) -> float:
        """Return how alike one of a picture's faces is to somebody."""
        shown = pack.headshot(who)
        seen = self.recogniser.embed(pixels, self.recogniser.detect(pixels)[place])
        wanted = self.recogniser.embed(shown, self.recogniser.detect(shown)[0])
        return self.recogniser.similarity(seen, wanted)


def scene() -> RGB:
    """Return theo in BOX, and ana smaller beside him."""
    pixels = fake.gradient(320, 192, "set")
    pack.paint(pixels, "theo", (24, 40), 112)
    pack.paint(pixels, "ana", (216, 60), 72)
    return pixels


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Bench]:
    """Return a maker of benches; what it is given changes the swapper's entry in charforge.yaml."""

    def make(file: Path, **settings: Any) -> Bench:
        folder = tmp_path / "pack"
        if not folder.exists():
            pack.build(folder)
        digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "1" * 64
        trained = hashlib.sha256((folder / "rec_tiny.onnx").read_bytes()).hexdigest()
        named = {
            "insightface": OwnModel("insightface", folder, "0" * 64),
            "inswapper": OwnModel("inswapper", file, digest, {"face_model": trained, **settings}),
        }
        home = LocalHome(models=named)
        return Bench(tmp_path, InSwapper(home), InsightFace(home))

    return make


@pytest.fixture
def bench(made: Callable[..., Bench], tmp_path: Path) -> Bench:
    """Return a bench with a swapper that really writes identities."""
    return made(pack.build_swapper(tmp_path / "inswapper_128.onnx"))


def test_the_face_in_the_box_becomes_the_masters(bench: Bench) -> None:
    """Afterwards the recogniser sees mia where theo was."""
    assert bench.alike(scene(), "mia") < bench.recogniser.bar
    swapped = bench.swap(scene(), pack.headshot("mia"))
    assert bench.alike(swapped, "mia") > 0.9
    assert bench.alike(swapped, "theo") < bench.recogniser.bar
    assert bench.steps[-1] == (1, 1)


def test_a_head_serves_where_there_is_no_master(bench: Bench) -> None:
    """The character's posed head shows the same person."""
    assert bench.alike(bench.swap(scene(), pack.headshot("mia"), role="head"), "mia") > 0.9


def test_nothing_away_from_the_face_changes(bench: Bench) -> None:
    """Every changed pixel lies within the face's own neighbourhood, and the picture given is left alone."""
    before = scene()
    swapped = bench.swap(before, pack.headshot("mia"))
    rows, columns = np.nonzero((swapped != before).any(-1))
    assert len(rows) > 1000
    assert columns.max() <= 136 + 28
    assert 40 - 28 <= rows.min() < rows.max() <= 152 + 28
    assert bench.alike(swapped, "ana", 1) > 0.9
    assert np.array_equal(before, scene())


def test_a_box_smaller_than_the_face_holds_the_change(bench: Bench) -> None:
    """However large the face found in it is, nothing changes beyond the box's own margin."""
    before, box = scene(), (70, 86, 20, 20)
    rows, columns = np.nonzero((bench.swap(before, pack.headshot("mia"), box=box) != before).any(-1))
    assert (columns.min(), columns.max() + 1) == (60, 100)
    assert (rows.min(), rows.max() + 1) == (76, 116)


def test_colours_keep_their_order(bench: Bench) -> None:
    """Red and green of the face stay as they were; only the blue that spells who it is changes."""
    swapped = bench.swap(scene(), pack.headshot("mia")).astype(int)
    middle = (slice(70, 120), slice(55, 105))
    changed = np.abs(swapped - scene())[middle].mean((0, 1))
    assert max(changed[:2]) < 4
    assert changed[2] > 30


def test_a_face_cut_by_the_pictures_edge_is_swapped(bench: Bench) -> None:
    """The neighbourhood ends where the picture does."""
    pixels = fake.gradient(200, 150, "set")
    pack.paint(pixels, "theo", (0, 0), 120)
    assert bench.alike(bench.swap(pixels, pack.headshot("mia"), box=(0, 0, 120, 120)), "mia") > 0.8


def test_the_same_job_gives_the_same_picture(bench: Bench) -> None:
    """Swaps follow from the job, whatever was swapped before."""
    first = bench.swap(scene(), pack.headshot("mia"))
    bench.swap(scene(), pack.headshot("lena"))
    assert np.array_equal(first, bench.swap(scene(), pack.headshot("mia")))


def test_the_revision_names_libraries_and_file(bench: Bench, made: Callable[..., Bench], tmp_path: Path) -> None:
    """Another file is another revision."""
    other = made(pack.build_swapper(tmp_path / "other.onnx", seed=4))
    assert "insightface-" in bench.swapper.revision
    assert bench.swapper.revision != other.swapper.revision
    assert bench.swapper.resident(bench.job(scene(), scene())) != other.swapper.resident(bench.job(scene(), scene()))


def test_nothing_is_printed(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    """What insightface prints while it loads a swapper stays off stdout, which is data."""
    bench.swap(scene(), pack.headshot("mia"))
    assert capfd.readouterr() == ("", "")


def test_an_empty_box_is_refused(bench: Bench) -> None:
    """Without a face in the box nobody else's face is taken instead."""
    with pytest.raises(RenderFailed, match="no face in the box 40x40 at 150,10"):
        bench.swap(scene(), pack.headshot("mia"), box=(150, 10, 40, 40))


def test_a_master_without_a_face_is_refused(bench: Bench) -> None:
    """A plate is nobody's master."""
    with pytest.raises(RenderFailed, match="no face in the master"):
        bench.swap(scene(), fake.gradient(200, 200, "plate"))


@pytest.mark.parametrize(("role", "missing"), [("picture", "picture"), ("master", "master or head")])
def test_a_job_without_an_input_is_refused(bench: Bench, role: str, missing: str) -> None:
    """What is missing is named."""
    job = bench.job(scene(), pack.headshot("mia"))
    kept = tuple(i for i in job.inputs if i.role != role)
    with pytest.raises(RenderFailed, match=f"given no {missing} picture"):
        bench.swapper.repair(bench.job(scene(), scene(), inputs=kept), bench)


def test_a_face_too_small_to_swap_is_refused(bench: Bench) -> None:
    """A face of a few pixels has no room for an identity."""
    pixels = fake.gradient(100, 100, "set")
    pack.paint(pixels, "theo", (40, 40), 18)
    with pytest.raises(RenderFailed, match=r"a face 1\d pixels wide is too small"):
        bench.swap(pixels, pack.headshot("mia"), box=(30, 30, 40, 40))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "the job names none"),
        ({"face_model": "f" * 64}, "the job gives those of ffffffffffff"),
        ({"face_model": 7}, "the job names none"),
    ],
)
def test_the_embeddings_of_another_model_are_refused(bench: Bench, settings: dict[str, Any], words: str) -> None:
    """A vector of the right length from the wrong recogniser would give somebody else's face."""
    with pytest.raises(RenderFailed, match=f"understands only embeddings of the face model .*{words}"):
        bench.swap(scene(), pack.headshot("mia"), settings=settings)


def test_by_default_a_swapper_wants_the_recogniser_of_buffalo_l(bench: Bench) -> None:
    """Unless charforge.yaml says otherwise, embeddings come from w600k_r50, and a pack without it is refused."""
    own = OwnModel("inswapper", bench.scratch / "inswapper_128.onnx", "1" * 64)
    swapper = InSwapper(LocalHome(models={"inswapper": own}))
    job = bench.job(scene(), pack.headshot("mia"))
    with pytest.raises(RenderFailed, match=f"face model {TRAINED_WITH[:12]}"):
        swapper.repair(job, bench)
    with pytest.raises(BackendMissing, match=TRAINED_WITH):
        swapper.repair(bench.job(scene(), scene(), settings={"face_model": TRAINED_WITH}), bench)


def test_a_job_for_another_swapper_is_refused(bench: Bench) -> None:
    """A plan made with one file is not rendered with another."""
    settings = {"face_model": bench.recogniser.model, "weights": "e" * 64}
    with pytest.raises(RenderFailed, match="the job is for the swapper eeeeeeeeeeee"):
        bench.swap(scene(), pack.headshot("mia"), settings=settings)


def test_an_unknown_setting_is_refused(bench: Bench) -> None:
    """A setting that changes nothing would only change the key."""
    settings = {"face_model": bench.recogniser.model, "strength": 0.5}
    with pytest.raises(RenderFailed, match="knows no setting strength"):
        bench.swap(scene(), pack.headshot("mia"), settings=settings)


@pytest.mark.parametrize(("gives", "words"), [(float("nan"), "no numbers"), (0.0, "black face")])
def test_output_that_is_no_face_is_reported(
    made: Callable[..., Bench], tmp_path: Path, gives: float, words: str
) -> None:
    """Black and NaN never reach a take."""
    broken = made(pack.build_swapper(tmp_path / "broken.onnx", gives=gives))
    with pytest.raises(BadOutput, match=words):
        broken.swap(scene(), pack.headshot("mia"))


def test_a_missing_file_is_named(made: Callable[..., Bench], tmp_path: Path) -> None:
    """Nothing is fetched in its place."""
    with pytest.raises(BackendMissing, match=r"gone\.onnx is not there"):
        made(tmp_path / "gone.onnx").swap(scene(), pack.headshot("mia"))


def test_a_folder_is_no_swapper(made: Callable[..., Bench], tmp_path: Path) -> None:
    """The path of the file is wanted."""
    with pytest.raises(BackendMissing, match="pack is a folder"):
        made(tmp_path / "pack").swap(scene(), pack.headshot("mia"))


def test_a_model_of_another_kind_is_no_swapper(made: Callable[..., Bench], tmp_path: Path) -> None:
    """A recogniser in its place is told by what it takes."""
    pack.build_recogniser(tmp_path / "rec.onnx")
    with pytest.raises(WeightsError, match=r"rec\.onnx is not an inswapper model: it takes 0x3x112x112"):
        made(tmp_path / "rec.onnx").swap(scene(), pack.headshot("mia"))


def test_a_half_downloaded_swapper_is_named(made: Callable[..., Bench], tmp_path: Path) -> None:
    """Half a file is said to be half a file."""
    whole = pack.build_swapper(tmp_path / "whole.onnx").read_bytes()
    (tmp_path / "half.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match=r"half\.onnx is cut short"):
        made(tmp_path / "half.onnx").swap(scene(), pack.headshot("mia"))


def test_a_commercial_project_refuses_the_swapper(made: Callable[..., Bench], tmp_path: Path) -> None:
    """Its only published model is for research."""
    file = pack.build_swapper(tmp_path / "inswapper_128.onnx")
    swapper = made(file, commercial=True).swapper
    with pytest.raises(WeightsError, match="may not be used in a commercial project"):
        _ = swapper.revision


def test_a_swapper_is_loaded_once(bench: Bench, tmp_path: Path) -> None:
    """After its first swap the files are needed no more."""
    first = bench.swap(scene(), pack.headshot("mia"))
    (tmp_path / "inswapper_128.onnx").unlink()
    shutil.rmtree(tmp_path / "pack")
    assert np.array_equal(first, bench.swap(scene(), pack.headshot("mia")))
