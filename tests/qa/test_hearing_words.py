"""What is written and what is heard, brought to one spelling and compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.backends.protocols import Word
from charforge.qa.hearing.spelling import alike, spelled
from charforge.qa.hearing.wording import compared

TEXT = st.text("abcdefgh '5,.", max_size=40)


def heard(text: str) -> tuple[Word, ...]:
    """Return the words of a text, each half a second after the last."""
    return tuple(Word(w, n / 2, n / 2 + 0.4, 0.9) for n, w in enumerate(text.split()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("There are 14 steps.", "there are fourteen steps"),
        ("I don't know, it's late!", "I do not know. Its late"),
        ("on the 3rd of May", "on the third of may"),
        ("the twenty-first", "the 21st"),
        ("It costs $25.", "it costs twenty-five dollars"),
        ("1,200 people", "one thousand two hundred people"),
        ("a hundred times", "100 times"),
        ("three hundred and five", "305"),
        ("You\u2019re 5% late", "you're five percent late"),
        ("We cannot; we won't.", "We can not. We will not."),
    ],
)
def test_two_spellings_of_one_line_are_one(one: str, other: str) -> None:
    """Numbers, contractions, money and signs are written one way."""
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Nobody has lived here since 1987.", "Nobody has lived here since nineteen eighty-seven."),
        ("The ferry leaves at 6:45.", "The ferry leaves at six forty-five."),
        ("It doesn't work anymore.", "It does not work any more."),
        ("I like the colour of the theatre.", "I like the color of the theater."),
        ("Theo came by.", "Tio came by."),
        ("He has 1904 reasons.", "He has one thousand nine hundred and four reasons."),
    ],
)
def test_what_sounds_the_same_is_no_fault(script: str, words: str) -> None:
    """Years, times, joined words, other spellings and names as they are heard."""
    assert compared(script, heard(words)).faults() == ()


def test_the_word_error_rate_counts_words() -> None:
    """One word of four missing, and one of four too many, are a quarter each; all the words are 0."""
    script = "Bring back the cup."
    assert compared(script, heard("Bring back the cup")).errors == 0
    assert compared(script, heard("Bring back cup")).errors == pytest.approx(0.25)
    assert compared(script, heard("Bring back the the cup")).errors == pytest.approx(0.25)
    assert compared(script, ()).errors == 1


@pytest.mark.parametrize("said", ["quiet for school", "quiet a school", "quiet fora school too"])
def test_a_small_word_is_not_swallowed_by_its_neighbour(said: str) -> None:
    """One that is missing before a longer word is missing."""
    assert compared("Quiet for a school.", heard(said)).faults()


def test_a_missing_word_stands_where_it_should_be_heard() -> None:
    """Its time is the end of the word before it."""
    (fault,) = compared("Bring back the cup.", heard("Bring the cup")).faults()
    assert (fault.kind, fault.script, fault.time) == ("missing", ("back",), 0.4)


def test_numbers_are_not_taken_for_one_another() -> None:
    """Fifteen is not fifty, however alike they sound."""
    assert compared("It costs 15 dollars.", heard("It costs 50 dollars")).faults()
    assert alike("15", "50") == 0


def test_other_languages_keep_their_words() -> None:
    """English numbers and contractions are not read into German."""
    assert spelled("Die Nacht hat zwölf Stunden, one.", "deu") == ("die", "nacht", "hat", "zwölf", "stunden", "one")


@given(TEXT)
def test_a_line_never_differs_from_itself(text: str) -> None:
    """However it is written."""
    assert compared(text, heard(text)).faults() == ()
    assert compared(text, heard(text)).errors == 0


@given(TEXT, TEXT)
def test_every_word_is_accounted_for(script: str, said: str) -> None:
    """The edits hold the script's words in their order, and what was heard in its own."""
    wording = compared(script, heard(said))
    assert tuple(w for e in wording.edits for w in e.script) == spelled(script)
    assert tuple(h.text for e in wording.edits for h in e.heard) == spelled(" ".join(said.split()))
