"""A face judge from an InsightFace pack: found without loading, refused in words, and seeing what it should."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("insightface")

from tiny import pack

from charforge.backends import fake
from charforge.backends.insightface_models import InsightFace
from charforge.backends.protocols import Detection
from charforge.domain.models import OwnModel
from charforge.errors import BackendError, BackendMissing, RenderFailed, WeightsError
from charforge.weights import LocalHome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray


def backend(folder: Path, device: str = "cpu", **settings: Any) -> InsightFace:
    """Return the backend for a pack folder."""
    own = OwnModel("insightface", folder, "0" * 64, settings)
    return InsightFace(LocalHome(device, models={"insightface": own}))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny pack's folder."""
    return pack.build(tmp_path_factory.mktemp("packs") / "tiny")


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny pack that a test may change."""
    return shutil.copytree(built, tmp_path / "tiny")


@pytest.fixture(scope="module")
def judge(built: Path) -> InsightFace:
    """Return the judge that sees painted faces."""
    return backend(built)


def looks(judge: InsightFace, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the embedding of the largest face."""
    return judge.embed(pixels, judge.detect(pixels)[0])


def describe(folder: Path, **manifest: Any) -> None:
    """Write a pack's manifest."""
    (folder / "manifest.json").write_text(json.dumps(manifest))


def tasks(detector: str = "det_tiny.onnx", recogniser: str = "rec_tiny.onnx", **recognition: str) -> dict[str, Any]:
    """Return a manifest of insightface's own form."""
    described = {"detection": {"file": detector}, "recognition": {"file": recogniser, **recognition}}
    return {"manifest_version": 2, "model_id": "tiny", "license": "MODEL.LICENSE", "tasks": described}


@pytest.mark.parametrize("side", [1400, 900, 480, 160, 60, 26])
def test_a_face_is_found_at_every_size_in_a_frame(judge: InsightFace, side: int) -> None:
    """From a face that overfills the search to one of 26 pixels, box, points and identity hold."""
    pixels = fake.gradient(1920, 1440, "set")
    pack.paint(pixels, "mia", (311, 23), side)
    if side == 26:
        pixels = pixels[:360, :640].copy()
    (face,) = judge.detect(pixels)
    expected = pack.POINTS * side + [311, 23]
    assert np.abs(face.points - expected).max() < max(0.04 * side, 1.5)
    assert np.abs(np.array(face.box) - [311, 23, side, side]).max() < max(0.04 * side, 1.5)
    assert judge.similarity(judge.embed(pixels, face), looks(judge, pack.headshot("mia"))) > 0.9


def test_small_and_large_faces_of_one_picture_are_each_measured_well(judge: InsightFace) -> None:
    """Beside a face that fills the frame, a small one keeps its place, and none is counted twice."""
    pixels = fake.gradient(640, 480, "set")
    pack.paint(pixels, "mia", (10, 20), 400)
    pack.paint(pixels, "theo", (520, 60), 60)
    large, small = judge.detect(pixels)
    assert large.box == pytest.approx((10, 20, 400, 400), abs=12)
    assert small.box == pytest.approx((520, 60, 60, 60), abs=2)
    assert judge.similarity(judge.embed(pixels, small), looks(judge, pack.headshot("theo"))) > 0.9


def test_points_run_from_the_pictures_left_to_its_right(judge: InsightFace) -> None:
    """The eye and the mouth's corner on the picture's left come first."""
    (face,) = judge.detect(pack.headshot("mia"))
    assert face.points[0, 0] < face.points[2, 0] < face.points[1, 0]
    assert face.points[3, 0] < face.points[4, 0]
    assert face.points.dtype == np.float32


def test_colours_keep_their_order(judge: InsightFace) -> None:
    """The pack sees red as red: a face with red and blue exchanged is none."""
    assert judge.detect(np.ascontiguousarray(pack.headshot("mia")[..., ::-1])) == ()


