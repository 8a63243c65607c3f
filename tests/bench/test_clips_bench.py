"""Clips are put together so that what is right and what is planted is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from charforge import imaging
from charforge.bench.clips import WHAT, Set, case, figure, wilson
from charforge.bench.footage import EXTENT, LENGTH, Actor, Person, Scene, photographed
from charforge.domain.jobs import ExpectedFace
from charforge.errors import InputError
from charforge.qa.calibration import Bar, Calibration
from charforge.qa.rules import Company, Sighting

CALIBRATION = Calibration(
    judge="test",
    bars={"frontal": Bar(bar=0.5), "three-quarter": Bar(bar=0.5), "profile": Bar(bar=0.5)},
    fix_band=0.2,
    stranger=0.1,
)
GREY = np.full((64, 64, 3), 200, np.uint8)


def stage(*, alike: bool = False) -> Set:
    """Return four people whose faces are told apart by the models, or not at all."""
    people = tuple(Person(name, GREY, (GREY,)) for name in "abcd")
    faces = tuple(ExpectedFace(who=p.name, asset=p.name, master=p.digest) for p in people)
    strips = {}
    for number in range(4):
        vector = np.eye(4, dtype=np.float32)[0 if alike else number]
        values = tuple(0.9 if alike or number == other else 0.05 for other in range(4))
        face = Sighting((300, 100, 60, 80), 0.0, 30.0, 0.7, 0.95, values, vector=vector)
        strips |= {(number, condition): ((face,),) * 7 for condition in range(6)}
    return Set(people, strips, Company(faces, (None,) * 4, CALIBRATION), lambda a, b: float(a @ b))


@pytest.mark.parametrize("kind", WHAT)
def test_a_perfect_model_finds_what_is_planted_and_nothing_else(kind: str) -> None:
    """Every kind comes to what it is, and swapped people are told as swapped."""
    verdicts = [case(stage(), kind, number) for number in range(12)]
    good = kind in {"good", "together", "frame"}
    assert {v[0] for v in verdicts} == {"pass" if good else "fail"}
    if "exchanged" in kind:
        assert all({f.code for f in v[1]} == {"swapped"} for v in verdicts)


def test_a_blind_model_catches_nobody() -> None:
    """Where everybody is the same to the models, the bench says so."""
    shown = figure("whole", [case(stage(alike=True), "whole", number) for number in range(12)])
    assert shown.value == 0.0
    assert "0 of 12" in shown.note


@pytest.mark.parametrize(
    ("hits", "count", "expected"), [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (50, 100, (0.4038, 0.5962))]
)
def test_intervals_are_wilsons(hits: int, count: int, expected: tuple[float, float]) -> None:
    """The interval of a share is that of the published tables."""
    assert wilson(hits, count) == pytest.approx(expected, abs=1e-4)


def test_a_scene_shows_its_people_where_they_are_put() -> None:
    """Judged frames are those of a clip, each of the right size, with the head where it is at that time."""
    scene = Scene(
        plate=np.zeros((90, 160, 3), np.uint8),
        actors=lambda _: (Actor((GREY,), (0.25, 0.5), 0.5, drift=(0.5, 0.0)),),
        light=(1.0, 0.5, 1.0),
        blur=0.0,
        noise=0.0,
        quality=95,
    )
    frames = dict(scene.frames())
    assert sorted(frames) == [0, 6, 12, 18, 24, 30, 35]
    first, last = frames[0], frames[LENGTH - 1]
    assert first.shape == (EXTENT[1], EXTENT[0], 3)
    assert first[180, 160] == pytest.approx([200, 100, 200], abs=6)
    assert last[180, 160].max() < 10
    assert last[180, 470] == pytest.approx([200, 100, 200], abs=6)


def test_people_of_a_folder_need_two_pictures(tmp_path: Path) -> None:
    """The first picture by name is the master; who has only one is left out, and three people are needed."""
    for who, pictures in {"a": 2, "b": 3, "c": 1}.items():
        (tmp_path / who).mkdir()
        for number in range(pictures):
            (tmp_path / who / f"{number}.png").write_bytes(imaging.encode_png(GREY))
    with pytest.raises(InputError, match="fewer than three"):
        photographed(tmp_path)
    (tmp_path / "c" / "1.png").write_bytes(imaging.encode_png(GREY))
    assert [(p.name, len(p.views)) for p in photographed(tmp_path)] == [("a", 1), ("b", 2), ("c", 1)]
