"""Who was cast without a body is lent somebody else's, as far as rights allow, and can be filmed then."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from headshots import CHARACTERS
from oneoff_house import make

from charforge import library as assets
from charforge.errors import InputError, PlanError
from charforge.events import silent
from charforge.studio import oneoffs
from charforge.studio.building import lending
from charforge.studio.building.bench import Bench
from charforge.studio.building.build import build
from charforge.studio.building.options import Options
from charforge.studio.building.work import Work
from charforge.studio.project import find

pytestmark = pytest.mark.models
RIGHTS = "rights: {licence: CC0-1.0, release: synthetic, hosted: allow}"


@pytest.fixture
def project(tmp_path: Path, home: object) -> Path:
    """Return a project in which ann, with theo's face, has no body."""
    root = make(tmp_path)
    _ann(root)
    shutil.rmtree(root / "library/characters/theo")
    assets.lock(root / "library")
    return root


def _ann(root: Path, rights: str = RIGHTS) -> Path:
    folder = root / "library/characters/ann"
    shutil.copytree(CHARACTERS / "theo", folder, ignore=shutil.ignore_patterns("body", "voice"))
    lines = (CHARACTERS / "theo/character.yaml").read_text("utf-8").splitlines()
    kept = [line for line in lines if "step: body" not in line and not line.startswith(("voice:", "  style:"))]
    text = "\n".join(kept).replace("name: theo", "name: ann").replace(RIGHTS, rights)
    (folder / "character.yaml").write_text(text + "\n", "utf-8")
    return folder


def test_a_body_is_lent_byte_for_byte_with_all_that_it_says(project: Path) -> None:
    """Each copy is told in the report, and says in its origin whose it is."""
    report = build(project, "ann", Options(body_from="mia"), silent)
    assert report.ok
    assert {(s.step, s.state, s.backend) for s in report.shots} == {("body", "made", "lent")}
    assets.lock(project / "library")
    library = assets.load(project / "library")
    ann, mia = library.character("ann"), library.character("mia")
    assert ann is not None
    assert mia is not None
    lent = {r.digest: r for r in ann.references if r.step == "body"}
    own = {r.digest: r for r in mia.references if r.step == "body"}
    assert lent.keys() == own.keys()
    for digest, copy in lent.items():
        origin, first = copy.origin, own[digest]
        assert origin is not None
        assert (origin.derived, origin.original) == ("lent", None)
        assert origin.settings == {"from": "mia@1", "file": first.file, "sha256": digest}
        same = ("wardrobe", "turn", "place", "light", "layer", "reach", "fit")
        assert all(getattr(copy, name) == getattr(first, name) for name in same)


def test_lending_again_changes_nothing(project: Path) -> None:
    """What is there is told as there."""
    build(project, "ann", Options(body_from="mia"), silent)
    before = (project / "library/characters/ann/character.yaml").read_bytes()
    report = build(project, "ann", Options(body_from="mia"), silent)
    assert {s.state for s in report.shots} == {"there"}
    assert (project / "library/characters/ann/character.yaml").read_bytes() == before


def test_a_body_comes_from_a_shared_library_too(tmp_path: Path, home: object) -> None:
    """It is copied into the project's own."""
    shared = make(tmp_path / "one") / "library"
    own = tmp_path / "two"
    _ann(own)
    (own / "charforge.yaml").write_text(f"threads: 1\nlibraries: [{shared}]\n", "utf-8")
    assets.lock(own / "library")
    report = build(own, "ann", Options(body_from="mia"), silent)
    assert {s.state for s in report.shots} == {"made"}
    assert (own / "library/characters/ann" / report.shots[0].file).is_file()


