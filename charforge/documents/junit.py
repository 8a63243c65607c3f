"""Writes JUnit's XML, the report of tests that continuous integration reads.

Source: the schema of Jenkins' xUnit plugin (junit-10.xsd), whose subset here GitLab and others read too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Outcome = Literal["pass", "failure", "error", "skipped"]
_COUNTED: dict[Outcome, str] = {"failure": "failures", "error": "errors", "skipped": "skipped"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold, escaped or not."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was tested."""

    name: str
    group: str
    """What it belongs to, such as its folder; shown as a tree where the reader makes one."""
    seconds: float = 0.0
    outcome: Outcome = "pass"
    """`failure`: not good enough. `error`: could not be tested. `skipped`: nothing can be said of it."""
    message: str = ""
    """Why not, in a line."""
    kind: str = ""
    """What sort of reason, in a word."""
    details: str = ""
    """More lines, shown when it is opened."""
    output: str = ""
    """What is worth knowing of a case whatever its outcome, such as its numbers."""


def junit(name: str, cases: Sequence[Case], facts: Mapping[str, str] | None = None) -> bytes:
    """Return a suite of cases as UTF-8 XML; `facts` are its properties. Characters that XML cannot hold become `?`."""
    totals = {"name": _text(name), "tests": str(len(cases)), **_counts(cases)}
    totals["time"] = f"{sum(case.seconds for case in cases):.3f}"
    # The schema lets only a suite count what was skipped.
    root = ET.Element("testsuites", {key: value for key, value in totals.items() if key != "skipped"})
    suite = ET.SubElement(root, "testsuite", totals)
    if facts:
        properties = ET.SubElement(suite, "properties")
        for key, value in facts.items():
            ET.SubElement(properties, "property", {"name": _text(key), "value": _text(value)})
    for case in cases:
        _add(suite, case)
    ET.indent(root)
    report: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return report + b"\n"


def _counts(cases: Sequence[Case]) -> dict[str, str]:
    return {word: str(sum(case.outcome == outcome for case in cases)) for outcome, word in _COUNTED.items()}


def _add(suite: ET.Element, case: Case) -> None:
    facts = {"name": _text(case.name), "classname": _text(case.group), "time": f"{case.seconds:.3f}"}
    made = ET.SubElement(suite, "testcase", facts)
    if case.outcome != "pass":
        why = {"message": _text(case.message), "type": _text(case.kind or case.outcome)}
        ET.SubElement(made, case.outcome, why).text = _text(case.details)
    if case.output:
        ET.SubElement(made, "system-out").text = _text(case.output)


def _text(words: str) -> str:
    return _NO_XML.sub("?", words)
