"""What the libraries of a project hold, and what their versions are."""

from __future__ import annotations

from charforge.domain.assets import Kind
from charforge.domain.value import Value


class AssetRow(Value):
    """One asset of one library."""

    kind: Kind
    name: str
    versions: tuple[int, ...]
    library: str
    """As charforge.yaml names it."""
    locked: str
    """`yes`, `no`, or `changed` since it was locked."""
    licence: str = ""
    release: str = ""
    hidden_by: str = ""
    """The earlier library whose asset of this name is used instead; empty when this one is used."""
    problems: tuple[str, ...] = ()


class LibraryReport(Value):
    """Every asset of every library of a project."""

    libraries: dict[str, str]
    """Folders by the names that charforge.yaml gives them, in the order in which they are searched."""
    assets: tuple[AssetRow, ...]


class VersionRow(Value):
    """One numbered version of an asset."""

    version: int
    state: str | None = None
    """Of a character."""
    from_episode: str | None = None
    extends: int | None = None
    wardrobes: tuple[str, ...] = ()
    """Its own and those it takes over."""
    references: int
    """Those it adds itself."""
    total: int
    """With those it takes over."""
    locked: str
    """`yes`, `no`, or `changed` since it was locked."""
    used_by: tuple[str, ...] = ()
    """Shot lists of the project that show it."""


class RevertReport(Value):
    """A new newest version that is an older one again."""

    name: str
    version: int
    is_again: int
    holding: dict[int, str] = {}
    """Versions that hold, where a shot list writes none, from an episode on that the new one does not reach."""


class VersionsReport(Value):
    """The versions of an asset, oldest first."""

    kind: Kind
    name: str
    library: str
    versions: tuple[VersionRow, ...]


class DeletedReport(Value):
    """A version that was taken out of an asset."""

    name: str
    version: int
    kept: tuple[str, ...]
    """Files that it alone named; they are still there."""
    moved: dict[str, str] = {}
    """Shot lists that showed it without naming its number, and what they show now."""


class ChangeRow(Value):
    """A reference that one version has otherwise than another."""

    shows: str
    change: str
    """`added`, `gone` or `replaced`."""
    before: str = ""
    """File and the first 12 digits of its sha256."""
    after: str = ""
    colour: float | None = None
    """Mean colour difference of the pictures (CIE Delta E*ab, 0 to 100); None where there are not two pictures."""
    same_pixels: bool = False
    """Both decode to the same picture, although the files differ."""


class DiffReport(Value):
    """What differs between two versions of an asset."""

    name: str
    before: int
    after: int
    changes: tuple[ChangeRow, ...]
    said: dict[str, tuple[str, str]] = {}
    """State, episode and rig where they differ: before and after."""


class MergeRow(Value):
    """How alike a reference is to the character, before and after the pictures were merged."""

    file: str
    step: str
    before: tuple[float, float]
    """By the first judge and the second."""
    after: tuple[float, float]
    bars: tuple[float, float]
    """From here on it is the same person, for a head turned like this one."""


class MergeReport(Value):
    """What a merge does to a character's scores."""

    name: str
    judges: tuple[str, str]
    primary: str
    """The picture that is drawn from, which a merge does not change."""
    merge: tuple[tuple[str, float], ...]
    """The pictures that every score is taken against now, with weights that add up to 1; empty: the primary alone."""
    references: tuple[MergeRow, ...]
    """The newest version's pictures with a face."""
    without_face: tuple[str, ...] = ()
    written: bool = True
