"""Whatever is done to versions, those that are there stay as they were, and every changed byte is found."""

from __future__ import annotations

import tempfile
from pathlib import Path

from conftest_library import write
from hypothesis import given, settings
from hypothesis import strategies as st

from charforge import library
from charforge.domain.assets import Reference
from charforge.errors import InputError
from charforge.library import versions
from charforge.library.folders import AssetFolder
from charforge.library.loading import versions_of
from charforge.library.locking import digests
from charforge.library.recording import NewVersion

Shown = dict[int, tuple[tuple[str, str | None], ...]]

STEPS = st.lists(
    st.tuples(st.sampled_from(["record", "new", "revert", "delete"]), st.integers(0, 9), st.integers(0, 3)), max_size=9
)


def shown(root: Path) -> Shown:
    """Return the references of each version, with their digests."""
    folder = AssetFolder("character", "ann", root / "characters/ann")
    return {
        asset.version: tuple((r.file, r.digest) for r in asset.references)
        for asset in versions_of(folder, digests(folder))
    }


def start(root: Path) -> None:
    """Write a character with a headshot."""
    write(root / "characters/ann/headshot/front.png", b"front")
    library.record(root, "ann", [Reference(file="headshot/front.png", step="headshot", turn=0.0)])


def act(root: Path, what: str, count: int, which: int, pose: int) -> int | None:
    """Do one thing to the character; return the version whose references it may change."""
    known = sorted(shown(root))
    number = known[which % len(known)]
    # A new file each time, of one of few poses, so that newer pictures replace older ones.
    reference = Reference(file=f"angles/{count}.png", step="angle", turn=float(pose))
    if what in ("record", "new"):
        write(root / "characters/ann" / reference.file, f"{count}".encode())
    try:
        match what:
            case "record":
                library.record(root, "ann", [reference])
                return known[-1]
            case "new":
                state = f"state-{pose}" if pose else None
                library.record(root, "ann", [reference], new=NewVersion(extends=number, state=state))
            case "revert":
                made = versions.revert(root, "character", "ann", number)
                after = shown(root)
                assert after[made] == after[number]
            case _:
                versions.delete(root, "character", "ann", number)
                return number
    except InputError:
        assert what in ("revert", "delete")
    return None


@settings(max_examples=40, deadline=None)
@given(STEPS, st.data())
def test_older_versions_stay_as_they_were(steps: list[tuple[str, int, int]], data: st.DataObject) -> None:
    """Recording, going on, returning and deleting; then a lock is clean, and one changed byte is found."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        start(root)
        for count, (what, which, pose) in enumerate(steps):
            before = shown(root)
            touched = act(root, what, count, which, pose)
            after = shown(root)
            assert {n: r for n, r in after.items() if n in before} == {
                n: after.get(n, ()) if n == touched else r for n, r in before.items() if n in after
            }
            assert before.keys() - after.keys() <= {touched}
        library.lock(root)
        assert library.verify(root, stamps=root.parent / f"{root.name}.json") == ()
        assert library.load(root).character("ann") is not None
        files = sorted(p for p in (root / "characters").rglob("*") if p.is_file())
        changed = data.draw(st.sampled_from(files))
        content = bytearray(changed.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        changed.write_bytes(bytes(content))
        (problem,) = library.verify(root, stamps=root.parent / f"{root.name}.json")
        assert problem.file == changed
        (root.parent / f"{root.name}.json").unlink(missing_ok=True)
