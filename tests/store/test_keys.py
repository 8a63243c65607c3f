"""A key names everything that decides a take's bytes, and nothing else."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from charforge.domain.jobs import ClipJob, Input, Job, RepairJob, StillJob, TakeOf, VoiceJob
from charforge.store import key

GOLDEN = Path(__file__).parent / "keys.json"
DIGEST = "0123456789abcdef" * 4
JOBS: dict[str, Job] = {
    "still": StillJob(
        backend="animatic",
        prompt="Mia in a café",
        seed=7,
        width=1920,
        height=1080,
        inputs=(Input(role="head", name="mia", source=DIGEST), Input(role="plate", source=DIGEST[::-1])),
        settings={"blocking": {"framing": "close", "head": 0.4, "people": [{"who": "mia", "turn": -12.5}]}},
    ),
    "clip": ClipJob(backend="animatic", width=1280, height=720, frames=48, rate="24000/1001"),
    "voice": VoiceJob(backend="kokoro", text="Let it settle first.", speed=0.95, settings={"noise": 0.667}),
    "repair": RepairJob(
        backend="fake", step="restore", box=(1, 2, 3, 4), inputs=(Input(role="picture", source=DIGEST),)
    ),
}

plain = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    plain | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
settings = st.dictionaries(st.text(max_size=6), values, max_size=5).filter(lambda s: _composed(s) is not None)


def _composed(value: Any) -> Any:
    """Return a value with its text composed, or None where that makes two names one."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        inner = [_composed(v) for v in value]
        return None if any(i is None and v is not None for i, v in zip(inner, value, strict=True)) else inner
    if isinstance(value, dict):
        inside = {unicodedata.normalize("NFC", k): _composed(v) for k, v in value.items()}
        lost = len(inside) < len(value) or any(
            i is None and v is not None for i, v in zip(inside.values(), value.values(), strict=True)
        )
        return None if lost else inside
    return value


def still(**fields: Any) -> StillJob:
    """Return a small job."""
    return StillJob(**{"backend": "fake", "width": 8, "height": 8, **fields})


@pytest.mark.parametrize("name", sorted(JOBS))
def test_keys_stay_as_they_are(name: str) -> None:
    """A key that changes throws away rendered work, so the known ones are written down."""
    assert key("animatic", "rev-1", JOBS[name]) == json.loads(GOLDEN.read_text())[name]


@given(settings, st.randoms())
def test_order_of_fields_does_not_matter(given_settings: dict[str, Any], random: Any) -> None:
    """Settings written in another order are the same settings."""
    items = list(given_settings.items())
    random.shuffle(items)
    assert key("fake", "1", still(settings=given_settings)) == key("fake", "1", still(settings=dict(items)))


@given(settings, st.text(max_size=6))
def test_none_means_as_before(given_settings: dict[str, Any], name: str) -> None:
    """A new setting left at None keeps old takes."""
    kept = {
        k: v for k, v in given_settings.items() if unicodedata.normalize("NFC", k) != unicodedata.normalize("NFC", name)
    }
    assert key("fake", "1", still(settings=kept)) == key("fake", "1", still(settings={**kept, name: None}))


@given(st.text(max_size=30))
def test_equal_looking_text_gives_equal_keys(text: str) -> None:
    """A prompt typed on another keyboard, composed or not, is the same prompt."""
    composed, split = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert key("fake", "1", still(prompt=composed)) == key("fake", "1", still(prompt=split))
    assert key("fake", "1", still(settings={"t": composed})) == key("fake", "1", still(settings={"t": split}))


@given(settings, settings)
def test_different_settings_give_different_keys(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Two jobs share a key only when their settings are the same."""
    same = key("fake", "1", still(settings=one)) == key("fake", "1", still(settings=other))
    assert same == (_told(one) == _told(other))


def _told(value: Any) -> str:
    def bare(v: Any) -> Any:
        if isinstance(v, dict):
            return {k: bare(x) for k, x in v.items() if x is not None}
        return [bare(x) for x in v] if isinstance(v, list) else v

    return json.dumps(bare(_composed(value)), sort_keys=True)


@given(settings)
def test_a_job_read_back_from_its_record_has_its_key(given_settings: dict[str, Any]) -> None:
    """Writing a job down and reading it again loses nothing that decides bytes."""
    job = still(settings=given_settings, prompt="x")
    again = TypeAdapter[Job](Job).validate_json(job.model_dump_json(exclude_none=True))
    assert key("fake", "1", again) == key("fake", "1", job)


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"prompt": "rain"},
        {"negative": "rain"},
        {"width": 9},
        {"height": 9},
        {"backend": "other"},
        {"settings": {"drift": 0.1}},
        {"inputs": (Input(role="head", name="mia", source=DIGEST),)},
    ],
)
def test_everything_that_changes_the_picture_changes_the_key(changed: dict[str, Any]) -> None:
    """Each field of a still decides its bytes."""
    assert key("fake", "1", still(**changed)) != key("fake", "1", still())


def test_backend_and_revision_cannot_be_mistaken_for_each_other() -> None:
    """Lengths are part of what is hashed, so that moved letters change the key."""
    assert len({key("ab", "c", still()), key("a", "bc", still()), key("abc", "", still())}) == 3


def test_a_symbolic_input_has_no_key() -> None:
    """A job that still waits for a take cannot be looked up."""
    with pytest.raises(ValueError, match="still waits for"):
        key("fake", "1", still(inputs=(Input(role="first", source=TakeOf(draft="s01/0010/still")),)))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_has_no_key(number: float) -> None:
    """NaN and infinity are refused rather than spelled in some way."""
    with pytest.raises(ValueError, match="JSON"):
        key("fake", "1", still(settings={"x": number}))
