"""The pilot's first and last scene are filmed by the big models' own code at tiny size, with random weights.

QA rejects the noise.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from charforge import media
from charforge.domain.names import Slate
from charforge.events import Event, Noted, TakeReady
from charforge.planner import Pins
from charforge.studio.judge import judge
from charforge.studio.plan import plan
from charforge.studio.render import Options, render

pytest.importorskip("diffusers")
pytest.importorskip("TTS")
pytestmark = pytest.mark.models

HOUSE = Path(__file__).parents[2]
SHOTS = 7
SETTINGS = """\
judges: [sface, dlib]
device: cpu
threads: 1
encoder: veryfast
models:
  sdxl: {{weights: "{sdxl}", steps: 1, max_pixels: 4096}}
  wan-i2v: {{weights: "{wan}", steps: 1, max_pixels: 4096, max_seconds: 30}}
  coqui: {{weights: "{vits}"}}
still: sdxl
clip: wan-i2v
voice: coqui
# Noise cannot be mended, and every try is another picture of it.
fix: {{seconds: 0}}
"""


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shot list at a small size, in a project that names tiny models."""
    from tiny import coqui, sdxl, wan

    root = tmp_path_factory.mktemp("heavy")
    made = {
        "sdxl": sdxl.build(root / "models/sdxl"),
        "wan": wan.build(root / "models/wan"),
        "vits": coqui.build_vits(root / "models/vits"),
    }
    shutil.copytree(HOUSE / "library", root / "library")
    (root / "shotlists").mkdir()
    text = (HOUSE / "shotlists/pilot.yaml").read_text("utf-8").replace("1920x1080", "320x180")
    first, _, rest = text.partition("  - id: s02\n")
    (root / "shotlists/pilot.yaml").write_text(first + rest[rest.index("  - id: s03\n") :], "utf-8")
    (root / "charforge.yaml").write_text(SETTINGS.format(**made), "utf-8")
    return root / "shotlists/pilot.yaml"


@pytest.fixture(scope="module")
def rejected(pilot: Path, home: Any) -> tuple[Any, list[Event]]:
    """Return what became of the pilot when nobody accepts noise."""
    events: list[Event] = []
    return render(pilot, Options(), events.append), events


def test_every_shot_is_made_by_the_models_of_the_project(pilot: Path) -> None:
    """The plan routes stills, clips and voices to them; no time is promised that nobody measured."""
    made = plan(pilot, Pins())
    assert {(c.still, c.clip) for c in made.choices} == {("sdxl", "wan-i2v")}
    assert {v for c in made.choices for v in c.voices} == {"coqui"}
    assert {c.seconds for c in made.choices} == {None}


def test_the_judges_reject_the_noise(pilot: Path, rejected: tuple[Any, list[Event]]) -> None:
    """No shot with somebody in it passes, no clip of one is made, and no film."""
    report, events = rejected
    peopled = {d.shot for d in plan(pilot, Pins()).drafts if d.stage == "still" and d.expected}
    inserts = {row.shot for row in report.shots} - peopled
    assert len(report.shots) == SHOTS
    assert len(peopled) >= SHOTS - 2
    assert {row.verdict for row in report.shots if row.shot in peopled} == {"fail"}
    assert not report.passed()
    assert report.master is None
    clips = {e.draft.removesuffix("/clip") for e in events if isinstance(e, TakeReady) and e.stage == "clip"}
    assert clips <= inserts
    assert any(isinstance(e, Noted) and "not approved" in e.text for e in events)


def test_every_take_says_how_it_was_made(rejected: tuple[Any, list[Event]]) -> None:
    """Device, precision and the size that the model itself drew stand in each take."""
    stills = [e.take for e in rejected[1] if isinstance(e, TakeReady) and e.stage == "still"]
    assert len(stills) == SHOTS
    for take in stills:
        assert (take.notes["device"], take.notes["dtype"]) == ("cpu", "float32")
        assert take.job.settings["working"] == [64, 64]
        assert (take.width, take.height) == (320, 180)


def test_the_film_is_assembled_when_told_to_accept_it(pilot: Path, rejected: tuple[Any, list[Event]]) -> None:
    """Every stage runs end to end; what was rendered before is used again."""
    events: list[Event] = []
    report = render(pilot, Options(accept=True), events.append)
    master = report.master
    assert master is not None
    assert media.probe(Path(master.path)).frames == 60 + sum(row.frames for row in report.shots)
    made = [e for e in events if isinstance(e, TakeReady) and not e.reused]
    assert {e.stage for e in made} == {"clip"}
    clips = [e.take for e in events if isinstance(e, TakeReady) and e.stage == "clip"]
    assert len(clips) == SHOTS
    assert {take.job.backend for take in clips} == {"wan-i2v"}
    assert str(Slate("pilot", *report.shots[0].shot.split("/"), 1)) == report.shots[0].slate


def test_a_still_of_noise_is_nobody(pilot: Path, rejected: tuple[Any, list[Event]]) -> None:
    """`charforge judge` agrees with the render."""
    take = next(e.take for e in rejected[1] if isinstance(e, TakeReady) and e.draft == "s01/0010/still")
    still = pilot.parents[1] / "noise.png"
    blob = pilot.parents[1] / ".charforge/blobs" / take.blob[:2] / take.blob
    shutil.copy(blob, still)
    (row,) = judge(pilot, [still], ("mia",))
    assert row.verdict.outcome in {"fail", "not-scorable"}
