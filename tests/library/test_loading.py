"""The locked library as values."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest_library import MIA, SHOP, build_library, digest_of, locked_library, write

from charforge import library
from charforge.domain.assets import Character, Fit, Library, Mark
from charforge.errors import InputError


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tiny library's folder, locked."""
    return locked_library(tmp_path_factory.mktemp("library"))[0]


@pytest.fixture(scope="module")
def loaded(root: Path) -> Library:
    """Return the tiny library."""
    return library.load(root)


def mia(loaded: Library, version: int) -> Character:
    """Return mia at a version."""
    found = loaded.character("mia", version)
    assert found is not None
    return found


def test_every_asset_is_there_at_every_version(loaded: Library) -> None:
    """Two versions of mia, one of everything else."""
    everything = (*loaded.characters, *loaded.locations, *loaded.props)
    assert [a.id for a in everything] == ["mia@1", "mia@2", "theo@1", "coffee-shop@1", "cup@1"]
    assert [a.folder for a in everything][-2:] == ["locations/coffee-shop", "props/cup"]


def test_references_carry_the_digest_of_their_file(loaded: Library, root: Path) -> None:
    """What a job refers to is content, not a path."""
    for asset in (*loaded.characters, *loaded.locations, *loaded.props):
        assert all(r.digest == digest_of(root / asset.folder / r.file) for r in asset.references)


def test_a_character_has_its_master_voice_and_rig(loaded: Library, root: Path) -> None:
    """Embedding, voice style, sample and rig become digests."""
    folder, character = root / "characters/mia", mia(loaded, 1)
    assert character.primary == digest_of(folder / "headshot/front.png")
    assert character.rig == digest_of(folder / "rig/mia.npz")
    assert character.voice is not None
    assert (character.voice.engine, character.voice.speed) == ("fake", 0.95)
    assert character.voice.style == digest_of(folder / "voice/mia.f32")
    assert character.voice.sample == digest_of(folder / "voice/sample.wav")
    assert character.notes == {"hair_length": "chin", "eyes": "brown", "permanent": ("scar-left-brow",)}


def test_a_voice_needs_no_style_where_its_engine_has_speakers(tmp_path: Path) -> None:
    """What the engine is told instead stands in its settings."""
    root = build_library(tmp_path)
    file = root / "characters/theo/character.yaml"
    file.write_text(
        file.read_text().replace("engine: fake, style: voice/theo.f32", "engine: coqui, settings: {speaker: p225}")
    )
    library.lock(root)
    theo = library.load(root).character("theo")
    assert theo is not None
    assert theo.voice is not None
    assert (theo.voice.engine, theo.voice.style, theo.voice.settings) == ("coqui", None, {"speaker": "p225"})


def test_without_an_embedding_the_headshot_is_the_master(loaded: Library, root: Path) -> None:
    """One primary reference is the default."""
    theo = loaded.character("theo")
    assert theo is not None
    assert theo.primary == digest_of(root / "characters/theo/headshot/front.png")


def test_a_version_may_have_a_face_of_its_own(tmp_path: Path) -> None:
    """Ten years on the person is compared with the picture of then, and so is what extends that version."""
    build_library(tmp_path)
    file = tmp_path / "characters/mia/character.yaml"
    older = "    embedding: {primary: headshot/burnt.png}\n  - {id: 3, extends: 2}\n  - {id: 4, extends: 1}\n"
    text = file.read_text("utf-8")
    assert text.endswith("neutral}\n")
    file.write_text(text + older, "utf-8")
    library.lock(tmp_path)
    found = library.load(tmp_path)
    burnt, front = (digest_of(tmp_path / f"characters/mia/headshot/{name}.png") for name in ("burnt", "front"))
    assert [mia(found, n).primary for n in (1, 2, 3, 4)] == [front, burnt, burnt, front]


def test_a_reference_keeps_what_it_shows(loaded: Library) -> None:
    """Turn, wardrobe, reach, fit and origin arrive as written."""
    by_file = {r.file: r for r in mia(loaded, 1).references}
    body, left = by_file["body/navy-0.webp"], by_file["angles/left25.png"]
    assert (body.wardrobe, body.reach, body.fit) == (
        "navy",
        "waist",
        Fit(chin_x=0.5, chin_y=0.3, face=0.155, collar=0.335),
    )
    assert (left.turn, left.made_from) == (-25.0, "headshot/front.png")


def test_a_version_takes_over_what_it_extends(loaded: Library) -> None:
    """What version 2 shows anew replaces version 1's; the rest, the rig too, is inherited."""
    first, second = mia(loaded, 1), mia(loaded, 2)
    files = {r.file for r in second.references}
    assert "headshot/burnt.png" in files
    assert "headshot/front.png" not in files
    assert {"angles/left25.png", "body/navy-0.webp"} <= files
    assert second.rig == first.rig
    assert (second.state, second.from_episode) == ("after-the-fire", "e05")