def test_a_face_found_by_another_model_can_be_embedded(judge: InsightFace) -> None:
    """Five points are enough, whoever measured them."""
    pixels = pack.headshot("theo", 300)
    points = (pack.POINTS * 180 + 60).astype(np.float32)
    foreign = Detection((60.0, 60.0, 180.0, 180.0), points, 0.8)
    embedding = judge.embed(pixels, foreign)
    assert judge.similarity(embedding, looks(judge, pixels)) > 0.98
    assert np.linalg.norm(embedding) == pytest.approx(1, abs=1e-5)
    assert embedding.dtype == np.float32


def test_points_on_one_spot_are_refused(judge: InsightFace) -> None:
    """A detection without extent has no identity."""
    nothing = Detection((5.0, 5.0, 0.0, 0.0), np.full((5, 2), 5, np.float32), 1.0)
    with pytest.raises(RenderFailed, match="lie on one spot"):
        judge.embed(pack.headshot("mia"), nothing)


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 3000, 3), (3000, 2, 3), (17, 31, 3)])
def test_a_picture_without_a_face_has_none(judge: InsightFace, shape: tuple[int, int, int]) -> None:
    """Noise and odd shapes give no face and no error."""
    noise = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    assert judge.detect(noise) == ()
    assert judge.detect(np.zeros(shape, np.uint8)) == ()


@pytest.mark.parametrize("extent", [(480, 352), (960, 416), (640, 640), (333, 777)])
def test_a_face_keeps_its_place_in_pictures_of_any_shape(judge: InsightFace, extent: tuple[int, int]) -> None:
    """A face at the far corner is where it is, whatever the picture's sides."""
    width, height = extent
    pixels = fake.gradient(width, height, "set")
    pack.paint(pixels, "mia", (width - 110, height - 110), 100)
    (face,) = judge.detect(pixels)
    assert face.box == pytest.approx((width - 110, height - 110, 100, 100), abs=2)


def test_threads_may_share_it(judge: InsightFace) -> None:
    """Calls from several threads give what single calls give."""
    pictures = [pack.headshot(name, 128 + 32 * i) for i, name in enumerate(("mia", "theo", "ana", "lena"))]
    alone = [looks(judge, p) for p in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda p: looks(judge, p), pictures))
    assert np.array_equal(alone, together)


def test_a_detector_of_one_fixed_size_serves(folder: Path) -> None:
    """Packs are also exported for one size of picture: then every search goes through that size."""
    (folder / "det_tiny.onnx").unlink()
    pack.build_detector(folder / "det_fixed.onnx", 640)
    judge = backend(folder)
    for extent in ((1920, 1080), (300, 900), (256, 256)):
        pixels = fake.gradient(*extent, "set")
        pack.paint(pixels, "mia", (20, 30), 200)
        (face,) = judge.detect(pixels)
        assert face.box == pytest.approx((20, 30, 200, 200), abs=6)


def test_the_revision_names_libraries_and_both_files(judge: InsightFace, built: Path) -> None:
    """The revision holds the digests of detector and recogniser; `model` is the recogniser's whole digest."""
    detector, recogniser = (
        hashlib.sha256((built / name).read_bytes()).hexdigest() for name in ("det_tiny.onnx", "rec_tiny.onnx")
    )
    assert judge.model == recogniser
    assert all(part in judge.revision for part in (detector[:12], recogniser[:12], "insightface-", "onnxruntime-"))


def test_another_recogniser_is_another_model(judge: InsightFace, tmp_path: Path) -> None:
    """Packs with other recognisers differ in model and revision, and their embeddings are strangers."""
    other = backend(pack.build(tmp_path / "other", seed=1))
    assert other.model != judge.model
    assert other.revision != judge.revision
    pixels = pack.headshot("mia")
    assert abs(judge.similarity(looks(judge, pixels), looks(other, pixels))) < judge.bar


