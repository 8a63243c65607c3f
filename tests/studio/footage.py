"""Footage from other tools, as files: whole, odd and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from charforge import imaging
from charforge.backends.fake import headshot
from charforge.media import run


def portrait(who: str, side: int = 128, width: int = 0) -> np.ndarray:
    """Return a fake person's picture, on a wider canvas where a width is given."""
    pixels = headshot(who, side)
    if not width:
        return pixels
    wide = np.full((side, width, 3), 60, np.uint8)
    wide[:, :side] = pixels
    return wide


def still(path: Path, who: str = "mia", side: int = 128) -> Path:
    """Write a fake person's portrait."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(imaging.encode_png(portrait(who, side)))
    return path


def clip(path: Path, *options: str, who: tuple[str, ...] = ("mia",), count: int = 24, side: int = 128) -> Path:
    """Write a second of a fake person, who moves; of several, each has an equal share of the time."""
    frames = []
    for number in range(count):
        pixels = portrait(who[number * len(who) // count], side, side * 2)
        frames.append(np.roll(pixels, 4 + number * 2, axis=1).tobytes())
    source = ["-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", f"{side * 2}x{side}", "-framerate", "24"]
    coded = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-c:v", "libx264", "-crf", "6", "-pix_fmt", "yuv420p"]
    run([*source, "-i", "pipe:0", *coded, "-colorspace", "bt709", *options, "-y", str(path)], stdin=frames)
    return path


def cut(path: Path, whole: Path, share: float = 0.5) -> Path:
    """Write the beginning of a file."""
    data = whole.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def broken(folder: Path) -> tuple[Path, ...]:
    """Write ten files that cannot be judged, each for a reason of its own."""
    whole = still(folder.parent / "whole.png")
    film = clip(folder.parent / "whole.mp4", "-movflags", "+faststart")
    index = film.read_bytes()
    (folder / "no-bytes.png").write_bytes(b"")
    (folder / "no-bytes.mp4").write_bytes(b"")
    (folder / "text.png").write_text("this is no picture")
    (folder / "text.mp4").write_text("this is no clip")
    cut(folder / "half.png", whole)
    cut(folder / "half.mp4", film)
    Image.fromarray(portrait("mia")).save(folder.parent / "whole.jpg")
    cut(folder / "half.jpg", folder.parent / "whole.jpg", 0.3)
    late = clip(folder.parent / "late.mp4")
    (folder / "no-index.mp4").write_bytes(late.read_bytes()[: late.read_bytes().rindex(b"moov") - 4])
    run(["-f", "lavfi", "-i", "sine=d=1", "-y", str(folder / "sound.mp4")])
    (folder / "rubble.mp4").write_bytes(index[:64] + bytes(len(index) - 64))
    return tuple(sorted(folder.iterdir()))
