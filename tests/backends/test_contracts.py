"""Every installed backend keeps the contract of its role."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import contract_clip
import contract_common
import contract_face
import contract_generator
import contract_landmark
import contract_matte
import contract_repair
import contract_speaker
import contract_still
import contract_train
import contract_transcript
import contract_voice
import pytest
from contract_samples import TINY, BareHome, Case, Desk
from tiny import pack

from charforge import weights
from charforge.backends import registry
from charforge.backends.protocols import ROLES
from charforge.domain.models import OwnModel
from charforge.errors import BackendMissing, WeightsError
from charforge.runners import Toolbox
from charforge.weights import LocalHome

SUITES: dict[str, tuple[Callable[[Case], None], ...]] = {
    "still": contract_still.CHECKS,
    "clip": contract_clip.CHECKS,
    "voice": contract_voice.CHECKS,
    "face": contract_face.CHECKS,
    "matte": contract_matte.CHECKS,
    "landmark": contract_landmark.CHECKS,
    "generator": contract_generator.CHECKS,
    "repair": contract_repair.CHECKS,
    "speaker": contract_speaker.CHECKS,
    "train": contract_train.CHECKS,
    "transcript": contract_transcript.CHECKS,
}
CHOSEN = {"face": "sface"}
BARE = {("still", "animatic"), ("clip", "animatic"), ("still", "blender")}
"""Backends whose sample job needs no model file."""


def installed() -> list[Any]:
    """Return a parameter for each check of each installed backend; one that loads models is marked so."""
    found = []
    for role, checks in SUITES.items():
        for name in registry.listed(role):
            marks = () if name == "fake" or name in TINY or (role, name) in BARE else pytest.mark.models
            found += [
                pytest.param(role, name, check, id=f"{role}-{name}-{check.__name__[5:]}", marks=marks)
                for check in (*contract_common.CHECKS, *checks)
            ]
    return found


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> LocalHome:
    """Return a home whose project names a tiny random model for every backend that brings none."""
    folder = tmp_path_factory.mktemp("tiny")
    made = {name: build(folder / name) for name, build in TINY.items()}
    trained_on = {"inswapper": {"face_model": pack.recogniser(made["insightface"])}}
    own = {
        name: OwnModel(name, path, weights.digest(path, folder=folder), trained_on.get(name, {}))
        for name, path in made.items()
    }
    return LocalHome(threads=1, models=own)


@pytest.fixture(scope="session")
def ear() -> None:
    """Fetch the model files of the transcript, which the embedded set does not hold; without them it is skipped."""
    with suppress(WeightsError, BackendMissing):
        weights.pull(registry.backend_class("transcript", "whisper").weights)


@pytest.fixture(scope="session")
def toolboxes(request: pytest.FixtureRequest) -> Callable[[str, str], Toolbox]:
    """Return a lookup of toolboxes: without model files, with those of the shared cache, and with tiny models."""
    made: dict[str, Toolbox] = {}

    def toolbox(role: str, name: str) -> Toolbox:
        kind = "tiny_home" if name in TINY else "bare" if name == "fake" or (role, name) in BARE else "home"
        if kind not in made:
            try:
                home = BareHome() if kind == "bare" else request.getfixturevalue(kind)
            except WeightsError as error:
                pytest.skip(f"model files cannot be had: {error.message}")
            made[kind] = Toolbox(home, {"face": "insightface"} if kind == "tiny_home" else CHOSEN)
        return made[kind]

    return toolbox


@pytest.mark.parametrize(("role", "name", "check"), installed())
@pytest.mark.usefixtures("ear")
def test_contract(
    role: str,
    name: str,
    check: Callable[[Case], None],
    toolboxes: Callable[[str, str], Toolbox],
    tmp_path: Path,
) -> None:
    """A backend keeps one promise of its role."""
    toolbox = toolboxes(role, name)
    try:
        backend = toolbox.get(role, name)
        toolbox.fetched(backend)
    except BackendMissing as error:
        pytest.skip(error.message)
    (tmp_path / "scratch").mkdir()
    check(Case(role, name, backend, Desk(tmp_path / "scratch", toolbox, tuple(backend.needs))))


def test_every_role_with_a_backend_has_a_suite() -> None:
    """No installed backend is left untried."""
    assert {role for role in ROLES if registry.listed(role)} <= set(SUITES)
