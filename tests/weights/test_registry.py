"""The registry of model files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from charforge.backends import registry
from charforge.backends.protocols import ROLES
from charforge.errors import InputError
from charforge.weights import listed, named

if TYPE_CHECKING:
    from pathlib import Path


def test_every_file_has_at_least_two_sources() -> None:
    """No registered file hangs on one package alone."""
    assert [file.name for file in listed() if len(file.sources) < 2] == []


def test_every_file_a_backend_loads_is_registered() -> None:
    """A built-in backend never names a model file that cannot be had."""
    known = {file.name for file in listed()}
    classes = [registry.backend_class(role, name) for role in ROLES for name in registry.listed(role)]
    assert {weight for found in classes for weight in found.weights} - known == set()


def test_the_generator_is_marked_non_commercial() -> None:
    """Weights trained on FFHQ say so."""
    files = [file for file in listed() if file.name.startswith("stylegan")]
    assert len(files) == 4
    assert all(not file.commercial and "Flickr-Faces-HQ" in file.note for file in files)


def test_an_unknown_name_gets_a_suggestion() -> None:
    """A mistyped name is refused with the name that was meant."""
    with pytest.raises(InputError) as caught:
        named(("kokorro",))
    assert "did you mean kokoro?" in str(caught.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{pypi: a==1, archive: a.whl}", "needs a member"),
        ("{pypi: a==1, member: x}", "pypi and archive go together"),
        ("{npm: a@1, url: https://example.com/x, member: x}", "exactly one of"),
        ("{url: file:///etc/passwd}", "url"),
    ],
)
def test_a_wrong_source_is_refused_with_its_line(tmp_path: Path, source: str, said: str) -> None:
    """A registry with a source that makes no sense names file and line."""
    written = tmp_path / "registry.yaml"
    written.write_text(
        "files:\n  - name: x\n    file: x\n"
        f"    sha256: {'0' * 64}\n    bytes: 1\n    licence: MIT\n    commercial: true\n    purpose: p\n"
        f"    embedded: false\n    sources:\n      - - {source}\n"
    )
    with pytest.raises(InputError) as caught:
        listed(written)
    assert said in str(caught.value)
    assert f"{written}:11" in str(caught.value)
