"""Where the package indexes lie: pip's and npm's own settings are honoured."""

from __future__ import annotations

import configparser
import os
import re
import ssl
import sys
import urllib.error
import urllib.request
import urllib.response
from base64 import b64encode
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import platformdirs

from charforge.errors import ProcessError
from charforge.process import run

TIMEOUT = 30.0
"""Seconds without a byte before a server counts as gone."""


class RefusedError(OSError):
    """Says that a server answered, but not with what was asked for."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


def indexes() -> tuple[str, ...]:
    """Return the addresses of the package indexes that pip would ask."""
    first = pip_setting("index-url") or _pips_own()
    more = (pip_setting("extra-index-url") or "").split()
    return tuple(url for url in (first, *more) if url.startswith(("https://", "http://")))


def npm_tarball(package: str) -> str:
    """Return the address of ``name@version`` in the npm registry."""
    name, _, version = package.rpartition("@")
    registry = os.environ.get("npm_config_registry") or _npmrc("registry") or _npms_own()  # noqa: SIM112 - npm's own spelling
    return f"{registry.rstrip('/')}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"


def links(index: str, package: str) -> dict[str, str]:
    """Return file name -> address for every file of a package; raises OSError when the index does not answer."""
    page = f"{index.rstrip('/')}/{re.sub(r'[-_.]+', '-', package).lower()}/"
    with opened(page) as answer:
        collector = _Anchors()
        collector.feed(answer.read().decode("utf-8", "replace"))
    found = (urljoin(page, href).partition("#")[0] for href in collector.hrefs)
    return {unquote(urlsplit(url).path.rpartition("/")[2]): url for url in found}


def opened(url: str, span: str = "") -> urllib.response.addinfourl:
    """Return an open answer; `span` asks for a part, such as ``bytes=0-99``. Raises OSError."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http"):
        raise OSError(f"{parts.scheme}: is not an address that is fetched from")
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    request = urllib.request.Request(bare, headers={"User-Agent": "charforge", "Accept-Encoding": "identity"})  # noqa: S310 - the scheme is checked above
    if parts.username:
        secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        # Unredirected: a server that sends us elsewhere must not hand our password on.
        request.add_unredirected_header("Authorization", f"Basic {b64encode(secret).decode()}")
    if span:
        request.add_header("Range", span)
    try:
        answer: urllib.response.addinfourl = _opener().open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        raise RefusedError(error.code, error.reason) from error
    return answer


def pip_setting(key: str) -> str | None:
    """Return one of pip's settings: from the environment, else from its files, the nearest last."""
    written = os.environ.get(f"PIP_{key.upper().replace('-', '_')}")
    return written or _pip_files().get(key)


@cache
def _pips_own() -> str:
    """Return the index that pip asks when nothing else is set; nothing where pip is not installed."""
    try:
        return str(import_module("pip._internal.models.index").PyPI.simple_url)
    except (ImportError, AttributeError):
        return ""


@cache
def _npms_own() -> str:
    """Return the registry that npm asks when nothing else is set; raise OSError where npm cannot say."""
    try:
        told = run(("npm", "config", "get", "registry"), timeout=TIMEOUT)
    except ProcessError as error:
        raise OSError("npm is not installed, and npm_config_registry is not set") from error
    return told.stdout.strip()


@cache
def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context(cafile=pip_setting("cert"))
    proxy = pip_setting("proxy")
    proxies = urllib.request.ProxyHandler({"http": proxy, "https": proxy} if proxy else None)
    return urllib.request.build_opener(proxies, urllib.request.HTTPSHandler(context=context))


@cache
def _pip_files() -> dict[str, str]:
    home = Path.home()
    own = os.environ.get("PIP_CONFIG_FILE")
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", Path(platformdirs.user_config_dir("pip")) / "pip.conf"]
    files += [Path(sys.prefix) / "pip.conf", *([Path(own)] if own else [])]
    parser = configparser.RawConfigParser()
    parser.read(files, encoding="utf-8")
    found: dict[str, str] = {}
    for section in ("global", "install", "download"):
        if parser.has_section(section):
            found.update(parser[section])
    return found


def _npmrc(key: str) -> str | None:
    file = Path.home() / ".npmrc"
    if not file.is_file():
        return None
    lines = (line.partition("=") for line in file.read_text("utf-8", "replace").splitlines())
    return next((value.strip() for name, _, value in lines if name.strip() == key), None)


class _Anchors(HTMLParser):
    """Collects the addresses of a simple index's page."""

    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what an anchor points to."""
        href = dict(attrs).get("href") if tag == "a" else None
        if href:
            self.hrefs.append(href)
