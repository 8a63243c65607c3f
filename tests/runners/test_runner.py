"""A run gives every draft its take, and makes only those that are not there."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fakeworld import FRAMES, HEIGHT, WIDTH, BareHome, World

from charforge import imaging, media
from charforge.backends import fake
from charforge.backends.protocols import FaceBackend, Frames, Kit, MatteBackend, Picture, Sound
from charforge.domain.jobs import Draft
from charforge.errors import MediaError, OutOfMemory, PlanError, RenderFailed, StoreError
from charforge.events import TakeReady
from charforge.runners import Runner, Toolbox


def rendered(world: World) -> list[str]:
    """Return the drafts that were made, in order."""
    return [e.draft for e in world.events if isinstance(e, TakeReady) and not e.reused]


def spoiled(path: Path) -> None:
    """Overwrite a stored file."""
    path.chmod(0o644)
    path.write_bytes(b"rubbish")


def test_every_draft_gets_its_take(world: World) -> None:
    """Voices, stills and clips are made, stored and known by what they are."""
    takes = world.runner().run(world.drafts(2))
    assert list(takes) == [d.id for d in world.drafts(2)]
    voice, still, clip = (takes[d.id] for d in world.shot(1))
    assert (still.media, still.width, still.height) == ("image/png", WIDTH, HEIGHT)
    assert (clip.media, clip.frames, clip.parents) == ("video/x-matroska", FRAMES, (still.key, voice.key))
    assert voice.samples is not None
    assert (voice.media, voice.sample_rate) == ("audio/flac", fake.VOICE_RATE)
    assert still.notes == {"people": 1.0}
    assert still.device == "cpu"
    assert still.made


def test_stored_bytes_are_what_the_backends_gave(world: World) -> None:
    """The PNG is the picture, the FLAC the sound, the clip has the frames."""
    takes = world.runner().run(world.shot(1))
    voice, still, clip = takes.values()
    store = world.store
    faces = fake.FakeFace(BareHome())
    pixels = imaging.decode(store.blob(still.blob))
    assert len(faces.detect(pixels)) == 1
    samples, rate = soundfile.read(store.blob(voice.blob))
    assert (len(samples), rate) == (voice.samples, voice.sample_rate)
    drawn = [frame for _, frame in media.frames(store.blob(clip.blob))]
    assert len(drawn) == FRAMES
    upper = slice(0, HEIGHT * 3 // 4)
    assert np.abs(drawn[0][upper].astype(int) - pixels[upper]).mean() < 4


def test_a_second_run_makes_nothing(world: World) -> None:
    """Takes whose keys are in the store are reused."""
    first = world.runner().run(world.drafts())
    world.events.clear()
    assert world.runner().run(world.drafts()) == first
    assert rendered(world) == []
    assert len([e for e in world.events if isinstance(e, TakeReady)]) == 9


def test_an_edit_makes_that_shot_again_and_no_other(world: World) -> None:
    """A changed prompt renders its still and the clip that starts from it, and the voice stays."""
    world.runner().run(world.drafts())
    world.events.clear()
    edited = (*world.shot(1), *world.shot(2, "a rainy café"), *world.shot(3))
    world.runner().run(edited)
    assert rendered(world) == ["s01/0020/still", "s01/0020/clip"]


def test_an_edit_that_gives_the_same_picture_stops_there(world: World) -> None:
    """Inputs enter by content: a still that comes out equal leaves its clip alone."""
    voice, still, clip = world.shot(1)
    first = world.runner().run((voice, still, clip))
    same = still.changed(job=still.job.changed(settings={"remark": "nothing that is drawn"}))
    again = world.runner().run((voice, same, clip))
    assert again[still.id].key != first[still.id].key
    assert again[clip.id] == first[clip.id]


def test_an_undone_edit_finds_its_old_take(world: World) -> None:
    """Going back renders nothing, and the take keeps its number."""
    world.runner().run(world.shot(1))
    world.runner().run(world.shot(1, "rain"))
    world.events.clear()
    takes = world.runner().run(world.shot(1))
    assert rendered(world) == []
    assert world.ledger.number("s01/0010/still", takes["s01/0010/still"].key) == 1
    assert len(world.ledger.takes("s01/0010/still")) == 2


def test_takes_of_earlier_stages_are_given(world: World) -> None:
    """A stage may start from circled takes that an earlier run made."""
    voice, still, clip = world.shot(1)
    before = world.runner().run((voice, still))
    takes = world.runner().run((clip,), before)
    assert list(takes) == [clip.id]
    assert takes[clip.id].parents == (before[still.id].key, before[voice.id].key)


def test_order_in_the_list_does_not_matter(world: World) -> None:
    """Drafts wait for those they need, wherever these stand."""
    drafts = world.drafts()
    assert world.runner().run(drafts[::-1]) == world.runner().run(drafts)


def test_work_is_grouped_by_backend(world: World) -> None:
    """All voices are made before the stills, so that models load once."""
    world.runner().run(world.drafts())
    kinds = [name.split("/")[2] for name in rendered(world)]
    assert kinds == ["line"] * 3 + ["still"] * 3 + ["clip"] * 3


@pytest.mark.parametrize("kind", ["still", "clip", "line/1"])
def test_a_corrupt_take_is_made_again(world: World, kind: str) -> None:
    """Corrupt is the same as missing, and the new bytes are the old ones."""
    takes = world.runner().run(world.shot(1))
    spoiled(world.store.blobs.path(takes[f"s01/0010/{kind}"].blob))
    world.events.clear()
    again = world.runner().run(world.shot(1))
    assert rendered(world) == [f"s01/0010/{kind}"]
    assert {n: t.blob for n, t in again.items()} == {n: t.blob for n, t in takes.items()}


def test_a_missing_dependency_is_an_error(world: World) -> None:
    """A draft whose take is nowhere stops the run with its name."""
    with pytest.raises(PlanError, match="s01/0010/clip waits for a take"):
        world.runner().run(world.shot(1)[2:])


def test_drafts_that_wait_for_each_other_are_an_error(world: World) -> None:
    """A circle in a plan is said, not looped over."""
    _, still, clip = world.shot(1)
    circle = still.changed(
        job=still.job.changed(inputs=tuple(i.changed(source={"draft": clip.id}) for i in still.job.inputs))
    )
    with pytest.raises(PlanError, match="wait for each other"):
        world.runner().run((circle, clip))


def test_a_store_that_cannot_be_written_is_said_so(world: World) -> None:
    """Nothing is half written when the store's folder is none."""
    (world.root / ".charforge").mkdir()
    (world.root / ".charforge" / "blobs").write_text("a file stands here")
    with pytest.raises(StoreError) as caught:
        world.runner().run(world.shot(1))
    assert caught.value.hint


