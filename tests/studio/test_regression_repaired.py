"""Takes that were repaired are pinned and tested as what they were planned to be."""

from __future__ import annotations

import shutil
from pathlib import Path

import fixing_house as house
import numpy as np
import pytest

from charforge.backends.fake import FakeClip
from charforge.backends.protocols import Sound
from charforge.domain.assets import Mark, View
from charforge.domain.blocking import Blocking, Person, Speech
from charforge.domain.jobs import Input, RepairJob, StillJob
from charforge.domain.takes import Take
from charforge.errors import InputError
from charforge.events import silent
from charforge.store import Ledger, Store
from charforge.studio import lipsync
from charforge.studio.check import load_episode, load_library
from charforge.studio.project import find
from charforge.studio.regressing.looking import desk_of, expecting
from charforge.studio.regressing.pinning import Wanted, pin
from charforge.studio.regressing.shelf import shelf
from charforge.studio.regressing.testing import Asked, compare
from charforge.studio.render import Options, render
from charforge.studio.repaired import as_repaired, unrepaired

SHOT = "e01_s02_0010"
SURE = {"steps": ["transfer"], "rungs": {"transfer": {"backends": ["clean"]}}}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have repairs that know fake people."""
    house.install(monkeypatch)


@pytest.fixture
def mended(stranger: Path) -> Path:
    """Return the shot list of a film whose last still was repaired."""
    house.settings(stranger, **SURE)
    assert render(stranger, Options(), silent).passed()
    return stranger


def repaired(root: Path) -> Take:
    """Return the take that is circled for the still of the last shot."""
    store = Store(root / ".charforge")
    take = store.find(Ledger(store, "e01").circled("s02/0010/still") or "")
    assert take is not None
    assert isinstance(take.job, RepairJob)
    return take


def test_a_repaired_still_is_pinned_and_judged_again(mended: Path) -> None:
    """Also where the store is gone and only what was kept beside the pins is there."""
    root = mended.parents[1]
    take = repaired(root)
    assert pin(root, Wanted(shots=(SHOT,), clips=True, keep=True), silent).pinned == (SHOT,)
    for _ in range(2):
        done = compare(root, Asked("judge"), silent)
        assert done.passed(), done.wrong()
        assert [(case.kind, case.how) for case in done.cases] == [("still", "judged"), ("clip", "judged")]
        assert (done.cases[0].before.take, done.cases[0].before.backend) == (take.key, "clean")
        assert done.cases[0].after == done.cases[0].before
        shutil.rmtree(root / ".charforge")


def test_a_repaired_still_is_held_to_what_was_planned(mended: Path) -> None:
    """By the job that it was drawn by, with its turns and its plate, which the repair's own job does not name."""
    root = mended.parents[1]
    take = repaired(root)
    project = find(mended)
    library = load_library(project)
    with shelf(project, root / "identity.yaml") as places:
        places.take_over(take)
        desk = desk_of(project, library, load_episode(mended, project, library), places, silent)
        draft = expecting(desk, SHOT, "still", take)
        assert isinstance(draft.job, StillJob)
        assert draft.job == unrepaired(places.film, take).job
        assert as_repaired(desk.store, take) == as_repaired(places.film, take)


def test_what_the_ladder_repairs_is_judged_when_it_is_made_anew(stranger: Path) -> None:
    """A shot that failed when it was pinned passes once the ladder mends it."""
    house.settings(stranger, seconds=0)
    render(stranger, Options(accept=True), silent)
    root = stranger.parents[1]
    pin(root, Wanted(shots=(SHOT,)), silent)
    house.settings(stranger, **SURE)
    (case,) = compare(root, Asked("render"), silent).cases
    assert case.after is not None, case.wrong
    assert (case.how, case.before.verdict, case.after.verdict, case.after.backend) == (
        "rendered",
        "fail",
        "pass",
        "clean",
    )


def test_a_repaired_still_of_which_nothing_older_is_known_is_refused_with_what_to_do(mended: Path) -> None:
    """Without the job that it was made by nobody knows what it should show."""
    root = mended.parents[1]
    take = repaired(root)
    for key in take.parents:
        (root / ".charforge/takes" / key[:2] / f"{key}.json").unlink()
    with pytest.raises(InputError, match="was repaired, and what it was before is no longer known") as told:
        pin(root, Wanted(shots=(SHOT,)), silent)
    assert told.value.hint == f"render the shot again, then pin it: charforge test --pin {SHOT}"


def speaking(root: Path) -> None:
    """Circle a clip of the first shot of which is known who says what when."""
    store = Store(root / ".charforge")
    ledger = Ledger(store, "e01")
    clip = store.find(ledger.latest("s01/0010/clip") or "")
    assert clip is not None
    blocking = Blocking(
        framing="close",
        view=View(name="table", marks={}),
        people=(Person(who="mia", mark=Mark(x=0.5, y=0.5, head=0.6, depth=1)),),
        speech=(Speech(who="mia", name="mia/1", start=0),),
    )
    job = clip.job.changed(
        inputs=(*clip.job.inputs, Input(role="voice", name="mia/1", source=store.blobs.put(b"a line"))),
        settings={"blocking": blocking.model_dump(mode="json", exclude_none=True)},
    )
    store.add(clip.changed(key="e" * 64, job=job))
    ledger.note_take("s01/0010/clip", "e" * 64)
    ledger.circle("s01/0010/clip", "e" * 64)


def test_lips_of_a_pinned_clip_are_held_to_what_is_said(rendered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines come along, into the test's store and beside the pins."""
    monkeypatch.setattr(FakeClip, "mouths", True)
    heard: list[Path] = []
    monkeypatch.setattr(lipsync, "heard", lambda file, rate: heard.append(file) or Sound(np.zeros(rate), rate))
    root = rendered.parents[1]
    speaking(root)
    pin(root, Wanted(shots=("e01_s01_0010",), clips=True, keep=True), silent)
    shutil.rmtree(root / ".charforge")
    done = compare(root, Asked("judge"), silent)
    assert done.passed(), done.wrong()
    assert {case.how for case in done.cases} == {"judged"}
    assert len(heard) == 2
    assert all(file.read_bytes() == b"a line" for file in heard)
