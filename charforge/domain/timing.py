"""Time as whole frames and an exact rate; seconds appear only at the edges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

NTSC = {"23.976": Fraction(24000, 1001), "29.97": Fraction(30000, 1001), "59.94": Fraction(60000, 1001)}
"""Decimal rates that people write for the exact ones. Source: SMPTE ST 12-1."""

_WRITTEN = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?|[0-9]{1,6}/[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class FrameRate:
    """Frames per second, exact."""

    fps: Fraction

    @classmethod
    def parse(cls, text: str) -> FrameRate:
        """Return the rate in ``24``, ``23.976`` or ``24000/1001``; raise ValueError outside 1 to 240."""
        try:
            # Fraction also reads exponents, and would build a number of a billion digits from 1e999999999.
            fps = NTSC.get(text) or Fraction(text if _WRITTEN.fullmatch(text) else "")
        except (ValueError, ZeroDivisionError) as error:
            message = f"{text!r} is not a frame rate; write 24, 23.976 or 24000/1001"
            raise ValueError(message) from error
        if not 1 <= fps <= 240:
            message = f"a frame rate of {text} is outside 1 to 240"
            raise ValueError(message)
        return cls(fps)

    def frames(self, seconds: Fraction | float) -> int:
        """Return the nearest whole number of frames, halves rounded up."""
        return int(Fraction(seconds) * self.fps + Fraction(1, 2))

    def frames_covering(self, seconds: Fraction | float) -> int:
        """Return the smallest number of frames that last at least this long."""
        return -int(-(Fraction(seconds) * self.fps) // 1)

    def seconds(self, frames: int) -> Fraction:
        """Return how long this many frames last."""
        return frames / self.fps

    def timecode(self, frame: int) -> str:
        """Return non-drop timecode ``HH:MM:SS:FF`` of a frame, counted at the nominal rate."""
        nominal = -int(-self.fps // 1)
        seconds, frames = divmod(frame, nominal)
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"

    def __str__(self) -> str:
        """Return ``24`` or ``24000/1001``."""
        return str(self.fps)


@dataclass(frozen=True, slots=True, order=True)
class FrameRange:
    """A run of frames: from `start`, `length` of them."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The first frame after the range."""
        return self.start + self.length
