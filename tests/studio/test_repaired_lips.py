"""The lips of a clip are judged on what is said in it, also once a face in it was repaired."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import soundfile
from pilot_house import LIBRARY, desk_of

from charforge import imaging, media
from charforge.domain.assets import Mark, View
from charforge.domain.blocking import Blocking, Person, Speech
from charforge.domain.jobs import ClipJob, Draft, ExpectedFace, Input, RepairJob
from charforge.domain.takes import Take
from charforge.imaging.frames import RGB, Frames
from charforge.studio.desk import Desk
from charforge.studio.repaired import as_repaired

pytestmark = pytest.mark.models

SIDE, COUNT, RATE = 320, 48, 48_000
EPISODE = """\
charforge: 1
episode: small
title: Small
language: eng
video: {rate: 24, size: 640x360}
cast: {mia: mia@1}
scenes:
  - id: s01
    location: coffee-shop@1
    light: golden-hour
    shots:
      - {id: "0010", framing: close, view: window, characters: [{who: mia}], action: "Mia.", duration: 48f}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, home: object) -> Desk:
    """Return the desk of a shot that mia is in."""
    return desk_of(tmp_path_factory.mktemp("small"), EPISODE)


def frame(number: int) -> RGB:
    """Return mia's head as it wanders over grey with a shut mouth."""
    head = imaging.decode(LIBRARY / "characters/mia/headshot/front.png")
    pixels = np.full((SIDE, SIDE, 3), 118, np.uint8)
    pixels[50:270, 40 + number // 2 : 260 + number // 2] = cv2.resize(head, (220, 220), interpolation=cv2.INTER_AREA)
    return pixels


def line(folder: Path) -> bytes:
    """Return a second of uneven syllables."""
    t = np.arange(RATE) / RATE
    soundfile.write(folder / "line.flac", 0.4 * np.abs(np.sin(np.pi * 4 * t**1.3)) * np.sin(1130 * t), RATE)
    return (folder / "line.flac").read_bytes()


def filmed(desk: Desk, folder: Path) -> tuple[Draft, Take]:
    """Return a clip over which a line of mia's is heard, and its take in the store."""
    mia = desk.library.character("mia", 1)
    assert mia is not None
    path = folder / "given.mkv"
    media.encode_clip(Frames(Fraction(24), SIDE, SIDE, "rgb24", (frame(n).data for n in range(COUNT)), COUNT), path)
    blocking = Blocking(
        framing="close",
        view=View(name="window", marks={}),
        people=(Person(who="mia", mark=Mark(x=0.5, y=0.5, head=0.6, depth=1)),),
        speech=(Speech(who="mia", name="mia/1", start=12),),
    )
    voice = Input(role="voice", name="mia/1", source=desk.store.blobs.put(line(folder)))
    settings = {"blocking": blocking.model_dump(mode="json", exclude_none=True)}
    job = ClipJob(
        backend="animatic", width=SIDE, height=SIDE, frames=COUNT, rate="24", inputs=(voice,), settings=settings
    )
    draft = Draft(
        id="s01/0010/clip", shot="s01/0010", stage="clip", job=job, expected=(ExpectedFace.of(mia, "mia"),),
        faces="expected",
    )  # fmt: skip
    data = path.read_bytes()
    take = Take(
        key="e" * 64, job=job, blob=desk.store.blobs.put(data), media="video/x-matroska", size=len(data),
        backend="animatic", revision="1", width=SIDE, height=SIDE, frames=COUNT,
    )  # fmt: skip
    desk.store.add(take)
    return draft, take


def repaired(desk: Desk, take: Take) -> Take:
    """Return a take that is the first with a face repaired, which is all that its job says."""
    clip = Input(role="clip", source=take.blob)
    job = RepairJob(backend="transfer", step="transfer", box=(40, 50, 220, 220), track=(), inputs=(clip,))
    return take.changed(key="f" * 64, job=job, parents=(take.key,))


def test_a_mouth_that_is_shut_while_its_line_is_heard_is_found_also_after_a_repair(desk: Desk, tmp_path: Path) -> None:
    """The repaired take's job names no line; the take that it was made from does. Whose mouth, and when, is told."""
    draft, take = filmed(desk, tmp_path)
    mended = repaired(desk, take)
    for each in (take, mended):
        (found,) = (f for f in desk.verdict(draft, each).findings if f.code == "lips")
        assert (found.who, found.time, found.frame) == ("mia", 0.5, 12)
        assert found.message == "mia's mouth does not move while this is heard"


def test_the_lips_of_a_repaired_clip_are_not_judged_when_what_it_was_is_gone(desk: Desk, tmp_path: Path) -> None:
    """Nobody knows any more what is said in it."""
    draft, take = filmed(desk, tmp_path)
    gone = repaired(desk, take).changed(parents=("d" * 64,))
    assert "lips" not in {f.code for f in desk.verdict(draft, gone).findings}


def test_a_repaired_take_is_compared_with_what_it_and_its_repair_were_shown(desk: Desk, tmp_path: Path) -> None:
    """The plate that it was made on, by which it is told whether it is sharp, and the repair's own pictures."""
    _, take = filmed(desk, tmp_path)
    plate, master = (Input(role=role, source=take.blob) for role in ("plate", "master"))
    made = take.changed(key="c" * 64, job=take.job.changed(inputs=(plate,)))
    desk.store.add(made)
    clip = Input(role="clip", source=take.blob)
    repair = repaired(desk, made)
    mended = repair.changed(job=repair.job.changed(inputs=(clip, master)))
    assert [i.role for i in as_repaired(desk.store, mended).inputs] == ["plate", "master"]
    assert as_repaired(desk.store, made) == made.job
