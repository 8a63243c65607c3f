"""A location with a set in a pack."""

from __future__ import annotations

import hashlib
from pathlib import Path

from conftest_library import build_library

from charforge import library
from charforge.bench.fakefilm import make
from charforge.studio.packing import inspect, pack


def test_files_of_a_set_that_lie_beside_it_are_named(tmp_path: Path) -> None:
    """They are not carried; the manifest has their sha256, and whoever packs or looks into the pack is told."""
    root = make(tmp_path / "film").parents[1]
    folder = root / "library"
    build_library(folder)
    (folder / "sets").mkdir()
    (folder / "sets/kit.py").write_text("CHAIR = 1\n")
    digest = hashlib.sha256(b"CHAIR = 1\n").hexdigest()
    place = folder / "locations/coffee-shop"
    (place / "set").mkdir(exist_ok=True)
    (place / "set/scene.py").write_text("import kit\n")
    file = place / "location.yaml"
    file.write_text(
        file.read_text("utf-8") + f"set: {{file: set/scene.py, shared: {{sets/kit.py: {digest}}}}}\n", "utf-8"
    )
    library.lock(folder)
    made = pack(root, "coffee-shop", lambda _: None, to=tmp_path / "shop.charpack")
    looked = inspect(tmp_path / "shop.charpack")
    assert looked.manifest.about.shared == {"sets/kit.py": digest}
    assert not any(entry.name.endswith("kit.py") for entry in looked.manifest.files)
    for report in (made, looked):
        assert any("sets/kit.py" in warning for warning in report.warnings)
