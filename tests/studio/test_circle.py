"""What a person circles is what the film is made of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from charforge.media import frames

Run = Callable[..., Any]


def rewrite(episode: Path, old: str, new: str) -> None:
    """Change a word of the shot list."""
    text = episode.read_text("utf-8")
    assert old in text
    episode.write_text(text.replace(old, new), "utf-8")


def last_frame(episode: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the film's frame in the middle of its last shot."""
    path = episode.parents[1] / "build/e01/e01.mp4"
    return next(pixels for _, pixels in frames(path, [125]))


@pytest.fixture
def twice(rendered: Path, result: Run) -> Path:
    """Return an episode whose last shot was rendered in two wordings, which the fakes draw in two colours."""
    rewrite(rendered, "Theo waits.", "Theo yawns.")
    result("render", str(rendered))
    return rendered


def test_a_still_circled_after_the_film_was_finished_changes_the_film(twice: Path, charforge: Run, result: Run) -> None:
    """A finished film is not up to date once a person has chosen otherwise, and is again after the next render."""
    before = last_frame(twice)
    charforge("circle", "e01_s02_0010", "1", process=True)
    report = result("render", str(twice))
    assert report["shots"][2]["slate"] == "e01_s02_0010_t01"
    assert np.abs(last_frame(twice).astype(int) - before).mean() > 2
    assert result("render", str(twice))["up_to_date"]


def test_a_circled_clip_is_used_as_it_is(twice: Path, charforge: Run, result: Run) -> None:
    """The clip a person chose stands in the film, and nothing is rendered for it."""
    before = last_frame(twice)
    charforge("circle", "e01_s02_0010", "t01", "--of", "clip")
    report = result("render", str(twice))
    assert report["rendered"] == 0
    assert np.abs(last_frame(twice).astype(int) - before).mean() > 2


def test_a_circled_clip_of_another_length_is_made_anew(twice: Path, charforge: Run) -> None:
    """A choice that no longer fits its shot is said, and does not stop the film."""
    charforge("circle", "e01_s02_0010", "1", "--of", "clip")
    rewrite(twice, "duration: 30f", "duration: 36f")
    assert "another size or length" in charforge("render", str(twice)).stderr


def test_a_person_may_approve_what_qa_refused(stranger: Path, charforge: Run, result: Run) -> None:
    """A still that failed is circled by hand: its clip is made, and a clip circled by hand is in the film."""
    result("render", str(stranger), code=1)
    charforge("circle", "e01_s02_0010", "1")
    result("render", str(stranger), code=1)
    charforge("circle", "e01_s02_0010", "1", "--of", "clip")
    assert [row["verdict"] for row in result("render", str(stranger))["shots"]] == ["pass", "pass", "pass"]


def test_circling_prints_json_when_asked(episode: Path, result: Run) -> None:
    """The slate, the kind and the take's key are there for a program."""
    result("render", str(episode), "--stage", "stills")
    chosen = result("circle", "e01_s02_0010", "1")
    assert (chosen["slate"], chosen["kind"], len(chosen["take"])) == ("e01_s02_0010_t01", "still", 64)


def test_a_changed_room_tone_is_heard(episode: Path, charforge: Run, result: Run) -> None:
    """A sound file named in the settings is one of the files the film rests on."""
    import soundfile

    settings = episode.parents[1] / "charforge.yaml"
    settings.write_text(settings.read_text() + "tones: {cafe: hum.wav}\n")
    chance = np.random.default_rng(1)
    for loudness in (0.1, 0.2):
        noise = chance.normal(0, loudness, 48_000).clip(-1, 1)
        soundfile.write(episode.parents[1] / "hum.wav", noise, 48_000)
        assert not result("render", str(episode))["up_to_date"]
    assert result("render", str(episode))["up_to_date"]


def test_why_finds_the_shot_list_that_was_rendered(episode: Path, charforge: Run, result: Run) -> None:
    """A shot list may have another name than its episode, and lie elsewhere in the project."""
    elsewhere = episode.parents[1] / "first draft.yaml"
    episode.rename(elsewhere)
    assert "was never rendered" in charforge("why", "e01_s02_0010", code=2).stderr
    result("render", str(elsewhere))
    assert "up to date" in charforge("why", "e01_s02_0010", process=True).stdout
