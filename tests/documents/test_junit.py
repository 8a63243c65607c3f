"""A report of tests is XML that continuous integration reads, whatever words it holds."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from charforge.documents.junit import Case, Outcome, junit

CASES = (
    Case("shot 1", "dailies", 0.25, output="mia 0.81 (bar 0.41)"),
    Case("shot 2", "dailies", 1.5, "failure", "mia drifts", "drift", "mia 0.31, bar 0.41\nat 1.2 s"),
    Case("shot 3", "dailies", 0.0, "error", "the file is empty"),
    Case("shot 4", "dailies/b", 0.1, "skipped", "turned away"),
)
TOTALS = frozenset({"name", "tests", "failures", "errors", "time"})
WHY = (frozenset({"message", "type"}), frozenset[str](), ())
SCHEMA: dict[str, tuple[frozenset[str], frozenset[str], tuple[str, ...]]] = {
    "testsuites": (TOTALS, frozenset(), ("testsuite",)),
    "testsuite": (TOTALS | {"skipped"}, frozenset({"name", "tests", "failures", "errors"}), ("properties", "testcase")),
    "properties": (frozenset(), frozenset(), ("property",)),
    "property": (frozenset({"name", "value"}), frozenset({"name", "value"}), ()),
    "testcase": (
        frozenset({"name", "classname", "time"}),
        frozenset({"name"}),
        ("skipped", "error", "failure", "system-out"),
    ),
    "skipped": WHY,
    "error": WHY,
    "failure": WHY,
    "system-out": (frozenset(), frozenset(), ()),
}
"""For each element its attributes, those that it must have, and what may lie in it.

Source: junit-10.xsd of Jenkins' xUnit plugin, as far as it is used.
"""


def valid(report: bytes) -> ET.Element:
    """Return the root of a report; every element and attribute must be one that readers know."""
    root = ET.fromstring(report)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, needed, children = SCHEMA[element.tag]
        assert needed <= element.attrib.keys() <= attributes
        assert {child.tag for child in element} <= set(children)
        counts = [element.get(key, "0") for key in ("tests", "failures", "errors", "skipped")]
        assert all(count.isdecimal() for count in counts)
        assert float(element.get("time", "0")) >= 0
    return root


def test_a_suite_counts_its_cases() -> None:
    """Every outcome is told as readers know it, and the totals are theirs."""
    root = valid(junit("judged", CASES, {"cast": "mia"}))
    (suite,) = root
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "1.850",
    }
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [["system-out"], ["failure"], ["error"], ["skipped"]]
    failure = cases[1].find("failure")
    assert failure is not None
    assert (failure.get("message"), failure.get("type")) == ("mia drifts", "drift")
    assert failure.text == "mia 0.31, bar 0.41\nat 1.2 s"
    assert [p.attrib for p in suite.iter("property")] == [{"name": "cast", "value": "mia"}]


def test_a_suite_without_cases_is_a_suite() -> None:
    """Nothing tested is a report as well."""
    assert valid(junit("judged", ()))[0].get("tests") == "0"


@given(st.text(st.characters(codec=None)), st.sampled_from(["pass", "failure", "error", "skipped"]))
def test_whatever_is_said_the_report_can_be_read(words: str, outcome: Outcome) -> None:
    """Control characters, lone surrogates of odd file names and markup do no harm."""
    case = Case(words, words, 0.0, outcome, words, words, words, words)
    root = valid(junit(words, [case], {words: words}))
    assert len(root.findall("testsuite/testcase")) == 1