@pytest.mark.parametrize(
    ("mine", "theirs", "told"),
    [
        (RIGHTS, RIGHTS.replace("synthetic", "none"), "nobody has released the likeness of mia"),
        (RIGHTS, RIGHTS.replace("CC0-1.0", "for this film only"), "the licence of mia, 'for this film only'"),
        (RIGHTS, RIGHTS.replace("allow", "forbid"), "may not go to hosted models"),
    ],
)
def test_rights_that_do_not_reach_so_far_forbid_lending(project: Path, mine: str, theirs: str, told: str) -> None:
    """Nothing is copied, and the hint says what would make it right."""
    shutil.rmtree(project / "library/characters/ann")
    folder, file = _ann(project, mine), project / "library/characters/mia/character.yaml"
    file.write_text(file.read_text("utf-8").replace(RIGHTS, theirs), "utf-8")
    assets.lock(project / "library")
    with pytest.raises(InputError, match=told) as error:
        build(project, "ann", Options(body_from="mia"), silent)
    assert error.value.hint
    assert not (folder / "body").exists()


def test_who_has_nothing_to_lend_is_told_with_who_has(project: Path) -> None:
    """Of nobody, of somebody without a body, and of oneself."""
    with pytest.raises(InputError, match="no other character 'mai'") as error:
        build(project, "ann", Options(body_from="mai"), silent)
    assert "did you mean mia?" in error.value.hint
    with pytest.raises(InputError, match="ann@1 has no body to lend"):
        build(project, "mia", Options(body_from="ann"), silent)


def test_without_a_body_nothing_is_drawn_and_with_a_lent_one_the_still_passes(project: Path) -> None:
    """The hint is what to type."""
    wish = oneoffs.wished("ann", "", size="640x360", at="coffee-shop", light="night")
    with pytest.raises(PlanError, match="ann@1 has no body") as error:
        oneoffs.still(project, oneoffs.Asked(wish), silent)
    assert "charforge build ann --body-from mia;" in error.value.hint
    build(project, "ann", Options(body_from="mia"), silent)
    assets.lock(project / "library")
    wish = oneoffs.wished("ann", "", size="640x360", at="coffee-shop", light="night")
    assert oneoffs.still(project, oneoffs.Asked(wish), silent).passed()


def test_a_build_ends_with_the_command_that_lends_a_body(project: Path) -> None:
    """Nothing is lent unasked; where several have bodies, all are named, and who has one is told nothing."""
    alone = _advice(project, "ann")
    assert alone == [
        "ann has no body, which the embedded compositor needs; to lend mia's: charforge build ann --body-from mia"
    ]
    shutil.copytree(CHARACTERS / "theo", project / "library/characters/theo")
    (several,) = _advice(project, "ann")
    assert several.endswith("to lend one of mia, theo: charforge build ann --body-from NAME")
    assert _advice(project, "mia") == []
    assert not (project / "library/characters/ann/body").exists()


def _advice(project: Path, name: str) -> list[str]:
    work = Work(Bench(find(project), name, silent), Options())
    lending.advise(work)
    return work.notes


def test_who_has_other_bodies_keeps_them_unless_forced(project: Path) -> None:
    """Two people's bodies do not come together unasked."""
    shutil.copytree(CHARACTERS / "theo", project / "library/characters/theo")
    assets.lock(project / "library")
    build(project, "ann", Options(body_from="mia"), silent)
    with pytest.raises(InputError, match="ann has bodies already") as error:
        build(project, "ann", Options(body_from="theo"), silent)
    assert "--force" in error.value.hint
    assert build(project, "ann", Options(body_from="theo", force=True), silent).ok


def test_a_wardrobe_that_was_dyed_before_is_dyed_on_the_lent_body(project: Path) -> None:
    """Otherwise its shots could not be rendered although there is a body."""
    build(project, "ann", Options(wardrobe="rust", colour="#a34a28"), silent)
    report = build(project, "ann", Options(body_from="mia"), silent)
    assert "bodies in rust are those in apron, dyed" in report.notes
    assets.lock(project / "library")
    ann = assets.load(project / "library").character("ann")
    assert ann is not None
    assert {r.turn for r in ann.references if r.step == "body" and r.wardrobe == "rust"} == {-25, 0, 25}
