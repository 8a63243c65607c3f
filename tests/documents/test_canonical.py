"""One spelling of a JSON value."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.documents import canonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcxyz", max_size=4), JSON, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    """Two spellings of one object give the same bytes."""
    assert canonical(value) == canonical(dict(reversed(value.items())))


@given(JSON)
def test_canonical_json_is_read_back_as_the_same_value(value: object) -> None:
    """Nothing but the composition of characters changes."""
    text = canonical(value).decode()
    assert text == unicodedata.normalize("NFC", text)
    assert canonical(json.loads(text)) == canonical(value)


def test_equal_looking_text_is_equal() -> None:
    """Composed and decomposed letters give one key."""
    assert canonical({"who": "Zoe\u0301"}) == canonical({"who": "Zo\u00e9"})


def test_it_has_no_spaces_and_keeps_letters() -> None:
    """The form is the shortest one, in UTF-8."""
    assert canonical({"b": [1, 2.5, (True, None)], "a": "é"}) == '{"a":"é","b":[1,2.5,[true,null]]}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"e\u0301": 1, "\u00e9": 2}])
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    """NaN, infinity and keys that become the same are errors."""
    with pytest.raises(ValueError, match=r"JSON|keys"):
        canonical(value)


@pytest.mark.parametrize("value", [{1: "a"}, {"a": object()}, b"bytes"])
def test_what_is_not_json_is_refused(value: object) -> None:
    """Other types are errors, never quietly turned into text."""
    with pytest.raises(TypeError):
        canonical(value)
