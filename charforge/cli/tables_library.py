"""What the library's versions and libraries hold, as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import _print

if TYPE_CHECKING:
    from charforge.studio.reports.library import DeletedReport, DiffReport, LibraryReport, VersionsReport

LAMPS = {"yes": "green", "no": "yellow", "changed": "red"}


def versions(report: VersionsReport) -> None:
    """Print one row per version, the oldest first."""
    _print(
        ("version", "state", "from", "extends", "wardrobes", "references", "locked", "used by"),
        [
            (
                f"{report.name}@{row.version}",
                row.state or "",
                row.from_episode or "",
                f"{report.name}@{row.extends}" if row.extends else "",
                ", ".join(row.wardrobes),
                f"{row.references} of {row.total}" if row.extends else f"{row.total}",
                Text(row.locked, LAMPS[row.locked]),
                "\n".join(row.used_by),
            )
            for row in report.versions
        ],
    )
    if any(row.locked != "yes" for row in report.versions):
        print(f"next: charforge lock {report.name}")


def deleted(report: DeletedReport) -> None:
    """Print what was taken out, what stays on disk, and what shot lists show from now on."""
    print(f"{report.name}@{report.version} is deleted")
    if report.kept:
        print("still on disk, and no version's any more:", *report.kept, sep="\n  ")
    for file, now in report.moved.items():
        print(f"{file} names no version and shows {now} from now on")
    print(f"next: charforge lock {report.name}")


def diff(report: DiffReport) -> None:
    """Print one row per reference that differs."""
    rows = [(key, "changed", before or "none", after or "none", "") for key, (before, after) in report.said.items()]
    for row in report.changes:
        colour = "" if row.colour is None else f"{row.colour:.2f}"
        rows.append((row.shows, row.change, row.before, row.after, "same pixels" if row.same_pixels else colour))
    if not rows:
        print(f"{report.name}@{report.before} and {report.name}@{report.after} are the same")
        return
    _print(("what", "change", f"@{report.before}", f"@{report.after}", "colour difference"), rows)


def listed(report: LibraryReport) -> None:
    """Print one row per asset of each library."""
    _print(
        ("kind", "asset", "library", "locked", "licence", "release", ""),
        [
            (
                row.kind,
                f"{row.name}@{','.join(map(str, row.versions))}" if row.versions else row.name,
                row.library,
                Text(row.locked, LAMPS[row.locked]),
                row.licence,
                row.release,
                "\n".join((*([f"not used: {row.hidden_by} has it too"] if row.hidden_by else []), *row.problems)),
            )
            for row in report.assets
        ],
    )
    for name, folder in report.libraries.items():
        print(f"{name}: {folder}")
