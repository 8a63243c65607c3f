"""Every mistake of a shot list, at its line, with a suggestion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from charforge.domain.script import Episode
from charforge.errors import InputError, Problem
from charforge.shotlist import read_episode

Refused = Callable[[str], list[Problem]]

MANY = """\
charforge: 1
episode: e01
cast: {mia: mia@2, theo: theo@1}
scens: []
scenes:
  - id: s03
    location: coffee-shop/night
    shots:
      - id: 0040
        framng: medium
        framing: medum
        characters: [{who: mai, turn: 200}]
        lines: [{who: tom, text: "🎉!"}]
        duration: 4
      - id: 0040
        framing: close
        framing: wide
        characters: {who: mia}
        transition: {kind: dissolve, frames: 100}
        duration: 48f
        lines: [{who: bob, text: hi, voice_over: on}]
"""


def test_all_mistakes_of_a_file_are_told_at_once_in_order(refused: Refused) -> None:
    """Reading, schema and sense are checked together; nothing hides behind another mistake."""
    found = [(p.line, p.message) for p in refused(MANY)]
    wanted = [
        (4, "unknown key 'scens'"),
        (7, "a place and its light are two words"),
        (10, "unknown key 'framng'"),
        (11, "framing: 'medum' is not one of"),
        (12, "turn: '200' must be less than"),
        (12, "'mai' is not in the cast"),
        (13, "no letter or digit"),
        (14, "'4' is not a duration"),
        (15, "the shot id 0040 is used twice"),
        (17, "the key 'framing' is here twice"),
        (18, "a list is wanted, not a mapping"),
        (19, "a dissolve of 100 frames is longer"),
        (21, "'on' is neither true nor false"),
        (21, "'bob' is not in the cast"),
    ]
    assert [line for line, _ in found] == [line for line, _ in wanted]
    assert [words for (_, told), (_, words) in zip(found, wanted, strict=True) if words not in told] == []


def test_the_message_of_a_mistake_reads_like_a_compilers(tmp_path: Path) -> None:
    """file:line: what (did you mean …?), then a hint."""
    path = tmp_path / "e.yaml"
    path.write_text("charforge: 1\nepisode: e\nscenes:\n- id: s\n  shots: [{id: 1, framing: clos, duration: 1s}]\n")
    with pytest.raises(InputError) as caught:
        read_episode(path)
    first, blank, hint = str(caught.value).split("\n")
    assert first.startswith(f"{path}:5: framing: 'clos' is not one of ")
    assert first.endswith("(did you mean close?)")
    assert blank == ""
    assert hint.startswith("hint: ")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{framing: wide, duration: 1s}", "the shot has no id"),
        ("{id: 1, duration: 1s}", "the shot has no framing"),
        ("{id: 1_0, framing: wide}", "not a shot id"),
        ("{id: 1, framing: wide, duration: 0f}", "less than a frame"),
        ("{id: 1, framing: wide, duration: 0.01s}", "less than a frame"),
        ("{id: 1, framing: wide, duration: 1e3s}", "not a duration"),
        ("{id: 1, framing: wide, duration: -4s}", "not a duration"),
        ("{id: 1, framing: wide, duration: [4s]}", "duration: text is wanted, not a list"),
        ("{id: 1, framing: wide, lines: }", "lines: a list is wanted, not nothing"),
        ("{id: 1, framing: wide, move: push-in}", "move: a mapping (key: value) is wanted, not 'push-in'"),
        ("{id: 1, framing: wide, move: {amount: 0.6}}", "less than or equal to 0.5"),
        ("{id: 1, framing: wide, move: {amount: nan}}", "'nan' is not a number"),
        ("{id: 1, framing: wide, cues: [{music: ../theme.flac}]}", "not a file within the project"),
        ("{id: 1, framing: wide, cues: [{music: /theme.flac}]}", "not a file within the project"),
        ("{id: 1, framing: wide, props: [Cup]}", "'Cup' is not an asset name"),
        ("{id: 1, framing: close, characters: [{who: mia}, {who: mia}]}", "mia is in this shot twice"),
        (
            "{id: 1, framing: wide, characters: [{who: mia, position: left}, {who: theo, position: left}]}",
            "theo and mia are both at left",
        ),
        ("{id: 1, framing: two-shot, characters: [{who: mia}]}", "a two-shot shows two characters, not 1"),
        ("{id: 1, framing: insert, characters: [{who: mia}]}", "a shot without faces lists characters"),
        ("{id: 1, framing: wide, faces: none, characters: [{who: mia}]}", "a shot without faces lists characters"),
        ("{id: 1, framing: insert, faces: expected}", "an insert shows no face"),
        ("{id: 1, framing: close, lines: [{who: theo, text: hi}]}", "theo speaks but is not in the shot"),
        ("{id: 1, framing: close, lines: [{who: ann, text: hi, voice_over: true}]}", "'ann' is not in the cast"),
        ("{id: 1, framing: close, lines: [{who: mia, text: '…?!'}]}", "no letter or digit"),
        ("{id: 1, framing: close, lines: [{who: mia, text: ''}]}", "no letter or digit"),
        ("{id: 1, framing: close, lines: [{who: mia}]}", "'text' is missing"),
        ("{id: 1, framing: wide, transition: {kind: dissolve, frames: 6}}", "nothing to dissolve from"),
        ("{id: 1, framing: wide, transition: {kind: fade-in}}", "a fade-in needs a length"),
        ("{id: 1, framing: wide, transition: {kind: cut, frames: 3}}", "a cut takes no time"),
        ("{id: 1, framing: wide, transition: {kind: fade-in, frames: 3, duration: 1s}}", "not both"),
        ("{id: 1, framing: wide, duration: 9f, transition: {kind: fade-out, frames: 10}}", "longer than its shot of 9"),
    ],
)
def test_a_wrong_shot_is_refused_where_it_stands(shot: Refused, text: str, words: str) -> None:
    """Each mistake is the only one told, at line 10."""
    (problem,) = shot(text)
    assert words in problem.message
    assert problem.line == 10


def test_more_than_four_people_are_refused(shot: Refused) -> None:
    """The limit of characters in a shot is four."""
    people = ", ".join(["{who: mia}"] * 5)
    assert shot(f"{{id: 1, framing: wide, characters: [{people}]}}")[0].message.startswith("5 characters in one shot")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("episode: e\nscenes: [{id: s, shots: [{id: 1, framing: wide}]}]\n", "'charforge' is missing"),
        ("charforge: 1\nscenes: [{id: s, shots: [{id: 1, framing: wide}]}]\n", "'episode' is missing"),
        ("charforge: 1\nepisode: e\n", "there are no scenes"),
        ("charforge: 1\nepisode: e\nscenes: [{id: s}]\n", "scene s has no shots"),
        ("charforge: 1\nepisode: e\nscenes: [{shots: [{id: 1, framing: wide}]}]\n", "the scene has no id"),
        (
            "charforge: 2\nepisode: e\nscenes: [{id: s, shots: [{id: 1, framing: wide}]}]\n",
            "charforge: '2' is not one of 1",
        ),
        ("- charforge\n", "a mapping (key: value) is wanted, not a list"),
    ],
)
def test_a_wrong_head_is_refused(refused: Refused, text: str, words: str) -> None:
    """What the file as a whole lacks is told."""
    (problem,) = refused(text)
    assert words in problem.message


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("video: {rate: 0}", "outside 1 to 240"),
        ("video: {rate: 1/0}", "not a frame rate"),
        ("video: {rate: 1e99999999}", "not a frame rate"),
        ("video: {size: 1920x1081}", "both sides must be even"),
        ("video: {size: 60000x60000}", "both sides must be even and between 64 and 7680"),
        ("video: {size: big}", "not a picture size"),
        ("language: en", "write eng"),
        ("season: two", "'two' is not a whole number"),
        ("title_card: {text: x, duration: 0f}", "less than a frame"),
        ("title_card: {subtitle: x}", "'text' is missing"),
        ("cast: {Mia: mia@1}", "'Mia' is not a name"),
        ("cast: {mia: mia@0}", "'mia@0' is not an asset name"),
    ],
)
def test_a_wrong_setting_is_refused(refused: Refused, head: str, words: str) -> None:
    """Each wrong setting is told at its line."""
    rest = "scenes: [{id: s, shots: [{id: 1, framing: wide}]}]"
    (problem,) = refused(f"charforge: 1\nepisode: e\n{head}\n{rest}\n")
    assert words in problem.message
    assert problem.line == 3


def test_a_scene_id_used_twice_names_the_first(refused: Refused) -> None:
    """Scenes of one episode have different ids."""
    scene = "- {id: s01, shots: [{id: 1, framing: wide}]}\n"
    (problem,) = refused(f"charforge: 1\nepisode: e\nscenes:\n{scene}{scene}")
    assert (problem.line, problem.message) == (5, "the scene id s01 is used twice; it first stands on line 4")


def test_shots_of_different_scenes_may_share_an_id(read: Callable[[str], Episode]) -> None:
    """A slate names the scene as well."""
    scenes = "".join(f"- {{id: s{i}, shots: [{{id: 0010, framing: wide}}]}}\n" for i in (1, 2))
    assert len(read(f"charforge: 1\nepisode: e\nscenes:\n{scenes}").shots()) == 2


def test_a_missing_shot_list_is_an_input_error(tmp_path: Path) -> None:
    """The exit code of a mistyped file is the user's, not the machine's."""
    with pytest.raises(InputError, match="no such file"):
        read_episode(tmp_path / "e99.yaml", cache=tmp_path)


def test_a_mistyped_character_is_one_mistake(shot: Refused) -> None:
    """Who speaks is not held against a shot whose people are not known yet."""
    (problem,) = shot("{id: 1, framing: close, characters: [{who: tho}], lines: [{who: theo, text: hi}]}")
    assert (problem.message, problem.hint) == ("'tho' is not in the cast", "did you mean theo?")
