"""The finished file, as a player sees it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filmset import BLUE, GREEN, RED, Stage, short_cut

from charforge.assembly import Finish, assemble
from charforge.assembly.master import master_arguments
from charforge.domain.cut import Card, LineEvent, Master, MusicEvent
from charforge.errors import AssemblyError, CharforgeError, InputError, StoreError
from charforge.events import Noted, Progressed, StageEnded, StageStarted, silent
from charforge.imaging import decode
from charforge.media import frames, loudness, probe, sound

QUICK = Finish(preset="ultrafast")


def made(stage: Stage, tmp_path: Path, **changes: Any) -> tuple[Master, Path]:
    """Return a short master and its path."""
    out = tmp_path / "out" / "e01.mp4"
    return assemble(short_cut(stage, **changes), stage.blob, out, silent, QUICK), out


def subprocess_id_that_ended() -> int:
    """Return the id of a process that is no more."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_master_holds_what_a_player_needs(finished: tuple[Master, Path]) -> None:
    """Size, rate, exact length, profile, colours, languages, chapters and title are in the file."""
    master, out = finished
    found = probe(out)
    assert (found.width, found.height, found.rate, found.frames) == (320, 180, 24, 144)
    assert master.frames == 144
    assert found.duration == 6
    assert (found.codec, found.pixel_format) == ("h264", "yuv420p")
    assert found.colour == ("tv", "bt709", "bt709", "bt709")
    assert [(a.codec, a.rate, a.channels, a.language) for a in found.audio] == [("aac", 48000, 2, "eng")]
    assert [(s.codec, s.language) for s in found.subtitles] == [("mov_text", "eng")]
    assert [(c.title, c.start, c.end) for c in found.chapters] == [
        ("One", 0, Fraction(9, 2)),
        ("Two", Fraction(9, 2), 6),
    ]
    assert found.metadata["title"] == "The Cup"


def test_index_stands_before_the_pictures(finished: tuple[Master, Path]) -> None:
    """The file plays while it is still being fetched."""
    _, out = finished
    data = out.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_loudness_and_peak_are_as_asked(finished: tuple[Master, Path]) -> None:
    """The AAC track measures -16 LUFS and stays under -1 dBTP, and the master says so."""
    master, out = finished
    heard = loudness(out)
    assert heard.integrated == pytest.approx(-16, abs=0.5)
    assert heard.true_peak <= -1
    assert (master.loudness, master.true_peak) == (heard.integrated, heard.true_peak)


def test_lines_start_at_their_frames(finished: tuple[Master, Path]) -> None:
    """Each line's sound sets in within 10 ms of its frame, a quarter of a frame."""
    _, out = finished
    heard = np.abs(sound(out, 48000)[:, 0])
    for frame in (32, 90):
        start = frame * 2000
        before = heard[start - 6000 : start - 2000].max()
        onset = start - 2000 + int(np.argmax(heard[start - 2000 :] > max(10 * before, 0.02)))
        assert abs(onset - start) < 480


def test_quiet_and_loud_voices_come_out_alike(finished: tuple[Master, Path]) -> None:
    """A voice recorded 14 dB lower than another is as loud in the master."""
    _, out = finished
    heard = sound(out, 48000)[:, 0]
    one, other = (np.sqrt(np.mean(heard[f * 2000 + 4000 : f * 2000 + 68000] ** 2)) for f in (32, 90))
    assert 20 * np.log10(one / other) == pytest.approx(0, abs=2.5)


def test_cuts_fades_and_dissolve_fall_on_their_frames(finished: tuple[Master, Path]) -> None:
    """First and last frames of each shot show it alone; the middle of the dissolve shows both."""
    _, out = finished
    seen = {i: p[90, 160].astype(int) for i, p in frames(out, [24, 30, 71, 72, 107, 111, 115, 143])}
    assert seen[24].max() < 12
    assert np.abs(seen[30] - np.array(RED) / 2).max() < 14
    for frame, colour in ((71, RED), (72, GREEN), (107, GREEN), (115, BLUE), (143, BLUE)):
        assert np.abs(seen[frame] - colour).max() < 12
    assert np.abs(seen[111] - (np.array(GREEN) + BLUE) / 2).max() < 14


