"""Signatures of packs: ed25519 over the manifest, which names every file by its sha256."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import StringConstraints, ValidationError

from charforge.domain.value import Value
from charforge.errors import BackendMissing, InputError, Problem
from charforge.library.packs.manifest import spelled

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = b"charpack-1\n"
"""Stands before the manifest in what is signed, so that a signature of something else is none of a pack."""
MAKE = "make one: openssl genpkey -algorithm ed25519 -out key.pem; and: openssl pkey -in key.pem -pubout -out key.pub"
INSTALL = "pip install 'charforge[sign]'"


class Signature(Value):
    """The content of ``signature.json``."""

    algorithm: Literal["ed25519"] = "ed25519"
    public_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    signature: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]


class Signed(Value):
    """Who signed a pack."""

    key: str
    """The fingerprint: sha256 of the public key's 32 bytes."""
    checked: bool
    """False where the extra that checks signatures is not installed."""


def fingerprint(public_key: bytes) -> str:
    """Return the name of a key: the sha256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()


class Signer:
    """A private key that signs packs."""

    def __init__(self, file: Path) -> None:
        """Read a PEM file; raise BackendMissing without the extra, InputError when it holds no such key."""
        self._key = _private(file)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, manifest: bytes) -> Signature:
        """Return the signature of a manifest; the same every time."""
        return Signature(public_key=self.public.hex(), signature=self._key.sign(PREFIX + manifest).hex())


def trusted_key(file: Path) -> str:
    """Return the fingerprint of a public key in a PEM file; raises as Signer does."""
    return fingerprint(_public(file).public_bytes_raw())


def read_signature(data: bytes, manifest: bytes, place: str) -> Signed:
    """Return who signed a manifest; raise InputError when the signature is not theirs."""
    try:
        signature = Signature.model_validate_json(data)
    except ValidationError as error:
        raise _refusal(place, "its signature is damaged") from error
    if spelled(signature) != data:
        raise _refusal(place, "its signature is not written as charforge writes it")
    public = bytes.fromhex(signature.public_key)
    checked = _check(public, bytes.fromhex(signature.signature), PREFIX + manifest, place)
    return Signed(key=fingerprint(public), checked=checked)


def _check(public: bytes, signature: bytes, signed: bytes, place: str) -> bool:
    """Return whether a signature could be checked; raise InputError when it is not the key's."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError) as error:
        raise _refusal(place, "its signature does not fit: the manifest was changed after it was signed") from error
    return True


def _private(file: Path) -> Ed25519PrivateKey:
    serialization, keys = _cryptography()
    try:
        key = serialization.load_pem_private_key(_read(file), None)
    except TypeError as error:
        hint = f"write it without one: openssl pkey -in {file} -out plain.pem"
        raise InputError([Problem("the key is protected by a password", file)], hint) from error
    except ValueError as error:
        raise InputError([Problem("holds no private key", file)], MAKE) from error
    if not isinstance(key, keys.Ed25519PrivateKey):
        raise InputError([Problem("is not an ed25519 key", file)], MAKE)
    private: Ed25519PrivateKey = key
    return private


def _public(file: Path) -> Ed25519PublicKey:
    serialization, keys = _cryptography()
    try:
        key = serialization.load_pem_public_key(_read(file))
    except ValueError as error:
        hint = "give the public half: openssl pkey -in key.pem -pubout -out key.pub"
        raise InputError([Problem("holds no public key", file)], hint) from error
    if not isinstance(key, keys.Ed25519PublicKey):
        raise InputError([Problem("is not an ed25519 key", file)], MAKE)
    public: Ed25519PublicKey = key
    return public


def _cryptography() -> tuple[Any, Any]:
    """Return the modules that read keys and that know this kind; raise BackendMissing without the extra."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        message = f"{error.name or 'cryptography'} is not installed, and signatures of packs need it"
        raise BackendMissing(message, INSTALL) from error
    return serialization, ed25519


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()[:65536]
    except OSError as error:
        raise InputError([Problem(f"cannot be read: {error.strerror}", file)], MAKE) from error


def _refusal(place: str, message: str) -> InputError:
    return InputError([Problem(message, place)], "do not use it; ask whoever signed it for another copy")
