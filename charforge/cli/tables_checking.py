"""Checked pictures as tables for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from charforge.cli.tables import out, table

if TYPE_CHECKING:
    from charforge.domain.checks import Alike, Checked, Rule
    from charforge.studio.checking import PictureReport

STYLE = {"ok": "green", "warn": "yellow", "fail": "red"}


def checks(report: PictureReport, *, every: bool = False) -> None:
    """Print a table for each photograph, what is broken of each reference of an asset, and who looks like whom."""
    for checked in report.photos:
        _picture(checked.file, checked, every=True)
    for asset in report.assets:
        for checked in asset.references:
            _picture(f"{asset.name}: {checked.file}", checked, every=every)
        for pair in asset.alike:
            out().print(Text("warning: ", style="yellow") + Text(_alike(pair)))


def _picture(title: str, checked: Checked, *, every: bool) -> None:
    failed, warned = len(checked.failed()), len(checked.warned())
    verdict = f"{failed} failed, {warned} warned" if failed or warned else "ok"
    shown = [rule for rule in checked.rules if every or rule.outcome != "ok"]
    out().print(Text(f"{title} as {checked.step}, {len(checked.rules)} rules: {verdict}", style="bold"))
    if shown:
        table(("rule", "measured", "wanted", "verdict", "fix"), [_row(rule) for rule in shown])
        out().print()


def _row(rule: Rule) -> tuple[str | Text, ...]:
    unit = f" {rule.unit}" if rule.unit else ""
    measured = "not measured" if rule.number is None else f"{_number(rule.number)}{unit}"
    return rule.name, measured, rule.limit, Text(rule.outcome, style=STYLE[rule.outcome]), rule.fix


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3g}"


def _alike(pair: Alike) -> str:
    return (
        f"{pair.one} and {pair.other} look alike: {pair.value:.2f}, and from {pair.limit:.2f} on the first judge takes "
        "two faces for one person; cast one of them anew, with --apart-from the other"
    )
