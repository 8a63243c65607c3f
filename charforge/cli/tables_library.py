"""What the library's versions and libraries hold, as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import table

if TYPE_CHECKING:
    from charforge.studio.reports.library import (
        AssetRow,
        DeletedReport,
        DiffReport,
        LibraryReport,
        MergeReport,
        MergeRow,
        RevertReport,
        VersionsReport,
    )

LAMPS = {"yes": "green", "no": "yellow", "changed": "red"}


def versions(report: VersionsReport) -> None:
    """Print one row per version, the oldest first."""
    table(
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


def reverted(report: RevertReport) -> None:
    """Print the new version, and what it does not take the place of."""
    print(f"{report.name}@{report.version} is {report.name}@{report.is_again} again")
    for version, episode in report.holding.items():
        print(f"from {episode} on {report.name}@{version} still holds where a shot list writes no version")
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
    table(("what", "change", f"@{report.before}", f"@{report.after}", "colour difference"), rows)


def listed(report: LibraryReport) -> None:
    """Print one row per asset of each library."""
    table(
        ("kind", "asset", "library", "locked", "licence", "release", ""),
        [
            (
                row.kind,
                f"{row.name}@{','.join(map(str, row.versions))}" if row.versions else row.name,
                row.library,
                Text(row.locked, LAMPS[row.locked]),
                row.licence,
                row.release,
                "\n".join((*([f"not used: {row.hidden_by} has it too"] if row.hidden_by else []), *_changed(row))),
            )
            for row in report.assets
        ],
    )
    for name, folder in report.libraries.items():
        print(f"{name}: {folder}")


def _changed(row: AssetRow) -> list[str]:
    """Return what is wrong with an asset; how it differs from its lock fills a screen, and `verify` tells it."""
    if row.locked != "changed":
        return list(row.problems)
    count = len(row.problems)
    return [f"{count} {'difference' if count == 1 else 'differences'}: charforge verify {row.name}"]


def merged(report: MergeReport) -> None:
    """Print each reference's scores before and after, then what was written."""
    first, second = report.judges
    headers = ("picture", "step", f"{first} before", "after", "bar", f"{second} before", "after", "bar")
    table(
        headers,
        [
            (row.file, row.step, *(cell for judge in (0, 1) for cell in _scores(row, judge)))
            for row in report.references
        ],
    )
    for judge, name in enumerate(report.judges):
        before = [row.before[judge] for row in report.references]
        after = [row.after[judge] for row in report.references]
        if before:
            means = f"mean {sum(before) / len(before):.3f} -> {sum(after) / len(after):.3f}"
            print(f"{name}: {means}, lowest {min(before):.3f} -> {min(after):.3f}")
    against = " and ".join(f"{weight:.2f} of {file}" for file, weight in report.merge) or report.primary
    print(f"{report.name} is compared with {against}" if report.written else "nothing was written")
    if report.written:
        print(f"next: charforge lock {report.name}")


def _scores(row: MergeRow, judge: int) -> tuple[str, Text, str]:
    before, after, bar = row.before[judge], row.after[judge], row.bars[judge]
    style = "red" if after < bar else "green" if after > before else ""
    return f"{before:.3f}", Text(f"{after:.3f}", style), f"{bar:.3f}"
