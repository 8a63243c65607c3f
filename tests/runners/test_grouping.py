"""Takes that need the same weights are made together; a bad picture gets one more seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fakeworld import FRAMES, HEIGHT, WIDTH, BareHome, World

from charforge.backends import fake
from charforge.backends.protocols import Frames, Kit, Picture, Sound
from charforge.domain.jobs import Draft
from charforge.domain.timing import FrameRate
from charforge.errors import BackendMissing, BadOutput
from charforge.events import Noted
from charforge.runners import Runner, Toolbox

BLACK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


class Heavy:
    """A backend to which loading is dear: it writes down what it loads, and draws what it is told."""

    name = "fake"
    licence = extra = brings = ""
    weights: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    revision = "heavy"

    def __init__(self, *spoiled: int) -> None:
        """Take the seeds with which nothing usable comes out."""
        self.spoiled = spoiled
        self.loads: list[tuple[str, ...]] = []
        self.seeds: list[int] = []

    def resident(self, job: Any) -> tuple[str, ...]:
        """Name the weights, then the LoRA."""
        return job.settings.get("weights", ""), job.settings.get("lora", "")

    def still(self, job: Any, kit: Kit) -> Picture:
        """Load what the job needs, unless it is what was loaded last."""
        if self.loads[-1:] != [self.resident(job)]:
            self.loads.append(self.resident(job))
        self.seeds.append(job.seed)
        return Picture(BLACK if job.seed in self.spoiled else fake.gradient(job.width, job.height, str(job.seed)))

    def clip(self, job: Any, kit: Kit) -> Frames:
        """Give frames that are black from first to last where the seed is spoiled, else black at first."""
        light = fake.gradient(WIDTH, HEIGHT, "light")
        drawn = [BLACK, *[BLACK if job.seed in self.spoiled else light] * (FRAMES - 1)]
        rate = FrameRate.parse(job.rate).fps
        return Frames(rate, WIDTH, HEIGHT, "rgb24", iter([f.tobytes() for f in drawn]), FRAMES)

    def voice(self, job: Any, kit: Kit) -> Sound:
        """Give numbers that are none where the seed is spoiled."""
        samples = np.full(4800, np.nan if job.seed in self.spoiled else 0.1, np.float32)
        return Sound(samples, 24000)


class Only(Toolbox):
    """A toolbox that hands out one backend for everything but faces."""

    def __init__(self, backend: object) -> None:
        super().__init__(BareHome())
        self.backend = backend

    def get(self, role: str, name: str) -> Any:
        """Return the backend."""
        return super().get(role, name) if role == "face" else self.backend


def of(world: World, number: int, weights: str, lora: str) -> Draft:
    """Return a still that needs these weights and this LoRA."""
    draft = world.shot(number)[1]
    return draft.changed(job=draft.job.changed(settings={"weights": weights, "lora": lora}))


def run(world: World, backend: Heavy, *drafts: Draft) -> dict[str, Any]:
    """Make the drafts."""
    runner = Runner(world.store, world.ledger, Only(backend), world.cast.__getitem__, world.events.append)
    return runner.run(drafts)


def test_each_weights_are_loaded_once_and_each_adapter_once_with_them(world: World) -> None:
    """Twelve shots over two models and two LoRAs load four combinations, one model's after the other's."""
    backend = Heavy()
    run(world, backend, *(of(world, n, "ab"[n % 2], "xy"[n // 2 % 2]) for n in range(12)))
    assert sorted(backend.loads) == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert backend.loads[0][0] == backend.loads[1][0]


def test_what_is_loaded_is_used_first(world: World) -> None:
    """A later run on the same runner begins with the weights that are there."""
    backend = Heavy()
    runner = Runner(world.store, world.ledger, Only(backend), world.cast.__getitem__)
    runner.run((of(world, 1, "b", "x"),))
    runner.run((of(world, 2, "a", "x"), of(world, 3, "b", "x")))
    assert backend.loads == [("b", "x"), ("a", "x")]


def test_a_black_still_is_tried_once_more(world: World) -> None:
    """The next seed is used, said in an event and noted in the take."""
    draft = of(world, 1, "a", "x")
    backend = Heavy(draft.job.seed)
    take = run(world, backend, draft)[draft.id]
    assert backend.seeds == [draft.job.seed, draft.job.seed + 1]
    assert take.notes["seed"] == draft.job.seed + 1
    assert take.job == draft.job
    assert any(isinstance(e, Noted) and "tried once more" in e.text for e in world.events)


def test_black_twice_is_reported_and_nothing_is_kept(world: World) -> None:
    """The error names both seeds and what to look at."""
    draft = of(world, 1, "a", "x")
    seed = draft.job.seed
    with pytest.raises(BadOutput, match=rf"black all over, with the seed {seed} and again with {seed + 1}") as caught:
        run(world, Heavy(seed, seed + 1), draft)
    assert "dtype" in caught.value.hint
    assert list(world.store.listed()) == []


def test_a_clip_may_begin_black_and_not_stay_so(world: World) -> None:
    """One black frame is a choice, a black clip is none."""
    voice, still, clip = world.shot(1)
    given = world.runner().run((voice, still))
    runner = Runner(world.store, world.ledger, Only(Heavy()), world.cast.__getitem__)
    assert "seed" not in runner.run((clip,), given)[clip.id].notes
    spoiled = clip.changed(job=clip.job.changed(seed=50))
    runner = Runner(world.store, world.ledger, Only(Heavy(50)), world.cast.__getitem__)
    assert runner.run((spoiled,), given)[clip.id].notes["seed"] == 51


def test_a_sound_of_numbers_that_are_none_is_tried_once_more(world: World) -> None:
    """Speech too follows from a seed."""
    voice = world.shot(1)[0]
    assert run(world, Heavy(voice.job.seed), voice)[voice.id].notes == {"seed": voice.job.seed + 1}


def test_the_face_model_that_a_job_names_enters_its_key(world: World) -> None:
    """An embedding is made by the one model it was meant for, whose revision counts."""
    toolbox = Only(Heavy())
    toolbox.face = lambda model: fake.FakeFace(BareHome())  # type: ignore[assignment,method-assign]
    job = of(world, 1, "a", "x").job
    assert toolbox.revision(job) == "heavy"
    assert toolbox.revision(job.changed(settings={**job.settings, "face_model": "ab" * 32})) == "heavy|embedding=1"


def test_another_face_model_is_no_substitute(world: World) -> None:
    """A vector from any other model would pass silently, so there is none."""
    with pytest.raises(BackendMissing, match="no face backend runs the face model abababababab"):
        Toolbox(BareHome()).face("ab" * 32)
