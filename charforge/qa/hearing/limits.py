"""The limits of what is heard, as `limits.yaml` says them."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import yaml

from charforge.domain.value import Text, Value

if TYPE_CHECKING:
    from charforge.backends.protocols import SpeakerBackend


class VoiceBar(Value):
    """The bar of lines with at least so much speech."""

    seconds: float
    bar: float


class WordLimits(Value):
    """By how much a line must be likelier with other words than with the script's; natural logarithms."""

    dropped: float
    """Without one word."""
    maybe: float
    """With one word twice, where it is worth a closer look."""
    doubled: float
    """With one word twice, looked at closely."""
    other: float
    """With the words of the transcript."""


class LipLimits(Value):
    """When lips move with what is heard."""

    per_second: int
    """Frames looked at for each second of speech."""
    least: float
    """Correlation of mouth and speech, at the best lag, below which they have nothing to do with each other."""
    swing: float
    """How much a mouth opens and shuts at least that speaks, over the distance of the outer eye corners."""
    farthest: float
    """Seconds of lag that are tried."""
    usual: float
    """Seconds by which a mouth follows loudness where both belong together."""
    latest: float
    """Seconds of lag beyond that, before or after, that may be."""
    idle: float
    """How much a mouth may open and shut that says nothing."""


class Limits(Value):
    """Every limit of hearing."""

    version: Text
    repeated: float
    """Seconds that a short line is repeated for before its voice is compared."""
    voices: dict[str, tuple[VoiceBar, ...]]
    """Speaker backend -> bars by seconds of speech, fewest first."""
    clipped: float
    leading: float
    trailing: float
    inner: float
    ending: float
    words: WordLimits
    lips: LipLimits

    def bar(self, speaker: SpeakerBackend, seconds: float) -> float | None:
        """Return the bar for so much speech; None where it is too little to tell a voice.

        A backend that nobody measured has its own bar.
        """
        bars = self.voices.get(speaker.name)
        if bars is None:
            return speaker.bar
        return next((b.bar for b in reversed(bars) if seconds >= b.seconds), None)


@cache
def limits() -> Limits:
    """Return the shipped limits."""
    text = (resources.files("charforge.qa.hearing") / "limits.yaml").read_text("utf-8")
    return Limits.model_validate(yaml.safe_load(text))
