"""What every trainer promises."""

from __future__ import annotations

import pytest
from contract_samples import Case, Desk

from charforge.checkpoints import header


def test_gives_a_safetensors_file(case: Case) -> None:
    """The result is one whole file of tensors, with the word that it was taught."""
    job = case.job()
    made = case.backend.train(job, case.desk)
    file = case.desk.scratch / "learned.safetensors"
    file.write_bytes(made.weights)
    found = header(file)
    assert found.shapes
    assert job.trigger.encode() in made.weights[:100_000]


def test_same_job_gives_the_same_file(case: Case) -> None:
    """Bytes and notes follow from the job alone, whatever was trained before."""
    one = case.backend.train(case.job(), case.desk)
    other_seed = case.backend.train(case.job(seed=2), case.desk)
    again = case.backend.train(case.job(), case.desk)
    assert one == again
    assert one.weights != other_seed.weights


class _Impatient(Desk):
    """A desk at which somebody presses Ctrl-C."""

    def step(self, done: int, total: int) -> None:
        """Stop after the first step."""
        super().step(done, total)
        if done:
            raise KeyboardInterrupt


def test_can_be_stopped(case: Case) -> None:
    """A stop is obeyed between two steps, and the next training is as if nothing had been."""
    whole = case.backend.train(case.job(), case.desk)
    with pytest.raises(KeyboardInterrupt):
        case.backend.train(case.job(), _Impatient(case.desk.scratch, case.desk.toolbox, files=case.desk.files))
    assert case.backend.train(case.job(), case.desk) == whole


CHECKS = (test_gives_a_safetensors_file, test_same_job_gives_the_same_file, test_can_be_stopped)