def test_poster_is_the_chosen_frame(finished: tuple[Master, Path]) -> None:
    """The poster is a picture of the shot the cut names."""
    master, _ = finished
    pixels = decode(Path(master.poster))
    assert pixels.shape == (180, 320, 3)
    assert np.abs(pixels[90, 160].astype(int) - GREEN).max() < 6


AWKWARD = (
    """It's "100%" of a: b; c, d = e # f & g \\ h""",
    "<i>not slanted</i> {\\an8} {curly} a<b --> c",
    "42",
    "שלום, עולם! 2026",
    "قهوة من فضلك",
    "☕ 👩‍🚀 🏳️‍🌈",
    "Žluťoučký kůň, 你好",
)


def test_awkward_words_come_through(stage: Stage, tmp_path: Path) -> None:
    """Quotes, mark-up, numbers, right-to-left words and emoji are the same in the .srt, the title and the file."""
    cut, title = short_cut(stage), " ".join(AWKWARD)
    line = cut.lines[1].changed(length=18)
    lines = tuple(line.changed(text=text, start=18 * n) for n, text in enumerate(AWKWARD))
    out = tmp_path / "it's 100% [a]:b;ש☕" / "e 'x'.mp4"
    assemble(cut.changed(title=title, lines=lines, card=Card(text=title, length=24)), stage.blob, out, silent, QUICK)
    found = probe(out)
    embedded = [text.replace("\u2060", "").split() for _, _, text in found.subtitles[0].texts]
    assert embedded == [text.split() for text in AWKWARD]
    beside = out.with_suffix(".srt").read_text("utf-8").strip().split("\n\n")
    assert [block.split()[4:] for block in beside] == embedded
    assert found.metadata["title"] == title


def test_rate_of_23_976_keeps_every_frame(stage: Stage, tmp_path: Path) -> None:
    """An NTSC rate stays exact, in the number of frames and in the length."""
    stage.rate = "24000/1001"
    _, out = made(stage, tmp_path)
    found = probe(out)
    assert (found.rate, found.frames) == (Fraction(24000, 1001), 144)
    assert abs(found.duration - Fraction(144 * 1001, 24000)) < Fraction(1, 48)


def test_film_without_lines_or_card_has_no_subtitles_and_is_not_pulled_up(stage: Stage, tmp_path: Path) -> None:
    """A silent film keeps its quiet room tone."""
    cut = short_cut(stage)
    pictures = tuple(p.changed(start=p.start - 24) for p in cut.pictures)
    master, out = made(stage, tmp_path, card=None, lines=(), pictures=pictures, tones=(), poster=0)
    assert probe(out).subtitles == ()
    assert probe(out).frames == 120
    assert master.loudness < -30
    assert out.with_suffix(".srt").read_text() == ""


def test_music_that_is_missing_is_named_before_anything_is_written(stage: Stage, tmp_path: Path) -> None:
    """A cue without its file is an error in the input."""
    with pytest.raises(InputError, match=r"the sound gone\.flac is not there"):
        made(stage, tmp_path, music=(MusicEvent(file="gone.flac", start=0, length=144),))
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("length", [47, 50])
def test_clip_of_another_length_is_refused(stage: Stage, tmp_path: Path, length: int) -> None:
    """A clip that is shorter or longer than the cut says is named by its slate; nothing is left behind."""
    cut = short_cut(stage)
    first = cut.pictures[0].changed(blob=stage.clip(RED, length))
    with pytest.raises(AssemblyError, match="the clip of e01_s01_0010 has"):
        made(stage, tmp_path, pictures=(first, *cut.pictures[1:]))
    assert list((tmp_path / "out").iterdir()) == []


def test_clip_of_another_size_is_refused(stage: Stage, tmp_path: Path) -> None:
    """A clip at another size is named with both sizes."""
    cut = short_cut(stage)
    first = cut.pictures[0].changed(blob=stage.clip(RED, 48, (160, 90)))
    with pytest.raises(AssemblyError, match="is 160x90, the cut is 320x180"):
        made(stage, tmp_path, pictures=(first, *cut.pictures[1:]))


def test_dissolve_longer_than_the_handle_is_refused(stage: Stage, tmp_path: Path) -> None:
    """A dissolve needs as many handle frames as it is long."""
    cut = short_cut(stage)
    second = cut.pictures[1].changed(blob=stage.clip(GREEN, 36), tail=0)
    with pytest.raises(AssemblyError, match="0 handle frames, the dissolve after it needs 7"):
        made(stage, tmp_path, pictures=(cut.pictures[0], second, cut.pictures[2]))


