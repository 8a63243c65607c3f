"""What the hub's library reports, in words and with what to type."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import chain

from charforge.errors import WeightsError

LOGIN = "hf auth login, or set HF_TOKEN"
AGAIN = "run it again: files that are here are not fetched again"
UNREACHABLE = {"TransportError", "ConnectError", "ConnectionError", "TimeoutException", "Timeout"}


def told(error: BaseException, repo: str, revision: str, endpoint: str) -> WeightsError:
    """Return a failure of fetching a repository in words; never carries a token.

    Classes are told by name, so that nothing need be imported and releases of the library may move them.
    """
    links = _links(error)
    names = {kind.__name__ for link in links for kind in type(link).__mro__}
    status = next((code for link in links if (code := _status(link))), 0)
    last = links[-1] if names & UNREACHABLE else error
    reason = str(last).strip().partition("\n")[0] or type(last).__name__
    answers = chain(
        _here(links, names, repo),
        _token(links, status, endpoint),
        _refused(names, status, repo, revision, endpoint),
        _broken(names, status, endpoint),
    )
    hint = f"check the network, HF_ENDPOINT and the proxy settings, then {AGAIN}" if names & UNREACHABLE else AGAIN
    usual = f"{repo} cannot be fetched from {endpoint}: {reason}", hint
    return WeightsError(*next(answers, usual))


def _here(links: list[BaseException], names: set[str], repo: str) -> Iterator[tuple[str, str]]:
    """Yield what keeps this machine from it."""
    if "OfflineModeIsEnabled" in names:
        yield f"{repo} is not on this machine, and HF_HUB_OFFLINE is set", "unset HF_HUB_OFFLINE, then run it again"
    for link in links:
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            hint = "free disk space, or set HF_HOME to another folder; then run it again"
            yield f"{repo} cannot be written to the hub's cache: {link.strerror}", hint


def _token(links: list[BaseException], status: int, endpoint: str) -> Iterator[tuple[str, str]]:
    """Yield that a token is wrong, which the hub tells apart from one that is missing."""
    said = " ".join(str(_answer(link, "headers") or "") for link in links).lower()
    if status == 401 and "invalid credentials" in said:
        yield f"{endpoint} does not know the token it was sent", f"{LOGIN}, or unset a stale one"


def _refused(names: set[str], status: int, repo: str, revision: str, endpoint: str) -> Iterator[tuple[str, str]]:
    """Yield what the hub answered no to."""
    place = f"{endpoint}/{repo}"
    if "GatedRepoError" in names:
        hint = f"accept them at {place} with an account, then: {LOGIN}; and run it again"
        yield f"{repo} is given only to those who accepted its terms", hint
    if "RevisionNotFoundError" in names:
        yield f"{repo} has no revision {revision!r}", f"choose one that stands at {place}/tree/main"
    if "DisabledRepoError" in names:
        yield f"{repo} was taken down by the hub", "choose another model"
    if "RepositoryNotFoundError" in names or status in (401, 404):
        hint = f"check the name under models: in charforge.yaml; for a private one: {LOGIN}"
        yield f"there is no {repo} at {endpoint}, or it is private", hint
    if status == 403:
        yield f"the token may not read {repo}", f"give it the right to read at {endpoint}/settings/tokens"


def _broken(names: set[str], status: int, endpoint: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the hub."""
    if status == 429:
        yield f"{endpoint} was asked too often", f"wait some minutes, or {LOGIN}; then {AGAIN}"
    if status >= 500:
        yield f"{endpoint} has trouble of its own (answer {status})", AGAIN
    if "FileMetadataError" in names:
        yield f"{endpoint} does not answer as the hub does", "check HF_ENDPOINT and the proxy settings"


def _links(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in found:
        found.append(link)
        link = link.__cause__ or link.__context__
    return found


def _status(error: BaseException) -> int:
    code = _answer(error, "status_code")
    return code if isinstance(code, int) else 0


def _answer(error: BaseException, what: str) -> object:
    return getattr(getattr(error, "response", None), what, None)