def test_an_unknown_file_is_an_error_with_its_digest(world: World) -> None:
    """An input that neither the store nor the library has is named."""
    _, still, _ = world.shot(1)
    lost = still.changed(job=still.job.changed(inputs=({"role": "master", "name": "mia", "source": "9" * 64},)))
    with pytest.raises(StoreError, match="999999999999"):
        world.runner().run((lost,))


class Scripted:
    """A backend whose one method is given."""

    name = "fake"
    licence = "Apache-2.0"
    weights: tuple[str, ...] = ()
    revision = "scripted"

    def __init__(self, make: Callable[[Any, Kit], Any], needs: tuple[str, ...] = ()) -> None:
        self.needs = needs
        self.still = self.clip = self.voice = make


class Stocked(Toolbox):
    """A toolbox that hands out one backend."""

    def __init__(self, backend: object) -> None:
        super().__init__(BareHome(), {"face": "fake"})
        self.backend = backend

    def get(self, role: str, name: str) -> Any:
        """Return the given backend, and real tools for other roles."""
        return super().get(role, name) if role in {"face", "matte"} else self.backend


def run_one(world: World, draft: Draft, make: Callable[[Any, Kit], Any], needs: tuple[str, ...] = ()) -> None:
    """Run one draft on a backend made of a function."""
    voice, still, _ = world.shot(1)
    given = {} if draft.stage != "clip" else world.runner().run((voice, still))
    runner = Runner(world.store, world.ledger, Stocked(Scripted(make, needs)), world.cast.__getitem__)
    runner.run((draft,), given)


