"""The embedded generator turns a head that it drew: kept as it is found, taken up where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from casting_house import pilot, project

from charforge import library as assets
from charforge.backends.portrait import rig
from charforge.backends.portrait.casting import Target
from charforge.errors import InputError
from charforge.events import Progressed, silent
from charforge.library.standing import present
from charforge.studio.building.bench import Bench
from charforge.studio.building.build import _in_order, build
from charforge.studio.building.options import Options
from charforge.studio.building.work import Work
from charforge.studio.project import find
from charforge.studio.reports.building import BuildReport

pytestmark = pytest.mark.models
ONE = Options(only=("left20",), quick=True)


@dataclass(frozen=True)
class Stopped:
    """A build that was interrupted after its first head, and what it left."""

    root: Path
    left: tuple[str, ...]
    resumed: BuildReport


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory, home: object) -> Stopped:
    """Return theo, hunted until the rig's mouths were looked for, and then built once more."""
    root = project(tmp_path_factory.mktemp("hunt"))
    pilot(root, "theo", only_master=True)

    def impatient(event: object) -> None:
        if isinstance(event, Progressed) and event.item == "open":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(root, "theo", ONE, impatient)
    left = tuple(r.file for r in present(root / "library", "theo").references)
    return Stopped(root, left, build(root, "theo", ONE, silent))


def test_an_interrupt_keeps_what_was_found(stopped: Stopped) -> None:
    """The head is recorded before the build ends, with both judges' scores and how it was made."""
    assert stopped.left == ("headshot/front.png", "angles/left20.webp")
    (angle,) = (r for r in present(stopped.root / "library", "theo").references if r.step == "angle")
    assert angle.turn is not None
    assert float(angle.turn) == pytest.approx(-20, abs=5.5)
    assert angle.score is not None
    assert angle.score > 0.41
    assert angle.second is not None
    assert angle.second > 0.45
    assert angle.origin is not None
    assert (angle.origin.backend, angle.origin.seed) == ("portrait", 389)
    assert angle.origin.revision is not None
    assert angle.made_from == "headshot/front.png"


def test_what_is_there_is_not_made_again(stopped: Stopped) -> None:
    """The next build finds the head and draws nothing."""
    assert [(s.name, s.state) for s in stopped.resumed.shots] == [("left20", "there")]
    assert stopped.resumed.ok


def test_the_rig_gets_what_the_interrupted_build_kept(stopped: Stopped) -> None:
    """The film can draw the head: its style is in the rig, under the picture's name, beside what was there before."""
    folder = stopped.root / "library/characters/theo"
    known = rig.read((folder / "rig/theo.npz").read_bytes())
    assert "left20" in known.poses
    assert known.turns["left20"] == pytest.approx(-20, abs=5.5)
    assert {"open", "blink"} <= known.deltas.keys()


def test_the_next_stage_waits_for_a_lock(stopped: Stopped) -> None:
    """What a finished build left is looked at before anything is made of it."""
    with pytest.raises(InputError, match="theo has only 1 of the 2 angles it takes"):
        build(stopped.root, "theo", Options(only=("happy",)), silent)
    assets.lock(stopped.root / "library")
    with pytest.raises(InputError, match="1 of the 2 angles"):
        build(stopped.root, "theo", Options(wardrobe="moss"), silent)


def test_a_build_that_found_too_little_stops_before_the_next_stage(stopped: Stopped) -> None:
    """Without its angles a character gets no wardrobe and no expression; the note says what is missing."""
    bench = Bench(find(stopped.root), "theo", silent)
    work = Work(bench, Options())
    angle, smile = Target("right20", "angle", turn=20.0), Target("happy", "expression", expression="happy")
    assert list(_in_order(work, [angle, smile])) == [angle]
    assert len(work.notes) == 2
    assert "theo has only 1 of the 2 angles it takes" in work.notes[0]
    assert present(stopped.root / "library", "theo").version == 1


def test_a_replaced_headshot_is_noticed(stopped: Stopped, tmp_path: Path) -> None:
    """The generator does not hunt around a face that it did not draw."""
    import shutil

    from headshots import MASTERS

    root = tmp_path / "copy"
    shutil.copytree(stopped.root, root)
    shutil.copy(MASTERS["mia"], root / "library/characters/theo/headshot/front.png")
    assets.lock(root / "library")
    with pytest.raises(InputError, match="is not the face that"):
        build(root, "theo", Options(only=("right20",)), silent)
