"""A model hub of our own, on this machine's loopback address."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote, urlsplit

from loopback import Loopback

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub(Loopback):
    """Speaks as much of the hub's language as fetching a model needs, and can misbehave.

    Source: huggingface.co/docs/hub/api, and the requests that huggingface_hub 2.4 makes.
    """

    protocol = "HTTP/1.1"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        """Name -> content, the same in every repository; what ends in .safetensors is kept as a large file."""
        self.cards: dict[str, dict[str, Any] | None] = {"acme/model": {"license": "apache-2.0"}}
        """Repository -> what its card says; there are no others."""
        self.refusals: dict[str, tuple[int, dict[str, str]]] = {}
        """Repository -> status and headers that every question about it is answered with."""
        self.token = ""
        """The only token that is let in, when there is one."""
        self.claims: dict[str, int] = {}
        """Name -> size that is listed instead of the true one."""
        self.forged: dict[str, bytes] = {}
        """Name -> bytes that are sent instead of the listed ones."""
        self.cuts: dict[str, int] = {}
        """Name -> how many bytes are sent before the connection is closed, once."""
        self.slow: set[str] = set()
        """Names of files that come so slowly that nobody waits for their end."""
        self.asked: list[str] = []
        self.sent: dict[str, int] = {}
        self.closing = threading.Event()
        super().__init__()

    def close(self) -> None:
        """Stop serving, what is slow included."""
        self.closing.set()
        super().close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one question."""
        path = unquote(urlsplit(request.path).path)
        self.asked.append(f"{request.command} {path}")
        steps = path.removeprefix("/api/models").strip("/").split("/")
        repo, about = "/".join(steps[:2]), "/".join(steps[2:])
        status, headers = self.refusals.get(repo, (0, {}))
        if self.token and request.headers["Authorization"] != f"Bearer {self.token}":
            status, headers = 401, {"X-Error-Message": "Invalid credentials in Authorization header"}
        if status:
            self._say(request, b"{}", status, headers)
        elif repo not in self.cards:
            self._say(request, b"{}", 404, {"X-Error-Code": "RepoNotFound"})
        elif about in ("revision/main", f"revision/{COMMIT}"):
            self._say(request, json.dumps(self._info(repo)).encode())
        elif about.startswith("revision/"):
            self._say(request, b"{}", 404, {"X-Error-Code": "RevisionNotFound"})
        elif about.startswith("tree/"):
            self._say(request, json.dumps([self._entry(name) for name in self.files]).encode())
        else:
            self._file(request, about.removeprefix(f"resolve/{COMMIT}/"))

    def _info(self, repo: str) -> dict[str, Any]:
        siblings = []
        for name in self.files:
            entry = self._entry(name)
            lfs = entry.get("lfs")
            facts = {"rfilename": name, "size": entry["size"], "blobId": entry["oid"]}
            siblings.append(
                facts | ({"lfs": {"sha256": lfs["oid"], "size": lfs["size"], "pointerSize": 135}} if lfs else {})
            )
        return {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings, "cardData": self.cards[repo]}

    def _entry(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        size = self.claims.get(name, len(content))
        sum1 = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry: dict[str, Any] = {"type": "file", "path": name, "size": size, "oid": sum1}
        if name.endswith(".safetensors"):
            entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": size, "pointerSize": 135}
        return entry

    def _file(self, request: BaseHTTPRequestHandler, name: str) -> None:
        if name not in self.files:
            self._say(request, b"", 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
            return
        entry = self._entry(name)
        content = self.forged.get(name, self.files[name])
        etag = entry["lfs"]["oid"] if "lfs" in entry else entry["oid"]
        begin = int((request.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        self._say(request, content[begin:], 206 if begin else 200, headers, name)

    def _say(
        self,
        request: BaseHTTPRequestHandler,
        body: bytes,
        status: int = 200,
        headers: dict[str, str] | None = None,
        name: str = "",
    ) -> None:
        request.send_response(status)
        for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
            request.send_header(key, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "HEAD":
            return
        if name in self.slow:
            for place in range(len(body)):
                if self.closing.wait(0.05):
                    break
                with suppress(OSError):
                    request.wfile.write(body[place : place + 1])
            request.close_connection = True
            return
        if name in self.cuts:
            body = body[: self.cuts.pop(name)]
            request.close_connection = True
        self.sent[name] = self.sent.get(name, 0) + len(body)
        request.wfile.write(body)
