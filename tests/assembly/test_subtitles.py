"""Subtitles and chapters as text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from charforge.assembly.subtitles import chapters, srt, subtitles, wrapped
from charforge.domain.cut import Chapter, Cut, LineEvent, PictureEvent

LONG = "I thought you'd have dropped it by now, and yet here it is, on the table, between the two of us, mended twice."


def cut_of(*lines: tuple[str, int, int], length: int = 2400, rate: str = "24") -> Cut:
    """Return a cut with these lines: text, first frame, frames."""
    return Cut(
        episode="e01",
        title="T",
        language="eng",
        rate=rate,
        width=64,
        height=36,
        pictures=(PictureEvent(slate="e01_s01_0010", scene="s01", blob="a" * 64, start=0, length=length),),
        lines=tuple(LineEvent(who="mia", text=t, blob="b" * 64, start=s, length=n) for t, s, n in lines),
        chapters=(Chapter(title="a=b; #c\\d", start=0, length=length),),
    )


def test_srt_is_numbered_and_timed() -> None:
    """The file has numbers from 1, commas in its times, and a blank line after each subtitle."""
    assert srt(cut_of(("You're late.", 24, 36), ("Only eleven years.", 120, 48))) == (
        "1\n00:00:01,000 --> 00:00:02,800\nYou're late.\n\n2\n00:00:05,000 --> 00:00:07,300\nOnly eleven years.\n\n"
    )


def test_times_follow_the_exact_rate() -> None:
    """At 23.976 an hour's last line is 3.6 s later than at 24."""
    cut = cut_of(("Late.", 86400, 24), length=90000, rate="23.976")
    assert subtitles(cut)[0].start == 3_603_600


def test_short_line_stays_a_second() -> None:
    """A one-word line stays long enough to be read, where there is room."""
    (one,) = subtitles(cut_of(("No.", 24, 5)))
    assert one.end - one.start == 1000


def test_short_line_makes_way_for_the_next() -> None:
    """Where the next line follows at once, the first one ends before it."""
    one, other = subtitles(cut_of(("No.", 24, 5), ("Yes.", 36, 24)))
    assert one.end <= other.start == 1500


def test_long_line_is_shared_out() -> None:
    """A long line becomes several subtitles of two rows, one after another, over the whole line."""
    made = subtitles(cut_of((LONG, 24, 240)))
    assert len(made) == 2
    assert " ".join(" ".join(s.text.split()) for s in made) == LONG
    assert (made[0].start, made[-1].end) == (1000, 11300)


def test_two_rows_are_about_equal() -> None:
    """A line that needs two rows is split near its middle."""
    (one,) = subtitles(cut_of(("I thought you'd have dropped it by now, really.", 0, 48)))
    assert one.text == "I thought you'd have\ndropped it by now, really."


def test_emoji_sequences_are_never_cut() -> None:
    """A word longer than a row is cut between whole characters."""
    family = "👩‍👩‍👧‍👦" * 12
    for row in wrapped(family):
        assert not row.startswith(("\u200d", "\ufe0f"))
        assert not row.endswith("\u200d")
    assert "".join(wrapped(family)) == family


LINES = st.lists(
    st.tuples(st.text(min_size=1, max_size=300).filter(str.strip), st.integers(0, 2000), st.integers(1, 400)),
    min_size=1,
    max_size=12,
)


@given(LINES)
@settings(max_examples=150, deadline=None)
def test_subtitles_never_overlap_and_keep_every_word(lines: list[tuple[str, int, int]]) -> None:
    """Whatever is said whenever: rows of at most 42, two at most, times in order, all the characters there."""
    cut = cut_of(*lines)
    made = subtitles(cut)
    for one, other in pairwise(made):
        assert one.start < one.end <= other.start
    assert all(len(s.text.split("\n")) <= 2 and max(map(len, s.text.split("\n"))) <= 42 for s in made)
    spoken = "".join("".join(line.text.split()) for line in sorted(cut.lines, key=lambda line: line.start))
    assert "".join("".join(s.text.split()) for s in made) == spoken


def test_chapters_are_escaped() -> None:
    """Signs that mean something in ffmetadata are escaped."""
    assert "title=a\\=b\\; \\#c\\\\d\n" in chapters(cut_of(("x", 0, 24)))
    assert "START=0\nEND=100000\n" in chapters(cut_of(("x", 0, 24)))