GREY = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (GREY[1:], "160x95, not 160x96"),
        (GREY.astype(np.float32), "float32"),
        (GREY[..., 0], "shape"),
        (np.zeros_like(GREY), "black all over"),
    ],
)
def test_an_unusable_still_is_refused(world: World, pixels: Any, says: str) -> None:
    """Wrong sizes, wrong types and blackness never become takes."""
    _, still, _ = world.shot(1)
    with pytest.raises(RenderFailed, match=says):
        run_one(world, still, lambda job, kit: Picture(pixels))
    assert list(world.store.listed()) == []


@pytest.mark.parametrize(
    ("samples", "says"),
    [
        (np.zeros(100, np.float32), "silence"),
        (np.array([0.1, np.nan], np.float32), "no numbers"),
        (np.full(100, 1.5, np.float32), "peak of 1.5"),
        (np.zeros((0,), np.float32), "shape"),
        (np.full((10, 2), 0.1, np.float32), "shape"),
    ],
)
def test_an_unusable_voice_is_refused(world: World, samples: Any, says: str) -> None:
    """Silence, NaN and clipped sounds never become takes."""
    voice, _, _ = world.shot(1)
    with pytest.raises(RenderFailed, match=says):
        run_one(world, voice, lambda job, kit: Sound(samples, 24000))


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ({"count": FRAMES - 1}, "5 frames at 24"),
        ({"width": WIDTH - 2}, "158x96"),
        ({"rate": 25}, "at 25"),
        ({"frames": iter([GREY.tobytes()] * 3)}, "3 frames where 6 were promised"),
        ({"frames": iter([GREY.tobytes()[:-1]] * 6)}, "bytes"),
    ],
)
def test_an_unusable_clip_is_refused(world: World, frames: dict[str, Any], says: str) -> None:
    """Frames of another number, size or rate never become takes, and no part of a file stays."""
    whole = {"rate": 24, "width": WIDTH, "height": HEIGHT, "pixel_format": "rgb24", "count": FRAMES}
    made = Frames(**{**whole, "frames": iter([GREY.tobytes()] * FRAMES), **frames})
    with pytest.raises(RenderFailed, match=says):
        run_one(world, world.shot(1)[2], lambda job, kit: made)
    assert list(world.store.scratch.glob("*/*")) == []


def test_what_a_backend_did_not_foresee_names_the_draft(world: World) -> None:
    """An error of somebody else's code becomes RenderFailed with the draft and the cause."""

    def broken(job: Any, kit: Kit) -> Picture:
        raise ZeroDivisionError

    with pytest.raises(RenderFailed, match=r"s01/0010/still could not be made: ZeroDivisionError") as caught:
        run_one(world, world.shot(1)[1], broken)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_too_little_memory_is_said_so(world: World) -> None:
    """MemoryError becomes OutOfMemory."""

    def greedy(job: Any, kit: Kit) -> Picture:
        raise MemoryError

    with pytest.raises(OutOfMemory):
        run_one(world, world.shot(1)[1], greedy)


def test_an_interrupted_run_keeps_what_is_finished(world: World) -> None:
    """Ctrl-C after a take leaves that take; the next run goes on from there."""

    def stop(event: object) -> None:
        world.events.append(event)  # type: ignore[arg-type]
        if isinstance(event, TakeReady) and event.draft == "s01/0020/still":
            raise KeyboardInterrupt

    runner = Runner(world.store, world.ledger, Toolbox(BareHome()), world.cast.__getitem__, stop)
    with pytest.raises(KeyboardInterrupt):
        runner.run(world.drafts())
    done = rendered(world)
    world.events.clear()
    world.runner().run(world.drafts())
    assert done[-1] == "s01/0020/still"
    assert set(done) | set(rendered(world)) == {d.id for d in world.drafts()}
    assert not set(done) & set(rendered(world))


def test_a_tool_that_is_needed_is_handed_out(world: World) -> None:
    """A backend gets the tool for a role it names, and its scratch folder is its own and empty."""

    def still(job: Any, kit: Kit) -> Picture:
        assert kit.tool(FaceBackend).name == "fake"  # type: ignore[type-abstract]
        assert not any(kit.scratch.iterdir())
        (kit.scratch / "note").write_text("x")
        return Picture(GREY)

    run_one(world, world.shot(1)[1], still, needs=("face",))
    assert list(world.store.scratch.glob("*/*")) == []


