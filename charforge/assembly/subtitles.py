"""Writes the dialogue as subtitles, and the scenes as chapters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from charforge.domain.timing import FrameRate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from charforge.domain.cut import Cut, LineEvent

WIDTH = 42
"""Characters on a line. Source: Netflix timed text style guide, Latin scripts."""
LINES = 2
SHORTEST = 1000
"""Milliseconds a subtitle stays at least, where the next one leaves the room."""
LINGER = 300
"""Milliseconds a subtitle stays after its line, where the next one leaves the room."""
BREATH = 80
"""Milliseconds between two subtitles, so that the eye sees the change."""

_JOINERS = {0x200D, 0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)}
"""Code points that belong to the character before them: joiner, variation selectors, skin tones."""


@dataclass(frozen=True, slots=True)
class Subtitle:
    """One subtitle, in whole milliseconds of the programme."""

    start: int
    end: int
    text: str
    """One or two lines."""


def srt(cut: Cut) -> str:
    """Return the dialogue in SubRip form, its words as they are written."""
    return "".join(
        f"{number}\n{_clock(s.start)} --> {_clock(s.end)}\n{s.text}\n\n" for number, s in enumerate(subtitles(cut), 1)
    )


def plain(text: str) -> str:
    """Return SubRip text from which ffmpeg takes no mark-up: a word joiner, which nobody sees, opens each mark."""
    return re.sub(r"(<(?=[^ ])|\\|\{(?=\\))", "\\1\u2060", text)


def subtitles(cut: Cut) -> tuple[Subtitle, ...]:
    """Return the dialogue as subtitles that never overlap, in order of time."""
    rate = FrameRate.parse(cut.rate)
    end = _milliseconds(rate.seconds(cut.length()))
    parts = [part for line in sorted(cut.lines, key=lambda line: line.start) for part in _parts(line, rate)]
    made: list[Subtitle] = []
    free = 0
    for index, part in enumerate(parts):
        start = max(part.start, free)
        room = parts[index + 1].start - BREATH if index + 1 < len(parts) else end
        last = min(max(part.end + LINGER, start + SHORTEST), max(room, part.end), end)
        if index + 1 < len(parts):
            last = min(last, max(parts[index + 1].start, start + SHORTEST // 2))
        made.append(Subtitle(start, max(last, start + 1), part.text))
        free = made[-1].end
    return tuple(made)


def chapters(cut: Cut) -> str:
    """Return title and chapters as ffmetadata."""
    rate = FrameRate.parse(cut.rate)
    text = f";FFMETADATA1\ntitle={_escaped(cut.title)}\n"
    for chapter in cut.chapters:
        start, end = (_milliseconds(rate.seconds(f)) for f in (chapter.start, chapter.start + chapter.length))
        text += f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={_escaped(chapter.title)}\n"
    return text


def wrapped(text: str) -> tuple[str, ...]:
    """Return the text in lines of at most 42 characters, broken between words; only a longer word is cut."""
    lines: list[str] = []
    current = ""
    for word in _words(text):
        joined = f"{current} {word}" if current else word
        if len(joined) > WIDTH and current:
            lines.append(current)
            joined = word
        current = joined
    return (*lines, current) if current else tuple(lines)


def _parts(line: LineEvent, rate: FrameRate) -> Iterator[Subtitle]:
    """Yield the line in pieces of two rows, sharing its time by their length."""
    rows = _balanced(line.text)
    pieces = ["\n".join(rows[i : i + LINES]) for i in range(0, len(rows), LINES)]
    start = _milliseconds(rate.seconds(line.start))
    length = _milliseconds(rate.seconds(line.start + line.length)) - start
    total, done = sum(map(len, pieces)), 0
    for piece in pieces:
        begin = start + length * done // total
        done += len(piece)
        yield Subtitle(begin, start + length * done // total, piece)


def _balanced(text: str) -> tuple[str, ...]:
    """Return the wrapped text; two rows are made about equally long, since that reads faster than a full and a stub."""
    rows = wrapped(text)
    if len(rows) != LINES:
        return rows
    words = list(_words(text))
    splits = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    fitting = [s for s in splits if max(map(len, s)) <= WIDTH]
    return min(fitting, key=lambda s: (abs(len(s[0]) - len(s[1])), len(s[0])), default=rows)


def _words(text: str) -> Iterator[str]:
    for word in text.split():
        rest = word
        while len(rest) > WIDTH:
            cut = _boundary(rest, WIDTH)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _boundary(word: str, at: int) -> int:
    """Return the last place up to `at` where a cut splits no combined character."""
    for place in range(at, 0, -1):
        after, before = ord(word[place]), ord(word[place - 1])
        if not (unicodedata.combining(word[place]) or after in _JOINERS or before == 0x200D):
            return place
    return at


def _milliseconds(seconds: Fraction) -> int:
    return int(seconds * 1000 + Fraction(1, 2))


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d},{rest:03d}"


def _escaped(text: str) -> str:
    """Return a value for ffmetadata. Source: ffmpeg-formats(1), metadata."""
    return re.sub(r"([=;#\\\n])", r"\\\1", " ".join(text.split()))
