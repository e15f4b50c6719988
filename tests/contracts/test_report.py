"""Reports: verdicts, advice, and how they are written."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from dialytics.contracts import (
    Change,
    Report,
    as_data,
    compare,
    write_annotations,
    write_json,
    write_markdown,
    write_text,
)

SCHEMA = json.loads((resources.files("dialytics.contracts") / "report.schema.json").read_text())


def test_verdicts(report: Report) -> None:
    """An axis's verdict is its highest level; the wire decides on the version by default."""
    assert report.verdicts == {"wire": "breaking", "docs": "compatible"}
    assert (report.is_breaking, report.advice) == (True, "major")
    assert [report.fails(level) for level in ("breaking", "risky", "none")] == [True, True, False]


def test_only_documentation(api: Any) -> None:
    """A change of texts alone is said to be one, and is no reason to fail."""
    old, new = api(summary="Make a bot"), api(summary="Make one bot")
    report = compare(old, new)
    assert (report.verdicts, report.advice) == ({"wire": "none", "docs": "compatible"}, "patch")
    assert report.notes == ["Only the documentation changed; the contract did not."]
    assert report.changes[0].operations == ["POST /bots"]
    assert not report.fails("risky")
    assert compare(old, dict(old)).notes == ["Only the formatting differs."]


def test_fingerprints_name_changes(api: Any) -> None:
    """The same change has the same fingerprint in the next comparison, another one has another."""
    old = api(response={"properties": {"a": {"type": "string"}, "b": {"type": "string"}}})
    new = api(response={"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}})
    first, second = ([one.fingerprint for one in compare(old, new).changes] for _ in range(2))
    assert first == second
    assert len(set(first)) == 2


def test_json_is_as_its_schema_says(report: Report, change: Change) -> None:
    """What is written as JSON validates against the published schema."""
    full = Report(
        [*report.changes, change],
        ["wire", "python", "generator", "docs"],
        suppressed=[(change, "known")],
        notes=["a note"],
    )
    validator = jsonschema_rs.validator_for(SCHEMA)
    for one in (report, full, compare({}, {}, profile="oasdiff")):
        validator.validate(json.loads(write_json(one)))
    broken = as_data(full)
    broken["changes"][0]["level"] = "bad"
    assert not validator.is_valid(broken)


def test_text_has_the_worst_first(report: Report) -> None:
    """Text goes from breaking to compatible and ends with verdicts and the advice."""
    text = write_text(report)
    assert text.index("breaking (1)") < text.index("risky (1)") < text.index("compatible (")
    assert text.endswith("wire: breaking\ndocs: compatible\nversion advice: major\n")
    assert "\x1b[" not in text
    assert "\x1b[" in write_text(report, color=True)


def test_markdown_is_harmless(report: Report) -> None:
    """What a document says cannot break the table, and compatible changes are folded."""
    text = write_markdown(report)
    assert "| wire | **breaking** | 3 |" in text
    assert "<details><summary>compatible" in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert all(line.replace("\\|", "").count("|") == 4 for line in rows)
    assert "<it>" not in text


def test_markdown_fits_a_comment(change: Change) -> None:
    """A long report is cut, and says so."""
    many = [
        Change("wire", "endpoint-added", "compatible", f"/{n}", after="x") for n in range(5_000)
    ]
    text = write_markdown(Report([change, *many], ["wire", "python"]))
    assert len(text) < 65_536
    assert text.count("<details>") == text.count("</details>")
    assert "The report is longer" in text


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("specs/a.yaml:3:4", "file=specs/a.yaml,line=3,col=4"),
        ("HEAD:specs/a.yaml:3:4", "file=specs/a.yaml,line=3,col=4"),
        ("a,b%.yaml:3:4", "file=a%2Cb%25.yaml,line=3,col=4"),
        (None, ""),
    ],
)
def test_annotations(location: str | None, place: str) -> None:
    """An annotation has its place and its kind, and nothing in it can end it early."""
    change = Change(
        "wire", "x-y", "risky", "/a", ["GET /b"], after="50%\n::error", location=location
    )
    first, last = write_annotations(Report([change], ["wire"])).splitlines()
    separator = "," if place else ""
    assert first == f"::warning {place}{separator}title=x-y::x y: 50%25 ::error in GET /b"
    assert last == "::notice title=contracts::wire: risky; version advice: minor"


def test_annotations_are_few(change: Change) -> None:
    """GitHub shows ten of a kind, so ten are written and the rest is counted."""
    many = [Change("wire", "a", "breaking", f"/{n}") for n in range(12)]
    lines = write_annotations(Report(many, ["wire"])).splitlines()
    assert sum(line.startswith("::error") for line in lines) == 10
    assert any("2 more breaking changes" in line for line in lines)


def test_order_of_properties(api: Any) -> None:
    """Properties in another order are told, unless the whole document was merely rewritten."""
    schema = {"type": "object", "properties": {"b": {}, "a": {}}}
    turned = {"type": "object", "properties": {"a": {}, "b": {}}}
    old, new = api(response=schema), api(response=turned)
    (change,) = compare(old, new).changes
    assert (change.axis, change.id, change.level) == (
        "wire",
        "property-order-changed",
        "compatible",
    )
    assert compare(old, json.loads(json.dumps(old, sort_keys=True))).changes == []
    assert compare(old, new, profile="oasdiff").changes == []
