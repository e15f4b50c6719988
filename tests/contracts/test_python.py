"""The Python axis: what users import before and after regeneration, and what the generator says."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from dialytics.contracts import (
    ContractError,
    Report,
    compare,
    write_annotations,
    write_json,
    write_markdown,
    write_text,
)
from dialytics.contracts._report import AXES
from dialytics.contracts._unions import split_union

TEXT = {"type": "string"}


@pytest.fixture
def old(api: Any) -> dict[str, Any]:
    """An operation that takes and gives a bot."""
    bot = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": TEXT, "kind": {"type": "string", "enum": ["a", "b"]}},
    }
    reference = {"$ref": "#/components/schemas/Bot"}
    document: dict[str, Any] = api(
        request=reference,
        response=reference,
        schemas={"Bot": bot},
        operationId="makeBot",
        parameters=[{"name": "dry", "in": "query", "schema": {"type": "boolean"}}],
    )
    return document


def differ(old: dict[str, Any], new: dict[str, Any]) -> Report:
    return compare(old, new, axes=["python", "generator"])


def told(report: Report) -> set[tuple[str, str, str | None]]:
    return {(change.id, change.level, change.symbol) for change in report.changes}


def test_nothing_changes_where_nothing_is_generated_anew(old: dict[str, Any]) -> None:
    """A bound or a description is nothing to Python, nor is a copy of the document."""
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Bot"]["properties"]["id"]["maxLength"] = 5
    new["components"]["schemas"]["Bot"]["description"] = "A bot"
    report = differ(old, new)
    assert (report.changes, report.verdicts) == ([], {"python": "none", "generator": "none"})


def test_functions_are_compared(old: dict[str, Any]) -> None:
    """A renamed operation is a function that went, a removed parameter a keyword that went."""
    new = copy.deepcopy(old)
    new["paths"]["/bots"]["post"]["operationId"] = "createBot"
    report = differ(old, new)
    assert told(report) == {
        ("function-removed", "breaking", "api.default.make_bot"),
        ("function-added", "compatible", "api.default.create_bot"),
    }
    assert report.changes[0].operations == ["POST /bots"]
    assert report.advice == "major"
    new = copy.deepcopy(old)
    new["paths"]["/bots"]["post"]["parameters"] = [
        {"name": "loud", "in": "query", "required": True, "schema": TEXT}
    ]
    assert told(differ(old, new)) == {
        ("parameter-removed", "breaking", "api.default.make_bot.dry"),
        ("parameter-added-required", "breaking", "api.default.make_bot.loud"),
    }


def test_fields_are_compared_with_direction(old: dict[str, Any]) -> None:
    """A field that is newly needed breaks who builds the model; in answers alone it does not."""
    new = copy.deepcopy(old)
    bot = new["components"]["schemas"]["Bot"]
    bot["required"] = ["id", "kind"]
    bot["properties"]["kind"]["enum"] = ["a", "c"]
    assert told(differ(old, new)) == {
        ("field-became-required", "breaking", "models.Bot.kind"),
        ("enum-member-removed", "breaking", "models.BotKind.'b'"),
        ("enum-member-added", "risky", "models.BotKind.'c'"),
    }
    for document in (old, new):
        del document["paths"]["/bots"]["post"]["requestBody"]
    assert told(differ(old, new)) == {
        ("field-became-required", "compatible", "models.Bot.kind"),
        ("enum-member-removed", "risky", "models.BotKind.'b'"),
        ("enum-member-added", "risky", "models.BotKind.'c'"),
    }


def test_a_dropped_endpoint_is_an_error(old: dict[str, Any]) -> None:
    """A harmless looking parameter that the generator cannot make loses the whole function."""
    new = copy.deepcopy(old)
    extra = {"name": "x", "in": "header", "schema": {"type": "object", "properties": {"a": TEXT}}}
    new["paths"]["/bots"]["post"]["parameters"].append(extra)
    found = told(differ(old, new))
    assert ("generator-endpoint-dropped", "breaking", None) in found
    assert ("function-removed", "breaking", "api.default.make_bot") in found


def test_a_refused_document_is_a_change(old: dict[str, Any]) -> None:
    """What the generator refuses is reported, and never an exception."""
    new = {**old, "paths": {"/bots": {"post": {"responses": 5}}}}
    report = differ(old, new)
    assert [(one.axis, one.id, one.level) for one in report.changes] == [
        ("generator", "generator-refuses", "breaking")
    ]
    assert "refuses the new document" in report.notes[0]
    assert (report.verdict("generator"), report.advice) == ("breaking", "major")
    back = differ(new, old)
    assert [(one.id, one.level) for one in back.changes] == [("generator-accepts", "compatible")]
    assert "refuses the old document" in back.notes[0]
    assert back.advice == "minor"
    both = differ(new, new)
    assert (both.changes, len(both.notes)) == ([], 3)
    assert both.verdict("python") == "not compared"
    gone = compare(new, {**new, "paths": {}}, axes=AXES)
    assert (gone.verdict("wire"), gone.verdict("python"), gone.advice) == (
        "breaking",
        "not compared",
        "major",
    )
    for write in (write_text, write_json, write_markdown, write_annotations):
        assert "not compared" in write(gone)
    alone = compare(old, new, axes=["python"])
    assert alone.verdicts == {"python": "not compared", "generator": "breaking"}
    assert (alone.advice, alone.fails("breaking")) == ("major", True)
    assert (
        compare(old, {**old, "swagger": "2.0", "openapi": None}, axes=["python"]).advice == "major"
    )


def test_warnings_of_the_generator_are_compared(old: dict[str, Any]) -> None:
    """A warning more is risky, one less is not; where the files lay is nobody's business."""
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Odd"] = {"type": "array"}
    report = differ(old, new)
    assert [(one.axis, one.id, one.level) for one in report.changes] == [
        ("generator", "generator-warning-added", "risky")
    ]
    assert report.changes[0].fingerprint == differ(old, new).changes[0].fingerprint
    assert [one.id for one in differ(new, old).changes] == ["generator-warning-removed"]