def test_a_tool_that_is_not_named_is_refused(world: World) -> None:
    """A tool whose revision is not in the key is not to be had."""
    with pytest.raises(PlanError, match="without naming it"):
        run_one(world, world.shot(1)[1], lambda job, kit: kit.tool(MatteBackend), needs=("face",))  # type: ignore[type-abstract]


def test_revisions_of_needed_tools_enter_the_key(world: World) -> None:
    """A new matte model makes the stills that use it stale."""
    job = world.shot(1)[1].job
    assert Stocked(Scripted(lambda job, kit: None)).revision(job) == "scripted"
    with_face = Stocked(Scripted(lambda job, kit: None, needs=("face",))).revision(job)
    assert with_face == f"scripted|face=fake:{fake.FakeFace(BareHome()).revision}"


def test_attachments_are_stored_beside_the_picture(world: World) -> None:
    """Further results can be had by their digest."""
    draft = world.shot(1)[1]
    run_one(world, draft, lambda job, kit: Picture(GREY, attachments={"style": b"512 numbers"}))
    (key,) = world.store.listed()
    take = world.store.find(key)
    assert take is not None
    assert world.store.blob(take.attachments["style"]).read_bytes() == b"512 numbers"


def test_several_workers_make_the_same_takes(world: World, tmp_path: Path) -> None:
    """Side by side or one after another, bytes, keys and numbers are the same."""
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    alone = world.runner().run(world.drafts(4))
    tools = Toolbox(BareHome())
    runner = Runner(other.store, other.ledger, tools, other.cast.__getitem__, other.events.append, workers=3)
    together = runner.run(other.drafts(4))
    assert {n: (t.key, t.blob) for n, t in together.items()} == {n: (t.key, t.blob) for n, t in alone.items()}
    assert sorted(rendered(other)) == sorted(rendered(world))


@pytest.mark.parametrize("workers", [1, 3])
def test_equal_jobs_are_made_once(world: World, workers: int) -> None:
    """Two shots with one and the same job share its take."""
    _, still, _ = world.shot(1)
    twin = still.changed(id="s01/0020/still", shot="s01/0020")
    runner = Runner(
        world.store, world.ledger, Toolbox(BareHome()), world.cast.__getitem__, world.events.append, workers=workers
    )
    takes = runner.run((still, twin))
    assert rendered(world) == [still.id]
    assert takes[twin.id] == takes[still.id]
    assert world.ledger.takes(twin.id) == world.ledger.takes(still.id)


def test_a_failure_stops_those_who_work_beside(world: World) -> None:
    """When one take fails the others are asked to stop at their next step, and the error comes out."""
    stopped: list[int] = []

    def make(job: Any, kit: Kit) -> Picture:
        if job.seed == 1:
            raise RenderFailed("no")
        until = time.monotonic() + 20
        try:
            while time.monotonic() < until:
                kit.step(0, 1)
                time.sleep(0.01)
        except KeyboardInterrupt:
            stopped.append(job.seed)
            raise
        return Picture(GREY)

    backend = Scripted(make)
    backend.concurrent = True  # type: ignore[attr-defined]
    runner = Runner(world.store, world.ledger, Stocked(backend), world.cast.__getitem__, workers=2)
    with pytest.raises(RenderFailed, match="no"):
        runner.run([world.shot(n)[1] for n in (2, 1, 3, 4)])
    assert stopped
    assert list(world.store.listed()) == []


@pytest.mark.parametrize("kilobytes", [40, 120, 200])
def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path: Path, kilobytes: int) -> None:
    """Wherever the disk fills up, the error has a hint, nothing half-made stays, and with room the run goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    world = World(disk)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no small disk can be mounted here")
    world.cast = World(tmp_path / "outside").cast
    try:
        with pytest.raises((StoreError, MediaError)) as caught:
            world.runner().run(world.drafts(8))
        assert caught.value.hint
        assert not [p for p in world.store.scratch.rglob("*") if p.is_file()]
        assert world.store.verify() == ()
        subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=True)
        done = set(rendered(world))
        world.events.clear()
        world.runner().run(world.drafts(8))
        assert done | set(rendered(world)) == {d.id for d in world.drafts(8)}
        assert not done & set(rendered(world))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
