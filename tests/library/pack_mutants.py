"""Makes packs that nobody should trust: broken at random, or put together with intent."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pack_samples import framed, parts_of

from charforge.library.packs.layout import CENTRAL, END, LOCAL

NAMES = (
    "../../escaped.txt", "/etc/escaped", "C:/escaped", "c:escaped", "a\\..\\..\\escaped", "..", ".", "", "a//b",
    "a/./b", "a/../../b", "nul", "aux.png", "COM1.txt", "con", "x\0y", "x\ny", "\u202egnp.exe", ".hidden",
    ".git/config", "a.", "a ", "e\u0301.png", "\u00e9.png", "Headshot/FRONT.png", "headshot", "character.yaml/x",
    "a" * 300, "/".join("abcdefghijklmnopqrst"), "__pycache__/x.pyc", "0.tmp", "a:b", "a?b", "rig/mia.pkl",
    "weights.pt", "\ufeffa", "\ufb01le.png", "file.png", "FILE.PNG", "~/x", "$HOME/x", "%TEMP%/x",
    "angles/left25.png/../../../../escaped", "\ud7ff", "\u0100" * 360,
)  # fmt: skip
"""Names that lead out, collide, or cannot be held by every file system."""
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 2, 2**31, 2**63, 2**64, 10**400, 1.5, -0.0, 1e308, "", "x", "0" * 64, "f" * 64, "\0", [],
    {}, [[]], {"a": 1}, *NAMES[:8],
)  # fmt: skip
NUMBERS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
CONTENTS = (
    b"", b"x", b"\x80\x04\x95", pickle.dumps({"a": [1, 2, 3]}), pickle.dumps(print, 0), b"PK\x03\x04", b"\x93NUMPY",
    b"name: mia\n", b"name: theo\nversions: []\n", b"&a [*a, *a]", b"{" * 5000, b"- " * 5000, b"\xff\xfe",
    b"a: &a [1]\nb: *a\n", b"\0" * 4096,
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A pack as bytes and as its parts."""

    data: bytes
    parts: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, data: bytes) -> Sample:
        """Return a pack with its parts."""
        return cls(data, tuple(parts_of(data)))

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest, to be changed."""
        found: dict[str, Any] = json.loads(self.parts[0][1])
        return found


def spelled(manifest: Any) -> bytes:
    """Return a manifest as charforge spells it."""
    return (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def flipped(rng: random.Random, sample: Sample) -> bytes:
    """Turn over some bits."""
    data = bytearray(sample.data)
    for _ in range(rng.choice((1, 1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def flipped_in_frame(rng: random.Random, sample: Sample) -> bytes:
    """Turn over bits of the directory and the end, where a reader decides."""
    data = bytearray(sample.data)
    begin = struct.unpack_from("<L", data, len(data) - 6)[0]
    for _ in range(rng.choice((1, 2, 4))):
        data[rng.randrange(begin, len(data))] = rng.randrange(256)
    return bytes(data)


def cut(rng: random.Random, sample: Sample) -> bytes:
    """Cut off an end or take out a middle."""
    one, other = sorted(rng.randrange(len(sample.data) + 1) for _ in range(2))
    return rng.choice((sample.data[:one], sample.data[one:], sample.data[:one] + sample.data[other:]))


def spliced(rng: random.Random, sample: Sample) -> bytes:
    """Put a piece of it somewhere else, or something foreign."""
    one, other = sorted(rng.randrange(len(sample.data) + 1) for _ in range(2))
    piece = rng.choice((sample.data[one:other], rng.randbytes(rng.randrange(1, 64)), b"PK\x05\x06" + bytes(18)))
    at = rng.choice((0, len(sample.data), rng.randrange(len(sample.data) + 1)))
    return sample.data[:at] + piece + sample.data[at + rng.choice((0, len(piece))) :]


def field_edited(rng: random.Random, sample: Sample) -> bytes:
    """Write a telling number into a field of a header."""
    data = bytearray(sample.data)
    sign, shape = rng.choice(((b"PK\x03\x04", LOCAL), (b"PK\x01\x02", CENTRAL), (b"PK\x05\x06", END)))
    places = [at for at in range(len(data) - shape.size + 1) if data[at : at + 4] == sign]
    at = rng.choice(places)
    fields = list(shape.unpack_from(data, at))
    which, value = rng.randrange(1, len(fields)), rng.choice(NUMBERS)
    for fitting in (value, value & 0xFFFF):
        fields[which] = fitting
        with contextlib.suppress(struct.error):
            shape.pack_into(data, at, *fields)
            break
    return bytes(data)


def renamed(rng: random.Random, sample: Sample) -> bytes:
    """Give an entry a hostile name, in the zip alone or in the manifest too."""
    parts, manifest = list(sample.parts), sample.manifest
    name = rng.choice(NAMES)
    at = rng.randrange(len(manifest["files"]))
    entry = len(parts) - len(manifest["files"]) + at
    parts[entry] = (rng.choice(("files/", "")) + name.encode("utf-8", "replace").decode(), parts[entry][1])
    if rng.random() < 0.7:
        manifest["files"][at]["name"] = name
        parts[0] = (parts[0][0], spelled(manifest))
    return framed(parts)


def shuffled(rng: random.Random, sample: Sample) -> bytes:
    """Double, drop or move entries."""
    parts = list(sample.parts)
    which = rng.randrange(len(parts))
    match rng.randrange(4):
        case 0:
            parts.insert(rng.randrange(len(parts) + 1), parts[which])
        case 1:
            del parts[which]
        case 2:
            rng.shuffle(parts)
        case _:
            parts.append((rng.choice(("files/extra.png", "extra", "signature.json", "embeddings/x.f32")), b"extra"))
    return framed(parts)


def retold(rng: random.Random, sample: Sample) -> bytes:
    """Change a value of the manifest, and let the zip follow where it can."""
    manifest = sample.manifest
    before = copy.deepcopy(manifest)
    holder: Any = manifest
    key: Any = None
    while isinstance(holder, (dict, list)) and holder:
        key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or rng.random() < 0.25:
            break
        holder = holder[key]
    match rng.randrange(4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[rng.choice(("extra", "charpack", "\0", ""))] = rng.choice(VALUES)
        case _:
            holder[key] = rng.choice(VALUES)
    parts = list(sample.parts)
    told = manifest.get("files")
    if isinstance(told, list) and len(told) == len(before["files"]):
        start = len(parts) - len(before["files"])
        for at, file in enumerate(manifest["files"]):
            if isinstance(file, dict) and isinstance(file.get("name"), str):
                parts[start + at] = ("files/" + file["name"].encode("utf-8", "replace").decode(), parts[start + at][1])
    try:
        parts[0] = (parts[0][0], spelled(manifest))
    except (ValueError, TypeError):
        return sample.data[:-1]
    return framed(parts)


def refilled(rng: random.Random, sample: Sample) -> bytes:
    """Change a file and let the manifest, its size and its sha256 follow."""
    parts, manifest = list(sample.parts), sample.manifest
    at = rng.randrange(len(manifest["files"]))
    entry = len(parts) - len(manifest["files"]) + at
    name, data = parts[entry]
    match rng.randrange(4):
        case 0:
            data = rng.choice(CONTENTS)
        case 1:
            data = bytearray(data or b"x")
            data[rng.randrange(len(data))] = rng.randrange(256)
        case 2:
            data = data[: rng.randrange(len(data) + 1)]
        case _:
            cut_at = rng.randrange(len(data) + 1)
            data = data[:cut_at] + rng.choice((*CONTENTS, b"  - ", b"\n", b"name: x\n", b"../")) + data[cut_at:]
    parts[entry] = (name, bytes(data))
    told = manifest["files"][at]
    if rng.random() < 0.9:
        told["bytes"] = len(data)
    if rng.random() < 0.9:
        told["sha256"] = hashlib.sha256(data).hexdigest()
    parts[0] = (parts[0][0], spelled(manifest))
    return framed(parts)


def foreign(rng: random.Random, sample: Sample) -> bytes:
    """Write the parts with another tool: compressed, encrypted by flag, as links, with comments."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in sample.parts:
            info = zipfile.ZipInfo(name.replace("\0", ""), rng.choice(((1980, 1, 1, 0, 0, 0), (2026, 1, 1, 0, 0, 0))))
            info.compress_type = rng.choice(
                (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
            )
            info.external_attr = rng.choice((0o100644, 0o120777, 0o040755, 0o060644, 0)) << 16
            archive.writestr(info, data)
        archive.comment = rng.choice((b"", b"a comment", b"PK\x05\x06" * 8))
    return out.getvalue()


MUTATORS: tuple[Callable[[random.Random, Sample], bytes], ...] = (
    flipped, flipped_in_frame, cut, spliced, field_edited, renamed, shuffled, retold, retold, refilled, refilled,
    refilled, foreign,
)  # fmt: skip
"""Those that get past the frame are tried more often."""


def mutant(seed: int, samples: tuple[Sample, ...]) -> tuple[str, bytes]:
    """Return the pack of a seed, broken once or twice, and how."""
    rng = random.Random(seed)
    sample = rng.choice(samples)
    mutator = rng.choice(MUTATORS)
    data = mutator(rng, sample)
    if data and rng.random() < 0.1:
        return f"{mutator.__name__}, flipped", flipped(rng, Sample(data, ()))
    return mutator.__name__, data
