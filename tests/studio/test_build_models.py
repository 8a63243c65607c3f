"""Still models draw what a build asks for: told in words, shown the references made so far, judged like the rest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from casting_house import files, photo, photographed, pilot, project

from charforge import library as assets
from charforge.domain.takes import Take
from charforge.errors import InputError
from charforge.events import TakeReady, silent
from charforge.library.standing import present
from charforge.store import Ledger, Store
from charforge.studio import casting
from charforge.studio.building import drawing
from charforge.studio.building.build import build
from charforge.studio.building.options import Options
from charforge.studio.project import find
from charforge.studio.reports.building import BuildReport

pytestmark = pytest.mark.models
TINY = "max_pixels: 8192, steps: 1"
ONE = Options(still="flux2-klein", only=("left45",), tries=1)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny FLUX.2 klein and a tiny SDXL."""
    pytest.importorskip("diffusers")
    from tiny import flux2, sdxl

    folder = tmp_path_factory.mktemp("weights")
    flux2.build(folder / "flux2", distilled=True)
    sdxl.build(folder / "sdxl")
    return folder


def filmed(root: Path, weights: Path) -> Path:
    """Return a project with both models and the pilot's mia, her pictures small: they are shown to the models."""
    project(root)
    models = f"flux2-klein: {{weights: '{weights}/flux2', {TINY}}}, sdxl: {{weights: '{weights}/sdxl', {TINY}}}"
    (root / "charforge.yaml").write_text(f"threads: 1\ndevice: cpu\nmodels: {{{models}}}\n", "utf-8")
    folder = pilot(root)
    for file in (folder / "headshot/front.png", *folder.glob("angles/*.webp")):
        photo(file, of=file, size=(512, 512))
    assets.lock(root / "library")
    return root


@pytest.fixture
def house(tmp_path: Path, weights: Path, home: object) -> Path:
    """Return a fresh project."""
    return filmed(tmp_path / "film", weights)


@dataclass(frozen=True)
class Tried:
    """A build in which a model drew one angle, of which nothing was kept."""

    root: Path
    report: BuildReport
    before: dict[str, bytes]

    @property
    def take(self) -> Take:
        """The one take that was drawn."""
        store = Store(find(self.root).state)
        ledger = Ledger(store, "library-mia")
        (draft,) = ledger.drafts()
        (key,) = ledger.takes(draft)
        found = store.find(key)
        assert found is not None
        return found


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory, weights: Path, home: object) -> Tried:
    """Return such a build."""
    root = filmed(tmp_path_factory.mktemp("tried") / "film", weights)
    before = files(root / "library")
    return Tried(root, build(root, "mia", ONE, silent), before)


def test_what_shows_no_face_is_not_kept(tried: Tried) -> None:
    """A model that draws noise is told off, and nothing is recorded; the take stays in the store."""
    assert not tried.report.ok
    (shot,) = tried.report.shots
    assert (shot.name, shot.state, shot.drawn) == ("left45", "missed", 1)
    assert shot.short == ("no face in it can be measured",)
    assert files(tried.root / "library") == tried.before
    assert (tried.root / "build/casting/mia-build.html").is_file()


def test_a_model_is_shown_the_master_and_the_nearest_angles(tried: Tried) -> None:
    """The job's inputs are pictures of the library, the master first."""
    locked = assets.read_lock(tried.root / "library").assets[0].files
    names = {digest: name for name, digest in locked.items()}
    assert [(i.role, names[i.digest()]) for i in tried.take.job.inputs] == [
        ("master", "headshot/front.png"),
        ("picture", "angles/left25.webp"),
        ("picture", "angles/right25.webp"),
    ]


def test_what_is_forced_says_how_it_was_made(tried: Tried) -> None:
    """The take is found again; backend, revision, model, seed, prompt and what it falls short in go with it."""
    heard: list[object] = []
    report = build(tried.root, "mia", replace(ONE, force=True), heard.append)
    assert [event.reused for event in heard if isinstance(event, TakeReady)] == [True]
    assert [shot.state for shot in report.shots] == ["forced"]
    (found,) = (r for r in present(tried.root / "library", "mia").references if r.file == "angles/left45.webp")
    assert found.origin is not None
    assert (found.origin.backend, found.origin.model) == ("flux2-klein", "flux2-klein")
    assert found.origin.revision == tried.take.revision
    assert found.origin.seed == tried.take.job.seed
    assert found.origin.settings is not None
    assert found.origin.settings["template"] == "reference@1"
    assert "45 degrees towards the left edge" in found.origin.settings["prompt"]
    assert "Exact same face as the references" in found.origin.settings["prompt"]
    assert found.origin.settings["short"] == "no face in it can be measured"
    assets.lock(tried.root / "library")


