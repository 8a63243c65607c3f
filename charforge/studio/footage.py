"""Hears the sound of a finished clip or film, whatever made it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from charforge import media
from charforge.backends.protocols import FaceBackend, LandmarkBackend
from charforge.domain.takes import Finding
from charforge.qa.hearing.ear import whole
from charforge.qa.hearing.levels import levels
from charforge.qa.hearing.limits import limits
from charforge.qa.hearing.lips import AROUND, lips, spoken
from charforge.qa.hearing.mouths import followed
from charforge.studio.hearing import heard

RATE = 16_000
"""Samples a second at which loudness is followed."""


def sounding(file: Path) -> tuple[Finding, ...]:
    """Return whether a file's sound is clipped or wholly silent; nothing for one without sound. Raises MediaError.

    Pauses are a film's own business, and so is how it ends.
    """
    if not media.probe(file).audio:
        return ()
    return tuple(whole(levels(heard(file)), limits()))


def mouthing(file: Path, finder: FaceBackend, landmarks: LandmarkBackend) -> tuple[Finding, ...]:
    """Return the lines of a clip of one shot that nobody's mouth says in time; raise MediaError.

    Whatever is loud counts as a line: music and noise over silent people are told, too.
    """
    found = media.probe(file)
    if not found.audio or not found.frames:
        return ()
    sound = heard(file, RATE)
    lines = spoken(sound)
    limit = limits().lips
    wanted: list[int] = []
    due = 0.0
    for number in range(found.frames):
        time = found.time(number)
        if time >= due and any(line.start - AROUND <= time <= line.end + AROUND for line in lines):
            wanted.append(number)
            due = time + 1 / limit.per_second - 1e-6
    frames = ((found.time(number), pixels) for number, pixels in media.frames(file, wanted))
    mouths = followed(frames, finder, landmarks)
    return tuple(_numbered(lips(mouths, sound, lines, limit), found))


def _numbered(findings: Iterator[Finding], clip: media.Probe) -> Iterator[Finding]:
    """Yield findings with the frame that they were made at; a face that is only numbered is nobody's."""
    for finding in findings:
        frame = None if finding.time is None else clip.frame(finding.time)
        yield finding.changed(frame=frame, who="")