def test_folder_that_cannot_be_written(stage: Stage, tmp_path: Path) -> None:
    """A path through a file is a clear error."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        assemble(short_cut(stage), stage.blob, tmp_path / "file" / "e01.mp4", silent, QUICK)


def test_full_disk_keeps_the_old_master(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last step fails the finished film of before is still there, and the scratch is gone."""
    out = tmp_path / "out" / "e01.mp4"
    out.parent.mkdir()
    out.write_bytes(b"the film of before")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("charforge.assembly.master.publish", full)
    with pytest.raises(StoreError, match="No space left on device") as caught:
        assemble(short_cut(stage), stage.blob, out, silent, QUICK)
    assert caught.value.hint.startswith("free some space")
    assert out.read_bytes() == b"the film of before"
    assert list(out.parent.iterdir()) == [out]


def test_scratch_of_a_killed_run_is_swept_away(stage: Stage, tmp_path: Path) -> None:
    """What a killed run left beside the film goes with the next one; a living run's scratch stays."""
    dead = subprocess_id_that_ended()
    left, alive = tmp_path / f".e[0]1.{dead}-abc", tmp_path / f".e[0]1.{os.getpid()}-abc"
    for folder in (left, alive):
        folder.mkdir()
        (folder / "film.mp4").write_bytes(b"half")
    assemble(short_cut(stage), stage.blob, tmp_path / "e[0]1.mp4", silent, QUICK)
    assert (left.exists(), alive.exists()) == (False, True)


def test_failing_ffmpeg_shows_its_last_lines(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the encoder refuses, its words are in the error."""
    monkeypatch.setattr(
        "charforge.assembly.master.master_arguments",
        lambda *_: ["-f", "rawvideo", "-video_size", "320x180", "-i", "pipe:0", "-c:v", "nonsense", "-y", "x.mp4"],
    )
    with pytest.raises(CharforgeError, match="Unknown encoder 'nonsense'"):
        made(stage, tmp_path)


def test_reporter_is_told_every_step(stage: Stage, tmp_path: Path) -> None:
    """A stage starts with its frames, moves on to the last one, and ends; letters without a glyph are noted."""
    seen = []
    cut = short_cut(stage, card=Card(text="𒀀", length=24))
    assemble(cut, stage.blob, tmp_path / "e01.mp4", seen.append, QUICK)
    assert seen[0] == StageStarted("assemble", 144, "frames")
    assert any(isinstance(e, Noted) and "𒀀" in e.text for e in seen)
    assert [e.done for e in seen if isinstance(e, Progressed)][-1] == 144
    assert isinstance(seen[-1], StageEnded)


def test_overlapping_lines_are_mixed(stage: Stage, tmp_path: Path) -> None:
    """Two people who talk at once are both heard, and their subtitles do not overlap."""
    cut = short_cut(stage)
    second = LineEvent(who="theo", text="No.", blob=cut.lines[1].blob, start=50, length=36)
    _, out = made(stage, tmp_path, lines=(cut.lines[0], second))
    one, other = probe(out).subtitles[0].texts
    assert one[1] <= other[0]


def test_arguments_of_the_master(stage: Stage) -> None:
    """The one encode of the master is called with these arguments."""
    made = master_arguments(short_cut(stage), Path("work"), Finish(), Path("work/film.mp4"))
    assert " ".join(made) == (
        "-f rawvideo -pixel_format yuv420p -video_size 320x180 -framerate 24 -i pipe:0 "
        "-i work/sound.m4a -f ffmetadata -i work/chapters.txt -f srt -sub_charenc UTF-8 -i work/embedded.srt "
        "-map 0:v -map 1:a -map_metadata 2 -map_chapters 2 -map 3:s "
        "-vf setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709 "
        "-c:v libx264 -profile:v high -preset medium -crf 18 -pix_fmt yuv420p -g 48 -c:a copy "
        "-c:s mov_text -metadata:s:s:0 language=eng -disposition:s:0 default "
        "-metadata:s:a:0 language=eng -movflags +faststart -y work/film.mp4"
    )
