"""Takes that fail are mended up the ladder, by a render and by hand, and what does not help leaves no trace."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import fixing_house as house
import numpy as np
import pytest

from charforge import imaging, media
from charforge.backends import fake
from charforge.domain.jobs import RepairJob
from charforge.domain.takes import Take
from charforge.errors import InputError
from charforge.events import Event, Fixed, silent
from charforge.imaging.frames import Frames
from charforge.media.reading import planes
from charforge.qa import ladder
from charforge.store import Ledger, Store
from charforge.studio.fixing import pictures
from charforge.studio.fixing.byhand import Asked, fix
from charforge.studio.fixing.report import FixReport
from charforge.studio.project import find
from charforge.studio.render import Options, render
from charforge.studio.repaired import unrepaired
from charforge.studio.report import RenderReport

SHOT = "e01_s02_0010"
STILL, CLIP = "s02/0010/still", "s02/0010/clip"
SURE = {"steps": ["transfer"], "rungs": {"transfer": {"backends": ["clean"]}}}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have repairs that know fake people."""
    house.install(monkeypatch)


def made(file: Path, **options: Any) -> RenderReport:
    """Render."""
    return render(file, Options(**options), silent)


def fixed(file: Path, **asked: Any) -> FixReport:
    """Fix the shot by hand."""
    return fix(file, SHOT, Asked(**asked), silent)


def rewrite(file: Path, before: str, after: str) -> None:
    """Change the shot list."""
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def take(file: Path, draft: str) -> Take:
    """Return the circled take of a draft."""
    store = Store(file.parents[1] / ".charforge")
    found = store.find(Ledger(store, "e01").circled(draft) or "")
    assert found is not None
    return found


def pixels(file: Path, key: Take) -> np.ndarray:
    """Return a still's picture."""
    return imaging.decode(Store(file.parents[1] / ".charforge").blob(key.blob))


def test_a_render_transfers_the_masters_face_into_a_still(stranger: Path) -> None:
    """Somebody else's face becomes theirs; both judges stand in the record, and nothing but the face changed."""
    house.settings(stranger, **SURE)
    report = made(stranger)
    (row,) = [r for r in report.shots if r.shot == "s02/0010"]
    assert (row.verdict, report.passed()) == ("pass", True)
    (step,) = row.fixes
    assert (step.step, step.who, step.backend, step.kept, step.reason) == ("transfer", "theo", "clean", True, "")
    assert (step.before, step.after, step.second_before, step.second_after) == (0, 1, None, 1)
    mended = take(stranger, STILL)
    assert isinstance(mended.job, RepairJob)
    assert mended.origin == "transfer"
    store = Store(stranger.parents[1] / ".charforge")
    assert unrepaired(store, mended).job.kind == "still"
    before = imaging.decode(store.blob(mended.job.input("picture") or ""))
    rows, columns = np.nonzero((before != pixels(stranger, mended)).any(2))
    x, y, width, height = mended.job.box
    assert x <= columns.min() <= columns.max() < x + width
    assert y <= rows.min() <= rows.max() < y + height
    known = Ledger(store, "e01").note("fixes", STILL)
    assert [(s["step"], s["kept"], s["take"]) for s in known] == [("transfer", True, mended.key)]


def test_a_second_render_finds_what_was_mended(stranger: Path) -> None:
    """Nothing is repaired twice, and the film is the same."""
    house.settings(stranger, **SURE)
    first = made(stranger)
    key = take(stranger, STILL).key
    (stranger.parents[1] / ".charforge/fresh/e01.json").unlink()
    again = made(stranger)
    assert (again.rendered, again.shots[2].verdict, take(stranger, STILL).key) == (0, "pass", key)
    assert again.shots[2].identity == first.shots[2].identity


def test_a_clip_starts_from_the_repaired_still(stranger: Path) -> None:
    """The model that moves the still is given the repaired one."""
    house.settings(stranger, **SURE)
    made(stranger)
    assert take(stranger, CLIP).job.input("first") == take(stranger, STILL).blob


