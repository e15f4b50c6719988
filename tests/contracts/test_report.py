"""Reports: verdicts, advice, and how they are written."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from dialytics.contracts import (
    Change,
    ContractError,
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


def test_fingerprints_outlive_other_edits(api: Any) -> None:
    """A change keeps its fingerprint when its neighbours in a list come, go or move."""
    query = {"in": "query", "schema": {"type": "string"}}
    one, two = ({"name": name, **query} for name in ("one", "two"))
    longer = {**two, "schema": {"type": "string", "maxLength": 5}}
    kinds = [{"$ref": "#/components/schemas/A"}, {"type": "object", "title": "B"}]
    bound = [{"type": "object", "title": "B", "maxProperties": 5}]

    def find(before: list[Any], after: list[Any], choices: list[Any]) -> set[tuple[str, str]]:
        schemas = {"A": {"type": "object"}}
        pair = (
            api(parameters=before, request={"oneOf": kinds}, schemas=schemas),
            api(parameters=after, request={"oneOf": choices}, schemas=schemas),
        )
        return {(change.id, change.fingerprint) for change in compare(*pair, axes=["wire"]).changes}

    first = find([two], [longer], [kinds[0], *bound])
    assert first
    assert first == find([one, two], [one, longer], [*bound, kinds[0]])
    assert first == find([one, two], [longer, one], [kinds[0], *bound])
    other = {**one, "schema": {"type": "string", "maxLength": 5}}
    assert len(find([one, two], [other, longer], kinds)) == 2


def test_places_are_in_the_new_document(api: Any, tmp_path: Path) -> None:
    """What went is placed where it would stand now; only without a new text in the old one."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    query = {"name": "q", "in": "query", "schema": {"type": "string"}}
    documents = api(parameters=[query]), api(parameters=[])
    for path, document in zip((old, new), documents, strict=True):
        path.write_text(json.dumps(document, indent=1), "utf-8")
    (change,) = compare(old, new).changes
    line = 1 + new.read_text("utf-8").splitlines().index('    "parameters": []')
    assert (change.id, change.location) == ("request-parameter-removed", f"{new}:{line}:5")
    assert f"file={new},line={line}," in write_annotations(compare(old, new))
    (change,) = compare(old, documents[1]).changes
    assert str(change.location).startswith(f"{old}:")


def test_json_is_as_its_schema_says(report: Report, change: Change) -> None:
    """What is written as JSON validates against the published schema."""
    full = Report(
        [*report.changes, change],
        ["wire", "python", "generator", "docs"],
        suppressed=[(change, "known")],
        notes=["a note"],
    )
    validator = jsonschema_rs.validator_for(SCHEMA)
    for one in (report, full, compare({"paths": {}}, {"paths": {}}, profile="oasdiff")):
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


def test_text_wraps_on_request_only(change: Change) -> None:
    """A change is one line however long; a terminal's width keeps what belongs to it indented."""
    long = replace(change, symbol="api." + "x" * 150, before="b " * 39, after="a " * 39)
    report = Report([long], ["python"], notes=["n " * 200])
    lines = write_text(report).splitlines()
    assert any("function removed" in line and "[function-removed]" in line for line in lines)
    assert any(line.strip() == long.symbol for line in lines)
    narrow = write_text(report, width=60).splitlines()
    start = next(n for n, line in enumerate(narrow) if "function removed" in line)
    assert all(line.startswith("  ") for line in narrow[start : narrow.index("", start)])
    assert max(map(len, narrow)) <= 60


def test_an_axis_is_known(report: Report) -> None:
    """A misspelt axis is refused; one that nobody looked at is not said to be unchanged."""
    assert report.verdict("python") == "not compared"
    with pytest.raises(ContractError, match="axis 'pyton' is unknown; use one of wire"):
        report.verdict("pyton")


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
        (":specs/a.yaml:3:4", "file=specs/a.yaml,line=3,col=4"),
        ("https://a.test/a.yaml:3:4", ""),
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
    assert any("breaking changes not shown here: 2" in line for line in lines)


def test_order_of_properties(api: Any) -> None:
    """Properties in another order are told, unless the whole document was merely rewritten."""
    schema = {"type": "object", "properties": {"b": {}, "a": {}}}
    turned = {"type": "object", "properties": {"a": {}, "b": {}}}
    assert compare(api(response=schema), api(response=turned)).changes == []
    old, new = (api(schemas={"Bot": one}) for one in (schema, turned))
    (change,) = compare(old, new).changes
    assert (change.axis, change.id, change.level) == (
        "wire",
        "property-order-changed",
        "compatible",
    )
    assert compare(old, json.loads(json.dumps(old, sort_keys=True))).changes == []
    assert compare(old, new, profile="oasdiff").changes == []
