"""Projects in which people are cast and built, with the pilot's faces as photographs and as generated masters."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

from headshots import CHARACTERS, master
from PIL import Image

from charforge import library as assets
from charforge.studio import casting
from charforge.studio.reports.building import MasterReport

RIGHTS = ("signed", "for this film only")


def project(root: Path) -> Path:
    """Return an empty project."""
    (root / "library").mkdir(parents=True)
    (root / "charforge.yaml").write_text("threads: 1\n", "utf-8")
    return root


def photo(file: Path, *, of: Path | None = None, size: tuple[int, int] | None = None) -> Path:
    """Write a picture of the pilot's library as a photograph, of mia's headshot by default."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(of or CHARACTERS / "mia/headshot/front.png") as picture:
        shown = picture.convert("RGB")
        (shown if size is None else shown.resize(size)).save(file, quality=95)
    return file


def group(file: Path) -> Path:
    """Write a photograph of mia and theo side by side."""
    whole = Image.new("RGB", (2048, 1024))
    whole.paste(Image.fromarray(master("mia")), (0, 0))
    whole.paste(Image.fromarray(master("theo")), (1024, 0))
    whole.save(file, quality=95)
    return file


def photographed(root: Path, name: str = "mia") -> MasterReport:
    """Make the pilot's headshot a character's photographed master, and lock it."""
    given = casting.photo(photo(root / "given" / "front.jpg"), *RIGHTS)
    report = casting.own(root, name, given, lambda _: None)
    assets.lock(root / "library")
    return report


def pilot(root: Path, name: str = "mia", *, only_master: bool = False) -> Path:
    """Copy a character of the pilot into a project and lock it; return its folder."""
    folder = root / "library/characters" / name
    shutil.copytree(CHARACTERS / name, folder)
    if only_master:
        for part in ("angles", "expressions", "body", "voice"):
            shutil.rmtree(folder / part, ignore_errors=True)
        rights = "rights: {licence: CC0-1.0, release: synthetic}\nembedding: {primary: headshot/front.png}\n"
        head = "      - {file: headshot/front.png, step: headshot, turn: 0}\n"
        versions = f"versions:\n  - id: 1\n    rig: rig/{name}.npz\n    references:\n{head}"
        (folder / "character.yaml").write_text(f"name: {name}\n{rights}{versions}", "utf-8")
    assets.lock(root / "library")
    return folder


def files(root: Path) -> dict[str, bytes]:
    """Return every file under a folder with its bytes."""
    return {str(f.relative_to(root)): f.read_bytes() for f in sorted(root.rglob("*")) if f.is_file()}


def size_of(data: bytes) -> tuple[int, int]:
    """Return the size of a picture's bytes."""
    with Image.open(io.BytesIO(data)) as picture:
        return picture.size