def test_a_better_reference_mends_what_no_repair_can(stranger: Path) -> None:
    """The shipped ladder goes on to another locked picture of the same person."""
    house.settings(stranger, seconds=120)
    report = made(stranger)
    steps = report.shots[2].fixes
    assert report.passed()
    assert [s.kept for s in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[-1].step == "better-reference"
    assert all(s.reason for s in steps[:-1])


def test_a_repair_that_spills_is_undone(stranger: Path) -> None:
    """One changed pixel outside the face is enough, whatever the judges say."""
    house.settings(stranger, steps=["transfer"], rungs={"transfer": {"backends": ["spilling"]}})
    report = made(stranger)
    (step,) = report.shots[2].fixes
    assert (step.kept, step.reason) == (False, "1 pixels outside the face changed")
    assert report.shots[2].verdict == "fail"


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        ("turning", "the head moved by 20 degrees"),
        ("gaping", "the expression changed: jawOpen by 0.90"),
        ("hiding", "the face can no longer be measured"),
        ("edged", "the repair would be seen: an edge shows around it"),
    ],
)
def test_a_repair_that_harms_the_face_is_undone(stranger: Path, backend: str, reason: str) -> None:
    """Both judges know who it is, nothing outside the face changed, and yet the picture before was better."""
    house.settings(stranger, steps=["transfer"], rungs={"transfer": {"backends": [backend]}})
    report = made(stranger)
    (step,) = report.shots[2].fixes
    assert (step.after, step.second_after, step.kept) == (1, 1, False)
    assert step.reason.startswith(reason)
    assert report.shots[2].verdict == "fail"


