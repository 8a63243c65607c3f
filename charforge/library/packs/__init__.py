"""One file that carries an asset: written the same every time, and read without trust."""

from charforge.library.packs.manifest import FILES, Manifest
from charforge.library.packs.naming import printable
from charforge.library.packs.reading import Pack, open_pack
from charforge.library.packs.signing import Signed, Signer, trusted_key
from charforge.library.packs.unpacking import Unpacked, check, scripts, unpack
from charforge.library.packs.writing import Faces, pack, restore

__all__ = [
    "FILES",
    "Faces",
    "Manifest",
    "Pack",
    "Signed",
    "Signer",
    "Unpacked",
    "check",
    "open_pack",
    "pack",
    "printable",
    "restore",
    "scripts",
    "trusted_key",
    "unpack",
]