def test_the_first_file_of_a_kind_counts(folder: Path) -> None:
    """Of two recognisers the first by name is used, as insightface does; files of other kinds are left alone."""
    pack.build_recogniser(folder / "another.onnx", 3)
    pack.build_swapper(folder / "inswapper_128.onnx")
    judge = backend(folder)
    assert judge.model == hashlib.sha256((folder / "another.onnx").read_bytes()).hexdigest()
    assert len(judge.detect(pack.headshot("mia"))) == 1


def test_a_pack_is_loaded_once(folder: Path) -> None:
    """After its first picture the files are needed no more."""
    judge = backend(folder)
    before = looks(judge, pack.headshot("mia"))
    shutil.rmtree(folder)
    assert np.array_equal(before, looks(judge, pack.headshot("mia")))


def test_finding_a_pack_loads_no_library(built: Path) -> None:
    """Revision, model and licence are read from the files alone."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom charforge.backends.insightface_models import InsightFace\n"
        "from charforge.domain.models import OwnModel\nfrom charforge.weights import LocalHome\n"
        f"own = OwnModel('insightface', Path({str(built)!r}), '0' * 64)\n"
        "judge = InsightFace(LocalHome(models={'insightface': own}))\n"
        "assert judge.revision and judge.model and judge.terms\n"
        "print(sorted({'insightface', 'onnx', 'onnxruntime', 'cv2', 'skimage'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_nothing_is_printed(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Stdout is data."""
    looks(backend(folder), pack.headshot("mia"))
    assert capfd.readouterr() == ("", "")


def _gone(folder: Path) -> None:
    shutil.rmtree(folder)


def _file_instead(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"a zip")


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _one_deeper(folder: Path) -> None:
    inner = folder.parent / "inner"
    folder.rename(inner)
    folder.mkdir()
    inner.rename(folder / "buffalo_l")


def _no_detector(folder: Path) -> None:
    (folder / "det_tiny.onnx").unlink()


def _no_recogniser(folder: Path) -> None:
    (folder / "rec_tiny.onnx").unlink()
    pack.build_swapper(folder / "inswapper_128.onnx")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_gone, "is not there"),
        (_file_instead, "is a file"),
        (_empty, "holds no ONNX files"),
        (_one_deeper, r"holds no ONNX files[^§]*tiny/buffalo_l: name that folder"),
        (_no_detector, "holds no face detector, only rec_tiny.onnx"),
        (_no_recogniser, "holds no face recogniser, only det_tiny.onnx .detector., inswapper_128.onnx .swapper."),
    ],
)
def test_a_folder_that_is_no_pack_is_refused_in_words(folder: Path, spoil: Callable[[Path], None], words: str) -> None:
    """What is missing is named; nothing is ever fetched in its place."""
    spoil(folder)
    with pytest.raises(BackendMissing, match=words) as refused:
        _ = backend(folder).model
    assert refused.value.hint


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><title>Sign in</title>", "is not an ONNX model"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "is not an ONNX model"),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05torch", "is not an ONNX model"),
    ],
)
def test_a_file_that_is_no_onnx_is_refused_in_words(folder: Path, content: bytes, words: str) -> None:
    """Web pages, pointers and pickles under an ONNX name are named for what they are not."""
    (folder / "rec_tiny.onnx").write_bytes(content)
    with pytest.raises(WeightsError, match=f"rec_tiny.onnx {words}"):
        _ = backend(folder).revision


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_half_downloaded_file_is_named(folder: Path, share: float) -> None:
    """Wherever the download broke off, the file is said to be cut short."""
    content = (folder / "rec_tiny.onnx").read_bytes()
    (folder / "rec_tiny.onnx").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsError, match=r"rec_tiny\.onnx is cut short"):
        _ = backend(folder).revision


def test_a_detector_without_points_is_refused(folder: Path) -> None:
    """Faces could not be aligned without their five points."""
    pack.build_detector(folder / "det_tiny.onnx", points=False)
    with pytest.raises(WeightsError, match="gives no five points"):
        _ = backend(folder).model