def test_what_was_found_harmless_by_other_means_is_looked_at_again(
    stranger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that measures faces anew, stricter limits or rules: the repair is the same, and stands no more."""
    looked: list[object] = []

    def shows(*seen: object) -> str:
        looked.append(seen)
        return ""

    monkeypatch.setattr(pictures, "shows", shows)
    house.settings(stranger, **SURE)
    assert made(stranger).passed()

    def again() -> int:
        before = len(looked)
        (stranger.parents[1] / ".charforge/fresh/e01.json").unlink()
        made(stranger)
        return len(looked) - before

    assert again() == 0
    monkeypatch.setattr(house.Frozen, "revision", "2")
    assert (again(), again()) == (1, 0)
    monkeypatch.setattr(pictures, "RULES", pictures.RULES + 1)
    assert (again(), again()) == (1, 0)
    strict = ladder.shipped().changed(limits=ladder.shipped().limits.changed(pose=0.5))
    monkeypatch.setattr(ladder, "shipped", lambda: strict)
    assert (again(), again()) == (1, 0)


def test_a_repair_that_fails_ends_no_film(stranger: Path) -> None:
    """Its error is the reason, and the next backend is tried."""
    house.settings(stranger, steps=["transfer"], rungs={"transfer": {"backends": ["failing", "clean"]}})
    report = made(stranger)
    assert report.passed()
    assert [(s.backend, s.kept) for s in report.shots[2].fixes] == [("failing", False), ("clean", True)]
    assert "cannot be repaired" in report.shots[2].fixes[0].reason


def test_a_repair_is_never_put_on_top_of_itself(stranger: Path) -> None:
    """The fifth application by hand starts from the same picture as the first, and makes the very same take."""
    made(stranger)
    house.settings(stranger, rungs={"transfer": {"backends": ["badges"], "tries": 1}})
    first = fixed(stranger, step="transfer")
    once = take(stranger, STILL)
    assert first.mended[0].steps[0].kept
    for _ in range(4):
        again = fixed(stranger, step="transfer")
        assert [s.take for s in again.mended[0].steps] in ([once.key], [])
    assert take(stranger, STILL).key == once.key
    assert isinstance(once.job, RepairJob)
    store = Store(stranger.parents[1] / ".charforge")
    unrepaired = [k for k in Ledger(store, "e01").takes(STILL) if (t := store.find(k)) and t.job.kind == "still"]
    assert once.job.input("picture") in {store.record(k).blob for k in unrepaired}  # type: ignore[union-attr]


def test_a_neighbours_worse_face_undoes_nothing_of_theirs(episode: Path) -> None:
    """In a two-shot only the face that failed is exchanged."""
    house.settings(episode, **SURE)
    folder = episode.parents[1] / "library/characters/theo"
    (folder / "angles").mkdir()
    (folder / "angles/left40.png").write_bytes(imaging.encode_png(fake.headshot("somebody else")))
    text = (folder / "character.yaml").read_text("utf-8")
    (folder / "character.yaml").write_text(text + "      - {file: angles/left40.png, step: angle, turn: -40}\n")
    from charforge import library

    library.lock(episode.parents[1] / "library")
    rewrite(episode, "{who: theo, position: right}", "{who: theo, position: right, turn: -40}")
    report = made(episode, stage="stills")
    row = report.shots[0]
    assert row.verdict == "pass"
    assert [(s.who, s.kept) for s in row.fixes] == [("theo", True)]
    assert row.identity == {"mia": 1.0, "theo": 1.0}


def wrong_clip(file: Path) -> Path:
    """Exchange the kept clip of the shot for one in which somebody else is seen from frame 12 to 23, and return it."""
    store = Store(file.parents[1] / ".charforge")
    clip = take(file, CLIP)
    path = store.blob(clip.blob)

    def drawn() -> Any:
        for number, picture in media.frames(path):
            shown = picture.copy()
            if 12 <= number < 24:
                face = fake.badges(shown)[0].box
                fake.paint(shown, fake.badge("nobody"), (face[0] + face[2] / 2, face[1] + face[3] / 2), face[2])
            yield shown.tobytes()

    target = file.parents[1] / "wrong.mkv"
    media.encode_clip(Frames(Fraction(24), 320, 180, "rgb24", drawn(), clip.frames or 0), target)
    blob = store.blobs.adopt(shutil.copy(target, target.with_name("given.mkv")) and target.with_name("given.mkv"))
    other = clip.changed(key="f" * 64, blob=blob, size=target.stat().st_size)
    store.add(other)
    ledger = Ledger(store, "e01")
    ledger.note_take(CLIP, other.key)
    ledger.circle(CLIP, other.key)
    return target


def test_a_clip_is_mended_only_where_it_fails(episode: Path) -> None:
    """The stretch with the wrong face is repaired and passes; before and after it the frames hardly differ."""
    house.settings(episode, **SURE)
    rewrite(episode, "duration: 30f", "duration: 48f")
    made(episode)
    given = wrong_clip(episode)
    report = fixed(episode, of="clip")
    (mending,) = report.mended
    assert (mending.before, mending.after) == ("t02 fail", "t03 pass")
    (step,) = mending.steps
    assert (step.step, step.kept, step.who) == ("transfer", True, "theo")
    mended = take(episode, CLIP)
    assert isinstance(mended.job, RepairJob)
    assert mended.job.track is not None
    frames = [s.frame for s in mended.job.track]
    assert {12, 23} <= set(frames)
    assert (mended.frames, min(frames), max(frames)) == (48, 1, 29)
    before, after = planes(given), planes(Path(mending.file))
    apart = [float(np.abs(a.astype(int) - b).mean()) for a, b in zip(before, after, strict=True)]
    outside = [d for n, d in enumerate(apart) if n not in frames]
    assert max(outside) < 1 < min(apart[14:22])


def test_a_repair_that_brings_something_new_is_undone(stranger: Path) -> None:
    """The face is right for both judges, and now it is there twice."""
    house.settings(stranger, steps=["transfer"], rungs={"transfer": {"backends": ["doubling"]}})
    report = made(stranger)
    (step,) = report.shots[2].fixes
    assert (step.before, step.after, step.kept) == (0, 1, False)
    assert step.reason == "it brought something new: theo is in the picture more than once"
    assert report.shots[2].verdict == "fail"


def test_a_dry_run_tells_every_rung_and_tries_none(stranger: Path) -> None:
    """With what each counts, or why it does not apply."""
    made(stranger)
    ledger = Ledger(Store(stranger.parents[1] / ".charforge"), "e01")
    before = ledger.path.read_bytes()
    report = fixed(stranger, dry=True, seconds=60)
    (mending,) = report.mended
    told = {a.step: a for a in mending.would if a.step != "better-reference" or not a.reason}
    assert (report.dry, report.seconds, mending.steps) == (True, 60, ())
    assert told["best-of-n"].reason == "it is for heads only" or told["best-of-n"].seconds is not None
    assert told["better-reference"].backend == "fake"
    assert told["second-anchor"].reason
    assert told["restore"].reason
    assert b'"what":"take"' not in ledger.path.read_bytes()[len(before) :]


def test_what_is_fixed_by_hand_is_what_the_next_render_shows(stranger: Path) -> None:
    """It passes, so it is circled, and a render without a ladder makes the film of it."""
    made(stranger)
    house.settings(stranger, seconds=120, **SURE)
    report = fixed(stranger)
    assert report.passed()
    assert Path(report.mended[0].file).is_file()
    house.settings(stranger, seconds=0)
    film = made(stranger)
    assert film.passed()
    assert film.shots[2].slate == f"{SHOT}_{report.mended[0].after.split()[0]}"


def test_a_shot_that_passes_is_left_alone(episode: Path) -> None:
    """Without a step there is nothing to do; with one, what is not better is undone."""
    made(episode)
    report = fixed(episode)
    assert (report.passed(), [m.steps for m in report.mended]) == (True, [(), ()])
    house.settings(episode, **SURE)
    forced = fixed(episode, step="transfer", of="still")
    (step,) = forced.mended[0].steps
    assert (step.kept, "passed before" in step.reason) == (False, True)
    assert forced.passed()


def test_the_command_prints_what_was_tried(stranger: Path, charforge: Callable[..., Any]) -> None:
    """The exit code is 1 while the shot fails; the dry run is none of that."""
    charforge("render", str(stranger), code=1)
    assert "no:" in charforge("fix", SHOT, "--dry-run").stdout
    told = charforge("fix", SHOT, "--budget-seconds", "120")
    assert "better-reference" in told.stdout
    report = json.loads(charforge("fix", SHOT, "--json").stdout)
    assert report["verdict"] == "pass"


@pytest.mark.parametrize(
    ("shot", "asked", "told"),
    [
        (SHOT, {"step": "tranfer"}, "no step 'tranfer'"),
        (SHOT, {"of": "head"}, "neither still nor clip"),
        ("e01_s09_0010", {}, "no shot s09/0010"),
        (SHOT, {}, "has no still"),
    ],
)
def test_what_cannot_be_fixed_is_told(episode: Path, shot: str, asked: dict[str, Any], told: str) -> None:
    """A wrong step, stage or shot, and a shot that was never rendered."""
    with pytest.raises(InputError, match=told):
        fix(episode, shot, Asked(**asked), silent)


def test_settings_of_the_ladder_are_read_and_checked(episode: Path) -> None:
    """The older spelling still counts; both at once, and a step that there is none of, are errors."""
    file = episode.parents[1] / "charforge.yaml"
    text = file.read_text("utf-8")
    file.write_text(text + "fix_seconds: 30\n", "utf-8")
    assert find(episode).ladder.seconds == 30
    file.write_text(text + "fix: {money: 2.5, rungs: {best-of-n: {tries: 9}}}\n", "utf-8")
    own = find(episode).ladder
    assert (own.money, {r.tries for r in own.steps if r.step == "best-of-n"}) == (2.5, {9})
    file.write_text(text + "fix_seconds: 30\nfix: {seconds: 20}\n", "utf-8")
    with pytest.raises(InputError, match="say the same thing"):
        find(episode)
    file.write_text(text + "fix: {steps: [transfr]}\n", "utf-8")
    with pytest.raises(InputError, match="transfer"):
        find(episode)


def test_events_tell_why_a_step_was_undone(stranger: Path) -> None:
    """Whoever watches sees the reason."""
    house.settings(stranger, steps=["transfer"], rungs={"transfer": {"backends": ["failing"]}})
    events: list[Event] = []
    render(stranger, Options(), events.append)
    (step,) = [e.step for e in events if isinstance(e, Fixed)]
    assert "cannot be repaired" in step.reason
