"""Files become locked assets: characters, locations, props and voices, each file known by its sha256."""

from charforge.library.loading import load, mismatch, refuse_unsound
from charforge.library.locking import differences, files, lock, read_lock, verify
from charforge.library.pictures import unreadable
from charforge.library.recording import NewVersion, record, written_voice
from charforge.library.shelves import folder_of, hidden, located
from charforge.library.voices import voices

__all__ = [
    "NewVersion",
    "differences",
    "files",
    "folder_of",
    "hidden",
    "load",
    "located",
    "lock",
    "mismatch",
    "read_lock",
    "record",
    "refuse_unsound",
    "unreadable",
    "verify",
    "voices",
    "written_voice",
]
