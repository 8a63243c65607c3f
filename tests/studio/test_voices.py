"""A character is given a voice, hears whose it resembles, and keeps it as long as the same weights speak."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile

from charforge.errors import InputError
from charforge.events import Event, Noted, silent
from charforge.planner import Pins
from charforge.studio.check import check
from charforge.studio.library import lock
from charforge.studio.plan import plan
from charforge.studio.voicing import Wish, change

MIA = "library/characters/mia"
PILOT = Path(__file__).parents[2] / "library/characters"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a project with the pilot's two people, whose voices Kokoro speaks."""
    for name in ("mia", "theo"):
        shutil.copytree(PILOT / name, tmp_path / "library/characters" / name)
    (tmp_path / "charforge.yaml").write_text("threads: 1\n", "utf-8")
    lock(tmp_path)
    return tmp_path


@pytest.mark.models
@pytest.mark.usefixtures("voices")
def test_a_blend_becomes_the_voice_and_is_compared(own: Path) -> None:
    """Style, recipe and sample are written; the weights are named; the other voice is measured against it."""
    told = change(own, "mia", Wish(blend={"af_heart": 3, "bf_emma": 1}, text="You kept it."), silent)
    (pair,) = told.alike
    assert (told.engine, pair.one, pair.other) == ("kokoro", "mia", "theo")
    assert not pair.mistakable
    written = (own / MIA / "character.yaml").read_text("utf-8")
    assert "model: 6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb" in written
    assert "crooked = " in written
    assert "voices: {af_heart: 3, bf_emma: 1}" in (own / MIA / "voice/blend.yaml").read_text("utf-8")
    _, rate = soundfile.read(own / MIA / "voice/sample.flac")
    assert rate == 24_000


@pytest.mark.models
@pytest.mark.usefixtures("home")
def test_two_of_one_voice_are_told(own: Path) -> None:
    """Somebody who speaks with another's voice is taken for them, by the number."""
    shutil.copyfile(own / MIA / "voice/mia.f32", own / "library/characters/theo/voice/theo.f32")
    line = "You kept it, and I never knew where it was."
    change(own, "mia", Wish(text=line), silent)
    (pair,) = change(own, "theo", Wish(text=line), silent).alike
    assert pair.mistakable
    assert pair.value >= pair.limit


def test_speed_and_pitch_change_what_is_spoken(episode: Path, charforge: Callable[..., Any]) -> None:
    """They are locked with the voice and reach every line; the voice itself stays."""
    root = episode.parents[1]
    before = next(d.job for d in plan(episode, Pins()).drafts if d.id == "s01/0010/line/1")
    said = charforge("library", "voice", "mia", "--speed", "0.8", "--pitch", "-2")
    lock(root)
    after = next(d.job for d in plan(episode, Pins()).drafts if d.id == "s01/0010/line/1")
    assert (before.pitch, after.speed, after.pitch) == (None, 0.8, -2)
    assert "is replaced" not in said.stderr
    assert after.inputs == before.inputs


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody", "--speed", "1"), "no character 'nobody'"),
        (("mia", "--speed", "9"), "not between 0.3 and 3"),
        (("mia", "--pitch", "30"), "not between -12 and 12"),
        (("mia", "--blend", "af_hart=1"), "did you mean af_heart"),
        (("mia", "--blend", "af_heart=0"), "is not above 0"),
        (("mia", "--blend", "af_heart=much"), "is not a voice and its share"),
        (("mia", "--blend", "af_heart=0.6,af_heart=0.4"), "is in it twice"),
        (("mia", "--blend", "af_heart=1", "--speaker", "p225"), "cannot be a speaker of an engine's own too"),
        (("mia", "--blend", "af_heart=1", "--model", "fake"), "cannot be the model fake too"),
        (("mia", "--model", "kokoros"), "did you mean kokoro"),
        (("mia", "some.wav", "--pitch", "1"), "a recording is itself the voice"),
    ],
)
def test_what_cannot_be_spoken_is_refused(
    episode: Path, charforge: Callable[..., Any], words: tuple[str, ...], told: str
) -> None:
    """Nothing is written, and the words say what to type instead."""
    file = episode.parents[1] / MIA / "character.yaml"
    before = file.read_bytes()
    assert told in " ".join(charforge("library", "voice", *words, code=2).stderr.replace("│", " ").split())
    assert file.read_bytes() == before


def test_a_voice_that_is_replaced_is_told(episode: Path) -> None:
    """Another speaker takes the place of the style, and the words say so."""
    events: list[Event] = []
    change(episode.parents[1], "mia", Wish(speaker="p225"), events.append)
    assert [event.text for event in events if isinstance(event, Noted)] == [
        "the former voice of mia is replaced: fake (voice/style.f32)"
    ]


def test_a_shared_voice_is_not_changed(episode: Path) -> None:
    """It is said to be shared, not to be missing."""
    root = episode.parents[1]
    shutil.copytree(root / "library", root.parent / "shared")
    shutil.rmtree(root / MIA)
    lock(root)
    with (root / "charforge.yaml").open("a") as settings:
        settings.write('libraries: ["../shared"]\n')
    with pytest.raises(InputError, match="lies in the shared library"):
        change(root, "mia", Wish(speed=0.9), silent)


def test_other_weights_than_the_locked_ones_are_found_before_anything_is_spoken(episode: Path) -> None:
    """The check names the character, both weights, and what to type."""
    root = episode.parents[1]
    file = root / MIA / "character.yaml"
    text = file.read_text("utf-8").replace("voice: {engine: fake,", f"voice: {{engine: fake, model: {'ab' * 32},", 1)
    assert "model: abab" in text
    file.write_text(text, "utf-8")
    lock(root)
    told = " ".join(check(episode).errors)
    assert "mia's voice was locked with other weights of fake: abababababab" in told
    assert "charforge library voice mia" in told