def test_a_model_that_onnxruntime_refuses_is_named(folder: Path) -> None:
    """A whole file with an operator nobody knows fails with its name, not with a trace."""
    content = (folder / "rec_tiny.onnx").read_bytes()
    (folder / "rec_tiny.onnx").write_bytes(content.replace(b"Flatten", b"Fletten"))
    judge = backend(folder)
    with pytest.raises(WeightsError, match=r"rec_tiny\.onnx cannot be loaded: .*Fletten"):
        looks(judge, pack.headshot("mia"))


def test_no_pack_named_says_what_to_write() -> None:
    """Without a model in charforge.yaml the hint holds the line to write."""
    with pytest.raises(BackendMissing) as refused:
        _ = InsightFace(LocalHome()).model
    assert "models: {insightface: {weights: FOLDER}}" in refused.value.hint


def test_the_licence_is_research_unless_the_pack_says_otherwise(folder: Path) -> None:
    """The pack's own manifest names its licence; without one InsightFace's terms hold."""
    assert "non-commercial" in InsightFace.licence
    assert "non-commercial" in backend(folder).terms
    describe(folder, license="Apache-2.0")
    assert backend(folder).terms == "Apache-2.0"


@pytest.mark.parametrize("manifest", [None, {"license": "research"}, {"license": "ours", "commercial": "true"}])
def test_a_commercial_project_refuses_a_research_pack(folder: Path, manifest: dict[str, str] | None) -> None:
    """Only a manifest that says so in so many words opens a pack to a commercial project."""
    if manifest is not None:
        describe(folder, **manifest)
    judge = backend(folder, commercial=True)
    with pytest.raises(WeightsError, match="may not be used in a commercial project"):
        _ = judge.revision
    with pytest.raises(WeightsError, match="may not be used in a commercial project"):
        judge.detect(pack.headshot("mia"))


def test_a_commercial_project_takes_a_pack_that_permits_it(folder: Path) -> None:
    """A pack that its maker permits is used as any other."""
    describe(folder, license="Apache-2.0", commercial=True)
    assert len(backend(folder, commercial=True).detect(pack.headshot("mia"))) == 1


def test_a_described_pack_is_read_as_its_manifest_says(folder: Path) -> None:
    """A manifest of insightface's own form decides which files are used, in folders below as well."""
    (folder / "models").mkdir()
    pack.build_recogniser(folder / "models" / "second.onnx", 5)
    described = folder / "models" / "second.onnx"
    sha256 = hashlib.sha256(described.read_bytes()).hexdigest()
    describe(folder, **tasks(recogniser="models/second.onnx", sha256=sha256))
    judge = backend(folder)
    assert judge.model == sha256
    assert judge.terms == "as tiny/MODEL.LICENSE says"
    same = looks(judge, pack.headshot("mia"))
    assert judge.similarity(same, looks(judge, pack.headshot("mia", 200))) > judge.bar


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (tasks(recogniser="../other/rec.onnx"), "outside its folder"),
        (tasks(recogniser="det_tiny.onnx"), "is not a face recogniser"),
        ({"manifest_version": 2, "tasks": {"detection": {}}}, "names no file for detection"),
        ([1], "is not a JSON object"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_in_words(folder: Path, manifest: Any, words: str) -> None:
    """A manifest is believed wholly or not at all."""
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(WeightsError, match=words):
        _ = backend(folder).model


def test_a_file_that_its_manifest_knows_otherwise_is_refused(folder: Path) -> None:
    """A declared sha256 is held."""
    describe(folder, **tasks(sha256="0" * 64))
    with pytest.raises(WeightsError, match="SHA-256 mismatch"):
        backend(folder).detect(pack.headshot("mia"))


def test_a_graphics_card_needs_a_runtime_that_knows_it(built: Path) -> None:
    """With the plain onnxruntime, `cuda` is refused with what to install: never run elsewhere in silence."""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime knows CUDA")
    with pytest.raises(BackendError, match="knows no CUDA") as refused:
        backend(built, "cuda:1").detect(pack.headshot("mia"))
    assert "onnxruntime-gpu" in refused.value.hint