def test_old_versions_stay_as_they_were(loaded: Library) -> None:
    """A new version changes nothing of the one before."""
    assert {r.file for r in mia(loaded, 1).references if r.step == "headshot"} == {"headshot/front.png"}


def test_a_location_has_views_with_marks(loaded: Library) -> None:
    """Camera positions, marks and depths become values."""
    shop = loaded.location("coffee-shop")
    assert shop is not None
    assert shop.views["table"].marks["left"] == Mark(x=0.33, y=0.40, head=0.17, depth=2.1)
    assert (shop.views["table"].horizon, shop.views["wide"].shows) == (0.45, "full")
    assert {(r.step, r.layer) for r in shop.references if r.view == "table"} == {
        ("plate", "background"),
        ("plate", "foreground"),
        ("probe", None),
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name: mia", "name: mai", "the name 'mai' differs from the folder's, 'mia'"),
        ("file: headshot/burnt.png", "file: headshot/gone.png", "the file headshot/gone.png is not there"),
        ("file: headshot/burnt.png", "file: ../theo/headshot/front.png", "not a path within the asset's folder"),
        ("file: headshot/burnt.png", "file: /etc/passwd", "not a path within the asset's folder"),
        ("rig: rig/mia.npz", "rig: rig/../../theo/x", "not a path within the asset's folder"),
        ("style: voice/mia.f32", "style: voice/no.f32", "the file voice/no.f32 is not there"),
        ("primary: headshot/front.png", "primary: front.png", "the file front.png is not there"),
        ("extends: 1", "extends: 3", "version 2 extends 3, which is not there"),
        ("extends: 1", "extends: 2", "version 2 can extend only an earlier one"),
        ("- id: 2", "- id: 1", "version 1 is here twice"),
        ("step: headshot, turn: 0", "step: headshoot, turn: 0", "step: 'headshoot' is not one of"),
        ("turn: -25", "turn: left", "'left' is not a number"),
        ("speed: 0.95", "speed: 9", "less than 3"),
        ("release: synthetic", "release: yes", "release: 'yes' is not one of"),
        ("licence: CC0-1.0, ", "", "'licence' is missing"),
        ("wardrobe: navy", "wardrob: navy", "unknown key 'wardrob'"),
        ("hosted: allow", "hosted: allow, hosted: forbid", "the key 'hosted' is here twice"),
    ],
)
def test_a_wrong_character_file_is_told_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    """Each mistake is told at its line when the library is locked."""
    root = build_library(tmp_path)
    text = MIA.replace(old, new, 1)
    assert text != MIA
    write(root / "characters/mia/character.yaml", text.encode())
    with pytest.raises(InputError) as caught:
        library.lock(root)
    found = [p for p in caught.value.problems if words in p.message]
    assert len(found) == 1
    assert found[0].line > 0
    assert Path(found[0].file).name == "character.yaml"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("left: {x: 0.33", "center: {x: 0.33", "'center' is not one of left, centre"),
        ("{x: 0.33", "{x: 33", "less than or equal to 1"),
        ("view: wide, light", "view: wild, light", "the view 'wild' is not described"),
        ("layer: background", "layer: back", "layer: 'back' is not one of background, foreground"),
        ("shows: full", "shows: all", "shows: 'all' is not one of face, bust, waist, full"),
    ],
)
def test_a_wrong_location_file_is_told_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    """Marks, views and layers are checked against the words of the trade."""
    root = build_library(tmp_path)
    write(root / "locations/coffee-shop/location.yaml", SHOP.replace(old, new, 1).encode())
    with pytest.raises(InputError) as caught:
        library.lock(root)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert problem.line > 0


def test_a_folder_without_its_file_is_told(tmp_path: Path) -> None:
    """Pictures alone are no asset yet."""
    root = build_library(tmp_path)
    write(root / "characters/ann/headshot/front.png", b"x")
    with pytest.raises(InputError, match=r"ann has no character\.yaml"):
        library.lock(root)


def test_a_folder_with_a_wrong_name_is_told(tmp_path: Path) -> None:
    """Names are lower-case words, so that they read the same everywhere."""
    root = build_library(tmp_path)
    (root / "props/cup").rename(root / "props/The Cup")
    with pytest.raises(InputError, match="'The Cup' is not an asset name"):
        library.lock(root)


def test_an_empty_folder_is_no_asset(tmp_path: Path) -> None:
    """A folder made for later does not stop a lock."""
    root = build_library(tmp_path)
    (root / "props/later").mkdir()
    assert "later" not in {a.name for a in library.lock(root).assets}
