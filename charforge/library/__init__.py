"""Files become locked assets: characters, locations, props and voices, each file known by its sha256."""

from charforge.library.loading import load
from charforge.library.locking import files, lock, read_lock, verify
from charforge.library.pictures import unreadable
from charforge.library.recording import record, written_voice

__all__ = ["files", "load", "lock", "read_lock", "record", "unreadable", "verify", "written_voice"]
