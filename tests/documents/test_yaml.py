"""Strict YAML: text stays text, places are kept, bombs are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.documents import yaml
from charforge.documents.yaml import Mapping, Scalar, Sequence, parse, plain
from charforge.errors import InputError, Problem

AMBIGUOUS = [
    "0040",
    "0o17",
    "16:9",
    "23:59:59",
    "on",
    "off",
    "no",
    "yes",
    "True",
    "1e3",
    "1_000",
    ".inf",
    ".nan",
    "0x1F",
]
"""Plain words that YAML 1.1 or 1.2 loaders turn into something else."""


def refused(text: str | bytes) -> Problem:
    """Return the first problem that a text is refused with."""
    with pytest.raises(InputError) as caught:
        parse(text if isinstance(text, bytes) else text.encode(), "e01.yaml")
    return caught.value.problems[0]


@pytest.mark.parametrize("word", [*AMBIGUOUS, "2026-11-21", "<<", "=", "1.10"])
def test_a_plain_word_stays_the_text_that_was_written(word: str) -> None:
    """No plain scalar becomes a number, a time, a truth value or a merge."""
    assert plain(parse(f"id: {word}\n".encode()).root) == {"id": word}


@given(st.sampled_from(AMBIGUOUS) | st.from_regex(r"[0-9]{1,8}([:.][0-9]{1,4})?", fullmatch=True))
def test_quoted_and_unquoted_ids_are_the_same_text(word: str) -> None:
    """Quoting changes how a word is marked, never what it is."""
    bare, quoted = parse(f"- {word}\n- '{word}'\n".encode()).root.items  # type: ignore[union-attr]
    assert bare == Scalar(word, 1, plain=True)
    assert quoted == Scalar(word, 2, plain=False)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\ufffe\uffff"), max_size=60))
def test_any_text_in_double_quotes_survives(text: str) -> None:
    """Right-to-left text, emoji, quotes and percent signs come back as they were written."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\u2028", "\\L").replace("\u2029", "\\P")
    assert plain(parse(f'text: "{escaped}"\n'.encode()).root) == {"text": text}


@given(
    st.recursive(
        st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=4)
            | st.dictionaries(st.text("abcdef", min_size=1, max_size=4), inner, min_size=1, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_any_tree_of_text_is_read_back(value: object) -> None:
    """What is written in flow style, which JSON shares, is read as the same tree."""
    import json

    assert plain(parse(json.dumps(value).encode()).root) == value


@pytest.mark.parametrize("word", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_none_only_when_it_is_not_quoted(word: str) -> None:
    """An empty value and a plain null are nothing; the same words in quotes are text."""
    assert plain(parse(f"- {word}\n- '{word}'\n".encode()).root) == [None, word]


def test_every_node_knows_its_line() -> None:
    """Keys, values and collections carry the line where they start."""
    root = parse(b"a: 1\nb:\n  - x\n  - {c: y}\n").root
    assert isinstance(root, Mapping)
    assert root.lines == {"a": 1, "b": 2}
    items = root.fields["b"]
    assert isinstance(items, Sequence)
    assert [item.line for item in items.items] == [3, 4]


def test_the_line_of_a_place_falls_back_to_what_is_above_it() -> None:
    """A place that is not there has the line of its nearest parent."""
    root = parse(b"a:\n  b:\n    c: 1\n").root
    assert yaml.line_of(root, ("a", "b", "c")) == 3
    assert yaml.line_of(root, ("a", "b", "missing")) == 2
    assert yaml.node_at(root, ("a", "b", "missing")) is None


def test_all_duplicate_keys_are_reported_with_both_lines() -> None:
    """Each second key is one problem that names the first one's line."""
    document = parse(b"a: 1\nb: {c: 1, c: 2}\na: 2\n", "e01.yaml")
    assert [(p.line, p.message) for p in document.problems] == [
        (2, "the key 'c' is here twice; it first stands on line 2"),
        (3, "the key 'a' is here twice; it first stands on line 1"),
    ]


def test_reading_refuses_duplicate_keys(tmp_path: Path) -> None:
    """The plain reader raises where the tree reader reports."""
    path = tmp_path / "e.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(InputError, match="twice"):
        yaml.read(path)


def test_an_alias_stands_for_its_anchor() -> None:
    """Aliases are allowed; they share the anchored value."""
    assert plain(parse(b"a: &m {who: mia}\nb: *m\n").root) == {"a": {"who": "mia"}, "b": {"who": "mia"}}


def test_an_alias_bomb_is_refused_without_being_expanded() -> None:
    """Nine levels of nine aliases stand for 387 million values and are refused at once."""
    levels = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 9)]
    problem = refused("\n".join(levels))
    assert "aliases stand for more than" in problem.message
    assert problem.line == 6


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: &x [1, *x]\n", 1, "contains itself"),
        ("a: 1\nb: *nobody\n", 2, "no anchor"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "tag"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("", 0, "empty"),
        ("# only a comment\n", 0, "empty"),
        ("a: [1, 2\nb: 3\n", 2, "not YAML"),
        ("a: 1\nb: {{mia}}\n", 2, "key must be text"),
        ('a: 1\nb: "x\\0y"\n', 2, "U+0000"),
        ("a: 1\nb: \x07\n", 2, "U+0007"),
    ],
)
def test_what_is_not_a_plain_document_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    """Each refusal says what and where."""
    try:
        problems = parse(text.encode(), "e01.yaml").problems
    except InputError as error:
        problems = error.problems
    assert words in problems[0].message
    assert problems[0].line == line


def test_a_tab_that_indents_is_named() -> None:
    """The message says tab, not that a token cannot start."""
    problem = refused("scenes:\n\t- id: s01\n")
    assert (problem.line, problem.message) == (2, "a tab is used to indent")
    assert "spaces" in problem.hint


def test_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    """Latin-1 bytes are reported where they stand."""
    problem = refused(b"title: ok\ntext: caf\xe9\n")
    assert problem.line == 2
    assert "0xE9" in problem.message


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    """Files from editors that write a mark are read."""
    assert plain(parse(b"\xef\xbb\xbfa: 1\n").root) == {"a": "1"}


def test_deep_nesting_is_refused() -> None:
    """A thousand open brackets end at the limit, not in a crash."""
    assert "levels deep" in refused("[" * 1000).message


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    """A sparse file of 100 MB is refused before a byte of it is read."""
    path = tmp_path / "huge.yaml"
    with path.open("wb") as stream:
        stream.truncate(100_000_000)
    with pytest.raises(InputError, match=r"100\.0 MB"):
        yaml.load(path)


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    """A mistyped name is answered with the file that was probably meant."""
    (tmp_path / "pilot.yaml").write_text("a: 1")
    with pytest.raises(InputError, match=r"did you mean .*pilot\.yaml\?"):
        yaml.load(tmp_path / "pilto.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder given as a file is an input error, not a crash."""
    with pytest.raises(InputError, match="cannot be read"):
        yaml.load(tmp_path)


def test_a_flood_of_problems_is_cut_short() -> None:
    """A file of nothing but duplicate keys is answered with a hundred of them and a word about the rest."""
    with pytest.raises(InputError) as caught:
        parse(b"a: 1\n" * 50_000, "e01.yaml")
    assert len(caught.value.problems) == yaml.MAX_PROBLEMS + 1
    assert "may be more" in caught.value.problems[-1].message