def test_reports_of_this_axis_are_as_their_schema_says(old: dict[str, Any]) -> None:
    """What the command would print for real changes, refusals and notes validates."""
    schema = json.loads((resources.files("dialytics.contracts") / "report.schema.json").read_text())
    validator = jsonschema_rs.validator_for(schema)
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Bot"]["properties"] = {"id": {"type": "integer"}}
    for other in (new, {**old, "paths": {"/bots": 5}}, old):
        for profile in ("consumer", "oasdiff"):
            axes = ["wire", "python", "generator", "docs"]
            report = compare(old, other, axes=axes, profile=profile)
            validator.validate(json.loads(write_json(report)))


def test_overlays_are_told_when_they_do_nothing(old: dict[str, Any], tmp_path: Any) -> None:
    """Overlays without the axis that they are for are named, and two are needed."""
    path = tmp_path / "overlay.yaml"
    path.write_text("actions: []", "utf-8")
    assert "not used" in compare(old, old, overlays=(path, path)).notes[-1]
    with pytest.raises(ContractError, match="two files"):
        compare(old, old, axes=["python"], overlays=[path])


def test_overlays_name_things(old: dict[str, Any], tmp_path: Any) -> None:
    """Overlays are applied before generating, and do not touch the wire."""
    path = tmp_path / "overlay.yaml"
    path.write_text(
        "actions: [{target: \"$.paths['/bots'].post\", update: {operationId: renamed}}]", "utf-8"
    )
    report = compare(old, old, axes=["wire", "python"], overlays=[path, path])
    assert report.changes == []
    empty = tmp_path / "empty.yaml"
    empty.write_text("actions: []", "utf-8")
    report = compare(old, old, axes=["wire", "python"], overlays=[empty, path])
    assert report.verdicts == {"wire": "none", "python": "breaking"}


def test_unions_are_split_at_their_own_bars() -> None:
    """Bars within brackets belong to the inner type."""
    assert split_union("list[int | str] | None | Unset") == ["list[int | str]", "None", "Unset"]
