"""YAML as a person would write it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from charforge.documents.emit import WIDTH, emit
from charforge.documents.yaml import parse, plain

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=30)
WORDS = TEXT | st.sampled_from(
    ["on", "null", "~", "-25", "1e3", "0040", "- a", "a: b", "#x", "16:9", "{", "*a", "@1", "..."]
)
TREES = st.recursive(
    WORDS | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=4) | st.lists(TREES, min_size=1, max_size=4))
@example({"a": [{"file": "x" * 130, "fit": {"x": "1"}}, [["y" * 130]]]})
@example({"k" * 130: ["v" * 130]})
def test_what_is_written_is_read_back(value: object) -> None:
    """Any tree of text survives writing and reading."""
    assert plain(parse(emit(value).encode()).root) == value


def test_short_parts_stand_on_one_line_and_lists_of_mappings_on_several() -> None:
    """The shape is the one that people write."""
    value = {"name": "mia", "rights": {"licence": "CC0-1.0"}, "versions": [{"id": "1"}, {"id": "2", "extends": "1"}]}
    assert emit(value) == "name: mia\nrights: {licence: CC0-1.0}\nversions:\n  - {id: 1}\n  - {id: 2, extends: 1}\n"


@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["x", "words of text"]), min_size=1), min_size=1
    )
)
def test_lines_are_short_where_they_can_be(value: list[dict[str, str]]) -> None:
    """No line of short words is wider than a page."""
    assert max(len(line) for line in emit({"items": value}).splitlines()) <= WIDTH


@pytest.mark.parametrize("word", ["mia@2", "headshot/front.png", "-25", "Take it. Bring it back"])
def test_plain_words_need_no_quotes(word: str) -> None:
    """Names, paths, numbers and simple sentences stand bare."""
    assert emit({"a": word}) == f"a: {word}\n"