def test_a_wardrobe_without_its_front_is_not_kept(house: Path) -> None:
    """A wardrobe is one version of several pictures, or none."""
    before = files(house / "library")
    options = Options(still="flux2-klein", wardrobe="coat", described="a long green coat", tries=1)
    report = build(house, "mia", options, silent)
    assert {shot.state for shot in report.shots} == {"missed"}
    assert [shot.name for shot in report.shots] == ["coat front", "coat left25", "coat right25", "coat full"]
    assert files(house / "library") == before


def test_a_state_is_drawn_as_a_headshot_of_a_new_version(house: Path) -> None:
    """The words of the state are in the prompt; nothing else is drawn unless it is asked for."""
    options = Options(still="flux2-klein", state="after-the-fire", from_episode="e05", tries=1, force=True)
    report = build(house, "mia", options, silent)
    assert [(s.name, s.step, s.state) for s in report.shots] == [("after-the-fire", "headshot", "forced")]
    assets.lock(house / "library")
    newest = assets.load(house / "library").character("mia")
    assert newest is not None
    assert (newest.version, newest.state, newest.from_episode) == (2, "after-the-fire", "e05")
    burnt = next(r for r in newest.references if r.file == "headshot/after-the-fire.webp")
    assert burnt.origin is not None
    assert burnt.origin.settings is not None
    assert "The person is shown after the fire." in burnt.origin.settings["prompt"]


def test_sdxl_without_an_adapter_draws_strangers(house: Path) -> None:
    """It is refused where somebody is to be recognised, with what to write."""
    with pytest.raises(InputError, match="through an adapter only") as told:
        build(house, "mia", Options(still="sdxl", only=("left45",)), silent)
    assert "adapter:" in told.value.hint
    assert drawing.ready(find(house), references=True) == ("flux2-klein",)
    assert "sdxl" in drawing.ready(find(house), references=False)


def test_a_model_that_is_not_named_is_refused(tmp_path: Path) -> None:
    """What to write into charforge.yaml is said before anything is loaded."""
    root = project(tmp_path)
    pilot(root)
    with pytest.raises(InputError, match="names no weights for flux2-klein") as told:
        build(root, "mia", Options(still="flux2-klein", only=("left45",)), silent)
    assert "models: {flux2-klein: {weights: FOLDER}}" in told.value.hint
    with pytest.raises(InputError, match="no still model 'flux-klein'") as slip:
        build(root, "mia", Options(still="flux-klein", only=("left45",)), silent)
    assert "flux2-klein" in slip.value.hint


def test_casting_by_a_model_needs_words(house: Path) -> None:
    """Candidates are drawn from what they are described as; what shows no face cannot be picked."""
    with pytest.raises(InputError, match="draws what it is told"):
        casting.cast(house, "ada", casting.Drawing(still="sdxl"), silent)
    how = casting.Drawing(count=2, still="sdxl", described="a woman of 30 with short dark hair")
    report = casting.cast(house, "ada", how, silent)
    assert [c.seed for c in report.candidates] == [1, 2]
    assert report.usable == ()
    assert all("one-face" in " ".join(c.why_not) for c in report.candidates)
    assert report.candidates[0].pick.endswith('--still sdxl --describe "a woman of 30 with short dark hair"')
    before = files(house / "library")
    with pytest.raises(InputError, match="one-face"):
        casting.pick(house, "ada", 1, how, silent)
    assert files(house / "library") == before


def test_a_photographed_master_goes_with_a_model(house: Path) -> None:
    """A head that the embedded generator cannot turn is drawn by a model that looks at pictures."""
    shutil.rmtree(house / "library/characters/mia")
    photographed(house)
    with pytest.raises(InputError, match="not drawn by the embedded generator") as told:
        build(house, "mia", Options(), silent)
    assert "charforge build mia --still flux2-klein" in told.value.hint
