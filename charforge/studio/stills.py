"""Lays the stills of a render where people look for them, with a contact sheet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from charforge import imaging
from charforge.documents import write_atomic
from charforge.errors import StoreError
from charforge.pages import contact_sheet
from charforge.studio.report import ShotRow


def show(folder: Path, stills: Sequence[tuple[ShotRow, Path]]) -> Path:
    """Write each shot's still by its slate, and contact.png with all of them; older stills there are removed.

    Raises StoreError when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        for row, blob in stills:
            temporary = folder / f".{row.slate}.tmp"
            shutil.copyfile(blob, temporary)
            temporary.replace(folder / f"{row.slate}.png")
    except OSError as error:
        message = f"{folder} cannot be written: {os.strerror(error.errno or 0)}"
        raise StoreError(message, "free some space, or choose a build folder that can be written to") from error
    labelled = [(f"{row.slate}  {row.verdict}", imaging.decode(blob)) for row, blob in stills]
    write_atomic(folder / "contact.png", imaging.encode_png(contact_sheet(labelled, columns=3, width=480)))
    return folder
