"""Makes the master: one encode of the pictures, with sound, subtitles, chapters and poster."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from charforge.assembly.card import card_frames
from charforge.assembly.grading import Grade, grade_filters
from charforge.assembly.lettering import missing
from charforge.assembly.mix import mix
from charforge.assembly.picture import programme
from charforge.assembly.stems import lay
from charforge.assembly.subtitles import chapters, plain, srt
from charforge.documents import sha256
from charforge.domain.cut import Master
from charforge.domain.timing import FrameRate
from charforge.errors import AssemblyError, StoreError
from charforge.events import Noted, Progressed, StageEnded, StageStarted
from charforge.imaging import encode_png
from charforge.media.clips import BT709, raw_input
from charforge.media.files import publish
from charforge.media.probe import probe
from charforge.media.reading import rgb_of
from charforge.media.run import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from charforge.domain.cut import Cut
    from charforge.events import Reporter
    from charforge.imaging.frames import RGB
    from charforge.media.loudness import Loudness

STAGE = "assemble"


@dataclass(frozen=True, slots=True)
class Finish:
    """How the master is made."""

    root: Path = Path()
    """The folder in which the cut's music and room tones lie."""
    loudness: float = -16.0
    """LUFS, integrated."""
    peak: float = -1.0
    """dBTP, at most."""
    crf: int = 18
    preset: str = "medium"
    grade: Grade | None = None


def assemble(cut: Cut, blob: Callable[[str], Path], out: Path, reporter: Reporter, finish: Finish = Finish()) -> Master:
    """Write `out` (an .mp4), and beside it its .srt and poster; nothing changes there until all is finished.

    Raises AssemblyError when clips do not fit the cut, InputError when music is missing, StoreError when the folder
    cannot be written, MediaError when ffmpeg fails.
    """
    began = monotonic()
    reporter(StageStarted(STAGE, cut.length(), "frames"))
    unknown = missing(cut.card.text + cut.card.subtitle) if cut.card else ""
    if unknown:
        reporter(Noted(f"the title card has characters without a glyph: {unknown}"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        with tempfile.TemporaryDirectory(prefix=f".{out.stem}.{os.getpid()}-", dir=out.parent) as scratch:
            master = _Making(cut, blob, Path(scratch), reporter, finish).make(out)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise StoreError(message, "free some space, or choose a folder that can be written to") from error
    reporter(StageEnded(STAGE, monotonic() - began))
    return master


def _sweep(out: Path) -> None:
    """Remove the scratch folders of runs that were killed."""
    for left in out.parent.glob(f".{glob.escape(out.stem)}.*-*"):
        number = left.name.removeprefix(f".{out.stem}.").split("-")[0]
        if number.isdigit() and not _alive(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Making:
    """One master in the making, in a scratch folder on the disk it will lie on."""

    def __init__(self, cut: Cut, blob: Callable[[str], Path], folder: Path, reporter: Reporter, finish: Finish) -> None:
        self.cut, self.blob, self.folder, self.reporter, self.finish = cut, blob, folder, reporter, finish

    def make(self, out: Path) -> Master:
        film, text, poster = (self.folder / name for name in ("film.mp4", "film.srt", "poster.png"))
        heard = self._sound(self.folder / "sound.m4a")
        text.write_text(srt(self.cut), "utf-8")
        (self.folder / "embedded.srt").write_text(plain(srt(self.cut)), "utf-8")
        (self.folder / "chapters.txt").write_text(chapters(self.cut), "utf-8")
        arguments = master_arguments(self.cut, self.folder, self.finish, film)
        run(arguments, stdin=self._pictures(poster), progress=self._progress)
        self._check(film)
        digest = sha256(film)
        size = film.stat().st_size
        # Where the film was given a name of its own, other films may lie beside it.
        picture = "poster.png" if out.stem == self.cut.episode else f"{out.stem}-poster.png"
        final = {text: out.with_suffix(".srt"), poster: out.with_name(picture), film: out}
        for made, name in final.items():
            publish(made, name)
        return Master(
            path=str(out),
            subtitles=str(final[text]),
            poster=str(final[poster]),
            frames=self.cut.length(),
            loudness=heard.integrated,
            true_peak=heard.true_peak,
            size=size,
            digest=digest,
        )

    def _sound(self, path: Path) -> Loudness:
        stems = lay(self.cut, self.blob, self.finish.root, self.folder)
        heard = mix(stems, path, target=self.finish.loudness, peak=self.finish.peak)
        for stem in stems:
            stem.unlink()
        return heard

    def _pictures(self, poster: Path) -> Iterator[bytes | memoryview]:
        card = self.cut.card
        first = card_frames(card, self.cut.width, self.cut.height) if card else ()
        chosen = min(self.cut.poster, self.cut.length() - 1)
        for index, frame in enumerate(programme(self.cut, self.blob, first)):
            if index == chosen:
                self._poster(rgb_of(frame), poster)
            yield frame.reshape(-1).data

    def _poster(self, pixels: RGB, poster: Path) -> None:
        """Write the poster, graded as the programme is."""
        poster.write_bytes(encode_png(pixels, level=6))
        filters = grade_filters(self.finish.grade) if self.finish.grade else []
        if not filters:
            return
        plain = self.folder / "plain.png"
        poster.replace(plain)
        coded = ["scale=out_color_matrix=bt709:out_range=tv", "format=yuv420p", *filters, "scale=in_color_matrix=bt709"]
        run(["-i", str(plain), "-vf", ",".join([*coded, "format=rgb24"]), "-frames:v", "1", "-y", str(poster)])

    def _progress(self, frames: int) -> None:
        self.reporter(Progressed(STAGE, "master", frames, self.cut.length()))

    def _check(self, film: Path) -> None:
        found = probe(film)
        if found.frames != self.cut.length():
            message = f"the master has {found.frames} frames where the cut has {self.cut.length()}"
            raise AssemblyError(message, "this is a fault of charforge; please report it with the shot list")


def master_arguments(cut: Cut, folder: Path, finish: Finish, film: Path) -> list[str]:
    """Return ffmpeg's arguments for the master; pictures come by stdin, the rest lies in the folder."""
    keyframes = str(2 * -int(-FrameRate.parse(cut.rate).fps // 1))
    inputs = [*raw_input("yuv420p", cut.width, cut.height, str(FrameRate.parse(cut.rate)))]
    inputs += ["-i", str(folder / "sound.m4a"), "-f", "ffmetadata", "-i", str(folder / "chapters.txt")]
    maps = ["-map", "0:v", "-map", "1:a", "-map_metadata", "2", "-map_chapters", "2"]
    text: list[str] = []
    graded = grade_filters(finish.grade, cut.card.length if cut.card else 0) if finish.grade else []
    if cut.lines:
        inputs += ["-f", "srt", "-sub_charenc", "UTF-8", "-i", str(folder / "embedded.srt")]
        maps += ["-map", "3:s"]
        text = ["-c:s", "mov_text", "-metadata:s:s:0", f"language={cut.language}", "-disposition:s:0", "default"]
    return [
        *inputs, *maps, "-vf", ",".join([*graded, BT709]),
        "-c:v", "libx264", "-profile:v", "high", "-preset", finish.preset, "-crf", str(finish.crf),
        "-pix_fmt", "yuv420p", "-g", keyframes, "-c:a", "copy", *text,
        "-metadata:s:a:0", f"language={cut.language}", "-movflags", "+faststart", "-y", str(film),
    ]  # fmt: skip
