"""Names that every file system can hold, and that stay within the folder they are written to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from charforge.library.folders import dropping

MAX_PATH = 1000
"""Bytes of a whole path in UTF-8."""
MAX_PART = 200
MAX_DEPTH = 16

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\..*)?", re.IGNORECASE)
"""Devices of Windows, whatever follows the first dot."""
_FORBIDDEN = '<>:"|?*\\'


def wrong_name(name: str) -> str:
    """Return what is wrong with a path within a pack or an asset's folder, or nothing."""
    found = next((c for c in _FORBIDDEN if c in name), "")
    parts = name.split("/")
    whole = (
        (not name, "a file has no name"),
        (len(name.encode("utf-8", "surrogatepass")) > MAX_PATH, f"the name is longer than {MAX_PATH} bytes"),
        (not name.isprintable(), "the name holds characters that cannot be printed"),
        (name.startswith("/"), "the name is an absolute path"),
        (re.match(r"[A-Za-z]:", name), "the name begins with a drive letter"),
        (found, f"the name holds {found!r}, which not every system allows"),
        (unicodedata.normalize("NFC", name) != name, "the name is not composed (NFC): an accent stands by itself"),
        (len(parts) > MAX_DEPTH, f"the file lies more than {MAX_DEPTH} folders deep"),
    )
    return next((reason for wrong, reason in whole if wrong), "") or next(filter(None, map(_wrong_part, parts)), "")


def _wrong_part(part: str) -> str:
    if part in {"", ".", ".."}:
        return "the name leads out of its folder" if part == ".." else "a part of the name is empty"
    if len(part.encode("utf-8", "surrogatepass")) > MAX_PART:
        return f"a part of the name is longer than {MAX_PART} bytes"
    if _RESERVED.fullmatch(part):
        return f"{part!r} is the name of a device on Windows"
    if part.startswith((".", " ")) or part.endswith((".", " ")):
        return "a part of the name begins with a dot or a space, or ends with one"
    return "the name is one that editors and file browsers leave behind" if dropping(part) else ""


def printable(text: str) -> str:
    """Return text of somebody else's without what would move a terminal's cursor or turn its letters round."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def clashes(names: Iterable[str]) -> dict[str, str]:
    """Return each name that would fall on another's place: the same but for capitals or accents, or a folder's."""
    files: dict[str, str] = {}
    found: dict[str, str] = {}
    for name in names:
        folded = _folded(name)
        if folded in files:
            found[name] = files[folded]
        files[folded] = name
    folders = {folded[:at]: name for folded, name in files.items() for at, c in enumerate(folded) if c == "/"}
    return found | {name: folders[folded] for folded, name in files.items() if folded in folders}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
