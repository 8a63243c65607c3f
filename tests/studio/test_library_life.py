"""Somebody is cast, built, locked, packed, lost, unpacked, and filmed again with the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from charforge import library as assets
from charforge.backends.portrait import building, hunt
from charforge.backends.portrait import casting as faces
from charforge.domain.assets import Fit, Reference
from charforge.events import Event, TakeReady, silent
from charforge.studio import casting
from charforge.studio.building.build import build
from charforge.studio.building.options import Options as BuildOptions
from charforge.studio.library import lock, verify
from charforge.studio.packing import pack, unpack
from charforge.studio.render import Options, render
from charforge.studio.voicing import Wish, change

PILOT = Path(__file__).parents[2] / "library"
SEED = 530
"""A face whose whole head is in the picture."""
SHOTS = """\
charforge: 1
episode: life
video: {rate: 24, size: 640x360}
scenes:
  - id: s01
    location: coffee-shop
    view: table
    light: night
    shots:
      - id: "0010"
        framing: close
        characters: [{who: ann, turn: -20, position: left, wardrobe: navy}]
        action: "Ann waits."
        lines: [{who: ann, text: "You kept it."}]
"""


@pytest.fixture
def sparing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the generator draw a fifth of the heads it may: how well it then hits is asked elsewhere."""
    few = {(faces, "CAST_NEIGHBOURS"): 24, (faces, "CAST_TRIES"): 4, (hunt, "QUICK"): 24, (hunt, "FULL"): 1}
    for (module, name), count in {**few, (building, "SOLVES"): 3, (building, "TRIES"): 2}.items():
        monkeypatch.setattr(module, name, count)


def clothe(library: Path) -> None:
    """Give ann a body of the pilot's, which was rendered for a face like hers."""
    file = "body/navy-0-coffee-shop-night.webp"
    (library / "characters/ann/body").mkdir()
    shutil.copyfile(PILOT / "characters/mia" / file, library / "characters/ann" / file)
    fit = Fit(chin_x=0.4788, chin_y=0.0799, face=0.1837, collar=0.1077)
    body = Reference(file=file, step="body", wardrobe="navy", turn=0, reach="waist", fit=fit)
    assets.record(library, "ann", (body.changed(place="coffee-shop", light="night"),))


def filmed(root: Path) -> dict[str, str]:
    """Render the shot in an empty store, and return what every take holds by key."""
    shutil.rmtree(root / ".charforge", ignore_errors=True)
    takes: dict[str, str] = {}

    def heard(event: Event) -> None:
        if isinstance(event, TakeReady):
            assert not event.reused
            takes[event.take.key] = event.take.blob

    render(root / "shotlists/life.yaml", Options(accept=True), heard)
    return takes


@pytest.mark.models
@pytest.mark.usefixtures("voices", "sparing")
def test_a_character_survives_being_lost(tmp_path: Path) -> None:
    """Casting, an angle, a voice, the lock and the pack; then the folder is deleted and brought back."""
    root = tmp_path / "film"
    shutil.copytree(PILOT / "locations/coffee-shop", root / "library/locations/coffee-shop")
    (root / "charforge.yaml").write_text("threads: 1\n", "utf-8")
    (root / "shotlists").mkdir()
    (root / "shotlists/life.yaml").write_text(SHOTS, "utf-8")

    drawn = casting.cast(root, "ann", casting.Drawing(count=1, first_seed=SEED), silent)
    assert [face.seed for face in drawn.candidates] == [SEED]
    casting.pick(root, "ann", SEED, casting.Drawing(), silent)
    lock(root)
    built = build(root, "ann", BuildOptions(only=("left20",), quick=True, force=True), silent)
    assert [shot.state in {"made", "forced"} for shot in built.shots] == [True], built.shots
    clothe(root / "library")
    change(root, "ann", Wish(blend={"af_heart": 1}, text="You kept it."), silent)
    lock(root)
    before = filmed(root)
    assert len(before) >= 4

    carried = pack(root, "ann", silent, to=tmp_path / "ann.charpack")
    again = pack(root, "ann", silent, to=tmp_path / "again.charpack")
    assert Path(carried.file).read_bytes() == Path(again.file).read_bytes()
    folder = root / "library/characters/ann"
    names = sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file())
    shutil.rmtree(folder)
    lock(root)
    unpack(root, tmp_path / "ann.charpack", silent)
    assert sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()) == names
    lock(root)
    assert verify(root, deep=True) == ()

    assert filmed(root) == before
