"""The vendors' documents, our overlays, and the effective specs that they make together."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate

from tools import specs

Json: TypeAlias = Any

VENDOR_DOCS = Path(__file__).resolve().parents[2].parent / "shared" / "vendor-docs"
PUBLISHED = ("chatlayer", "cognigy")
HAND_WRITTEN = ("digitalcx", "inkeep")
SCHEMA = "#/components/schemas/"
MARKS = {"documented", "observed", "inferred", "unknown"}

DIGITALCX_QUERY = """
culture startDate endDate filterText paginateData continuationToken includeUserinfo
interactionTypes mainInteractionType mainInteractionTypes activeSessionOnly environment
sessionMode
"""
DIGITALCX_COLUMNS = """
LogId InteractionUuid OriginatingInteractionUuid SessionUuid SessionIsActive TimestampStart
TimestampEnd Culture MainInteractionType AllInteractionTypes InteractionValue OutputText
OutputMetadata ArticleIds DialogPaths TDialogStatus RecognitionType RecognitionQuality
RecognitionDetails GenerativeAISources Articles FaqsFound Contexts Pages LinkclickInfo
FeedbackInfo AdditionalSessionInfo Variables
"""
DIGITALCX_NOT_NULL = {
    "LogId",
    "InteractionUuid",
    "SessionUuid",
    "SessionIsActive",
    "TimestampStart",
    "TimestampEnd",
    "Culture",
    "MainInteractionType",
    "AllInteractionTypes",
}
INKEEP = """
GET /conversations | getAllConversation | limit offset | 404 | API
POST /conversations | logConversation | | | WEB API
GET /conversations/external/{externalId} | getConversationByExternalId | externalId* | 404 | API
DELETE /conversations/{id} | deleteConversation | id* | 404 | WEB API
GET /conversations/{id} | getConversation | id* | 404 | WEB API
POST /events | logEvent | | | WEB API
GET /feedback | getAllFeedback | limit offset | 404 | API
POST /feedback | logFeedback | | | API
DELETE /feedback/{id} | deleteFeedbackById | id* | 404 | API
GET /feedback/{id} | getFeedbackById | id* | 404 | API
POST /query/conversations | queryConversations | | | API
POST /query/conversations/export | exportConversationsQueryResults | | | API
POST /query/events | queryEvents | | | API
POST /query/events/export | exportEventsQueryResults | | | API
POST /query/feedback | queryFeedback | | | API
POST /query/feedback/export | exportFeedbackQueryResults | | | API
POST /query/property-keys | queryPropertyKeys | | | API
POST /query/property-values | queryPropertyValues | | | API
POST /query/semantic-threads | querySemanticThreads | | | API
POST /query/semantic-threads/export | exportSemanticThreadsQueryResults | | | API
GET /query/top-search-queries | topSearchQueries | after project_id | | API
GET /query/weekly-search-users | weeklySearchUsers | after project_id | | API
"""
# The least that parsing cannot live without; everything else a response may leave out.
REQUIRED_IN_RESPONSES = {"digitalcx": {"Interaction": ["LogId"]}}


@cache
def _load(edition: str, vendor: str) -> str:
    return json.dumps(getattr(specs, edition)(vendor))


def load_vendor(vendor: str) -> Json:
    return json.loads(_load("vendor_spec", vendor))


def load_effective(vendor: str) -> Json:
    return json.loads(_load("effective_spec", vendor))


every_vendor = pytest.mark.parametrize("vendor", specs.VENDORS)


def resolve(document: Json, part: Json) -> Json:
    while "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        part = document["components"][kind][name]
    return part


def operations(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "responses" in operation
    }


def parameters(document: Json, operation: Json) -> list[Json]:
    return [resolve(document, part) for part in operation.get("parameters", ())]


def parts(value: Json, *path: str | int) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Yield every part that is an object; the contents of examples and extensions are no parts."""
    if isinstance(value, dict):
        yield path, value
        for name, inner in value.items():
            named = bool(path) and path[-1] in ("properties", "schemas", "paths")
            if named or not (name in ("example", "examples") or name.startswith("x-")):
                yield from parts(inner, *path, name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from parts(inner, *path, number)


def schemas(document: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Yield every schema, inner ones included."""
    for path, part in parts(document):
        if path[-1:] in (("schema",), ("items",), ("additionalProperties",)) or path[-2:-1] in (
            ("properties",),
            ("schemas",),
            ("allOf",),
        ):
            yield path, part


def references(value: Json) -> set[str]:
    return {part["$ref"] for _, part in parts(value) if "$ref" in part}


def reached(document: Json, *start: Json) -> set[str]:
    """Return the names of the schemas that parts of a document lead to."""
    found: set[str] = set()
    pending = [name for part in start for name in references(part)]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += references(resolve(document, {"$ref": name}))
    return {name.removeprefix(SCHEMA) for name in found if name.startswith(SCHEMA)}


# Documents


@every_vendor
@pytest.mark.parametrize("edition", [load_vendor, load_effective])
def test_valid(vendor: str, edition: Any) -> None:
    """Every vendor and every effective spec is a valid OpenAPI 3.0 document."""
    document = edition(vendor)
    validate(document)
    assert document["openapi"].startswith("3.0.")


@pytest.mark.parametrize("vendor", PUBLISHED)
@pytest.mark.skipif(not VENDOR_DOCS.is_dir(), reason="the vendors' documents are not beside us")
def test_published_byte_for_byte(vendor: str) -> None:
    """A document that its vendor publishes is checked in byte for byte."""
    ours = specs.SPECS / vendor / "vendor.yaml"
    assert ours.read_bytes() == (VENDOR_DOCS / f"{vendor}-openapi.yaml").read_bytes()


@every_vendor
def test_source(vendor: str) -> None:
    """Where a document comes from is stated in full, and what is extracted is in it."""
    source = tomllib.loads((specs.SPECS / vendor / "source.toml").read_text(encoding="utf-8"))
    assert set(source) == {
        "url",
        "date",
        "licence",
        "provenance",
        "extracted",
        "sha256",
        "doc_pages",
        "notes",
    }
    assert all(source[key] for key in source)
    assert isinstance(source["date"], date)
    assert source["provenance"] in {"excerpt", "reconstructed", "hand-written"}
    assert (source["provenance"] == "hand-written") == (vendor in HAND_WRITTEN)
    assert all(page.startswith("https://") for page in [source["url"], *source["doc_pages"]])
    document = load_vendor(vendor)
    ids = {operation["operationId"] for operation in operations(document).values()}
    extracted = source["extracted"]
    assert set(extracted) == {"operations", "components"}
    assert bool(extracted["operations"]) == (source["provenance"] == "excerpt")
    assert not extracted["operations"] or set(extracted["operations"]) == ids
    for name in extracted["components"]:
        assert resolve(document, {"$ref": f"#/components/{name}"})


@every_vendor
def test_source_hash(vendor: str) -> None:
    """The hash in source.toml is that of the checked-in document's content."""
    source = tomllib.loads((specs.SPECS / vendor / "source.toml").read_text(encoding="utf-8"))
    right = specs.canonical_sha256(load_vendor(vendor))
    assert source["sha256"] == right, f"specs/{vendor}/source.toml: sha256 must be {right}"


def test_hash_is_of_the_content() -> None:
    """A document's hash follows its content, not the order of its keys."""
    assert specs.canonical_sha256({"a": 1, "b": "é"}) == specs.canonical_sha256({"b": "é", "a": 1})
    assert specs.canonical_sha256({"a": 1}) != specs.canonical_sha256({"a": "1"})


def test_times_stay_text(tmp_path: Path) -> None:
    """A loaded document has JSON's types only, so a date in it is text."""
    path = tmp_path / "document.yaml"
    path.write_text("day: 2026-10-01\ncount: 3\n", encoding="utf-8")
    assert specs.load_document(path) == {"day": "2026-10-01", "count": 3}
    path.write_text("- a list\n", encoding="utf-8")
    with pytest.raises(specs.OverlayError, match="not a document"):
        specs.load_document(path)


# Overlays

SMALL: dict[str, Json] = {"a": {"x": 1, "y": 2}, "b": {"x": [1]}}


def patch(**action: Json) -> Json:
    return specs.patch_document(SMALL, {"actions": [{"description": "because", **action}]})


def test_patch_changes_a_copy() -> None:
    """Actions are applied in their order to a copy."""
    before = copy.deepcopy(SMALL)
    patched = specs.patch_document(
        SMALL,
        {
            "actions": [
                {"target": "$.a.x", "description": "one", "remove": True},
                {"target": "$.a", "description": "two", "update": {"z": 3}},
            ]
        },
    )
    assert patched == {"a": {"y": 2, "z": 3}, "b": {"x": [1]}}
    assert before == SMALL


@pytest.mark.parametrize(
    ("action", "fault"),
    [
        ({"target": "$.c", "remove": True}, r"\$\.c matches nothing"),
        ({"target": "$.a[?(@.name=='n')]", "remove": True}, "matches nothing"),
        ({"target": "$.a", "update": {}, "description": " "}, "gives no reason"),
        ({"target": "$.a"}, "neither update nor remove"),
        ({"target": "$.a['x','q']", "remove": True}, r"\$\.a\['q'\] matches nothing"),
        ({"target": "$['a', 'c'].x", "remove": True}, r"\$\['c'\]\.x matches nothing"),
        ({"target": "$['a','b']['x','q']", "remove": True}, r"\['q'\] matches nothing"),
    ],
)
def test_action_without_effect(action: dict[str, Json], fault: str) -> None:
    """An action that has no reason, does nothing, or misses a part of its target is an error."""
    with pytest.raises(specs.OverlayError, match=fault):
        patch(**action)


def test_whole_union() -> None:
    """A union whose members are all there reaches each of them."""
    assert patch(target="$['a','b'].x", remove=True) == {"a": {"y": 2}, "b": {}}


@every_vendor
def test_overlay_reasons(vendor: str) -> None:
    """Every action of an overlay is a correction with a reason."""
    overlay = specs.load_document(specs.SPECS / vendor / "overlay.yaml")
    assert overlay["overlay"] == "1.0.0"
    assert set(overlay["info"]) >= {"title", "version"}
    for action in overlay["actions"]:
        assert len(action["description"].split()) >= 3, action["target"]
        assert set(action) <= {"target", "description", "update", "remove"}


@every_vendor
def test_vendor_moves_an_operation(
    vendor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a vendor's document changes under an overlay, the stale action is named with file."""
    document = load_vendor(vendor)
    overlay = specs.load_document(specs.SPECS / vendor / "overlay.yaml")
    named = [
        re.search(r"\$\.paths\['([^']*)'\]", action["target"]) for action in overlay["actions"]
    ]
    path = next(match.group(1) for match in named if match)
    document["paths"]["/moved"] = document["paths"].pop(path)
    (tmp_path / vendor).mkdir()
    for name, content in (("vendor", document), ("overlay", overlay)):
        (tmp_path / vendor / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(specs, "SPECS", tmp_path)
    with pytest.raises(specs.OverlayError) as caught:
        specs.effective_spec(vendor)
    assert f"specs/{vendor}/overlay.yaml: action " in str(caught.value)
    assert f"$.paths['{path}']" in str(caught.value)
    assert "matches nothing" in str(caught.value)


# Effective specs: what the generator and a tolerant reader need


def find_faults(document: Json, required: Mapping[str, list[str]]) -> list[str]:
    """Name what the generator would turn into trouble."""
    found = [fault for path, schema in schemas(document) for fault in judge_schema(path, schema)]
    for name, operation in operations(document).items():
        found += [f"{name}: {fault}" for fault in judge_operation(document, operation)]
    found += judge_components(document)
    for name in reached(document, *(op["responses"] for op in operations(document).values())):
        if document["components"]["schemas"][name].get("required", []) != required.get(name, []):
            found.append(f"{name}: requires more of a response than parsing needs")
    return found


def judge_schema(path: tuple[str | int, ...], schema: Json) -> Iterator[str]:
    where = "/".join(str(step) for step in path)
    for word in ("anyOf", "oneOf", "not", "discriminator", "enum", "const", "default"):
        if word in schema:
            yield f"{where}: {word}"
    if "allOf" in schema and (len(schema["allOf"]) != 1 or "$ref" not in schema["allOf"][0]):
        yield f"{where}: allOf is more than a reference that may be null"
    if "$ref" in schema and len(schema) > 1:
        yield f"{where}: what stands beside a $ref is ignored"
    if schema.get("format") in ("uuid", "uri", "email", "binary"):
        yield f"{where}: the format {schema['format']}"
    if schema.get("format") == "date-time" and not schema.get("nullable"):
        yield f"{where}: a time that raises for null and for text of another form"
    inline = path[:-1] != ("components", "schemas")
    if inline and ("properties" in schema or schema.get("type") == "object"):
        yield f"{where}: an inline object"


def judge_operation(document: Json, operation: Json) -> Iterator[str]:
    verbs = "create|delete|export|get|list|log|query|update"
    if not re.fullmatch(rf"echo|({verbs})[A-Z][A-Za-z]+", operation["operationId"]):
        yield f"{operation['operationId']} is not a verb and a noun"
    if not operation.get("security"):
        yield "no security of its own"
    if len(operation.get("tags", ())) != 1:
        yield "not in one module"
    for parameter in parameters(document, operation):
        if parameter["schema"].get("format") == "date-time":
            yield f"{parameter['name']}: the facade writes times"
    declared = operation["responses"]
    if "default" not in declared and not {"4XX", "5XX"} <= set(declared):
        yield "errors that are not declared have no response"
    for status, reference in declared.items():
        media = resolve(document, reference).get("content", {})
        yield from judge_content(status, media)


def judge_content(status: str, media: Json) -> Iterator[str]:
    if "text/csv" in media and next(iter(media)) != "text/csv":
        yield f"{status}: CSV is not the first content"
    if "text/csv" in media and media["text/csv"]["schema"].get("type") != "string":
        yield f"{status}: CSV is no text"
    if not status.startswith("2"):
        for content in media.values():
            if content["schema"] != {"$ref": f"{SCHEMA}Problem"}:
                yield f"{status}: an error of its own shape"


def judge_components(document: Json) -> Iterator[str]:
    named = document["components"]["schemas"]
    yield from (
        f"{name}: is not used" for name in named.keys() - reached(document, document["paths"])
    )
    shapes: dict[str, str] = {}
    for name, schema in named.items():
        shape = json.dumps(strip_prose(schema), sort_keys=True)
        if other := shapes.get(shape):
            yield f"{name}: is {other} under another name"
        shapes[shape] = name


def strip_prose(value: Json) -> Json:
    if isinstance(value, list):
        return [strip_prose(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: strip_prose(inner)
        for name, inner in value.items()
        if not (name.startswith("x-") or (name == "description" and isinstance(inner, str)))
    }


@every_vendor
def test_effective_rules(vendor: str) -> None:
    """An effective spec holds nothing that the generator ignores, or that makes reading strict."""
    required = REQUIRED_IN_RESPONSES.get(vendor, {})
    assert find_faults(load_effective(vendor), required) == []


@pytest.mark.parametrize(
    ("place", "change", "fault"),
    [
        ("components.schemas.Link.properties.type", {"enum": ["a"]}, "Link/properties/type: enum"),
        ("components.schemas.Link", {"oneOf": []}, "Link: oneOf"),
        ("components.schemas.Link", {"discriminator": {}}, "Link: discriminator"),
        ("components.schemas.Link", {"required": ["url"]}, "Link: requires more"),
        ("components.schemas.Link", {"allOf": [{"type": "object"}]}, "allOf is more"),
        ("components.schemas.Link.properties.url", {"format": "uri"}, "the format uri"),
        ("components.schemas.Link.properties.url", {"format": "date-time"}, "a time that raises"),
        ("components.schemas.Link.properties.url", {"type": "object"}, "an inline object"),
        ("components.schemas.Link.properties.url", {"$ref": f"{SCHEMA}Link"}, "beside a $ref"),
        ("components.schemas", {"Stray": {"type": "string"}}, "Stray: is not used"),
        ("components.parameters.Offset.schema", {"default": 0}, "Offset/schema: default"),
        ("components.parameters.Offset.schema", {"format": "date-time"}, "offset: the facade"),
        ("paths./events.post", {"operationId": "events"}, "events is not a verb and a noun"),
        ("paths./events.post", {"security": []}, "no security of its own"),
        ("paths./events.post", {"tags": []}, "not in one module"),
        ("paths./events.post", {"responses": {"4XX": {}}}, "have no response"),
        (
            "paths./events.post.responses",
            {"418": {"content": {"text/plain": {"schema": {"type": "string"}}}}},
            "418: an error of its own shape",
        ),
        (
            "paths./query/events/export.post.responses.200",
            {"content": {"application/json": {"schema": {}}, "text/csv": {"schema": {}}}},
            "200: CSV is not the first content",
        ),
    ],
)
def test_broken_rules_are_found(place: str, change: dict[str, Json], fault: str) -> None:
    """Each rule notices the spec that breaks it."""
    document = load_effective("inkeep")
    part = document
    for step in place.split("."):
        part = part[step]
    part.update(change)
    assert any(fault in found for found in find_faults(document, {}))


def test_twin_schemas_are_found() -> None:
    """A schema that repeats another under a new name is noticed, whatever its description."""
    document = load_effective("inkeep")
    named = document["components"]["schemas"]
    named["Again"] = {**named["Link"], "description": "another text"}
    assert "Again: is Link under another name" in find_faults(document, {})


# Evidence


def marked(document: Json) -> list[tuple[tuple[str | int, ...], Json]]:
    return [(path, part["x-evidence"]) for path, part in parts(document) if "x-evidence" in part]


@every_vendor
def test_evidence(vendor: str) -> None:
    """Every operation says where it comes from, and every mark is one of four with its source."""
    document = load_effective(vendor)
    for name, operation in operations(document).items():
        assert "x-evidence" in operation, name
    for path, evidence in marked(document):
        assert isinstance(evidence, dict), path
        assert set(evidence) <= {"mark", "source", "note"}, path
        assert evidence["mark"] in MARKS, path
        assert evidence["source"].strip(), path


@pytest.mark.parametrize("vendor", HAND_WRITTEN)
def test_evidence_of_hand_written_parts(vendor: str) -> None:
    """In a document of our own each operation, parameter and security scheme has its mark."""
    document = load_vendor(vendor)
    asked = [
        (name, parameter)
        for name, operation in operations(document).items()
        for parameter in parameters(document, operation)
        if parameter["in"] != "path"
    ]
    schemes = document["components"]["securitySchemes"].items()
    for name, part in [*operations(document).items(), *asked, *schemes]:
        assert "x-evidence" in part, (name, part.get("name"))
    assert "x-evidence" in document["info"]


# DigitalCX


def test_digitalcx_operation() -> None:
    """The one operation has two path and thirteen query parameters, of which three are required."""
    document = load_vendor("digitalcx")
    ((name, operation),) = operations(document).items()
    assert name == "GET /{customerKey}/projects/{projectKey}/interactions"
    asked = parameters(document, operation)
    assert [one["name"] for one in asked if one["in"] == "path"] == ["customerKey", "projectKey"]
    query = [one for one in asked if one["in"] == "query"]
    assert [one["name"] for one in query] == DIGITALCX_QUERY.split()
    needed = [one["name"] for one in query if one["required"]]
    assert needed == ["culture", "startDate", "endDate"]
    assert set(operation["responses"]) == {"200", "204", "400", "403", "500"}
    success = operation["responses"]["200"]
    assert list(success["headers"]) == ["continuationToken"]
    assert list(success["content"]) == ["text/csv", "application/json"]


def test_digitalcx_columns() -> None:
    """The record has the 28 known columns; those that are documented to be never null say so."""
    schema = load_vendor("digitalcx")["components"]["schemas"]["Interaction"]
    columns = schema["properties"]
    assert list(columns) == DIGITALCX_COLUMNS.split()
    assert len(columns) == 28
    nullable = {name for name, column in columns.items() if column.get("nullable")}
    assert set(columns) - nullable == DIGITALCX_NOT_NULL
    for name, column in columns.items():
        assert "x-evidence" in column, name
    effective = load_effective("digitalcx")["components"]["schemas"]["Interaction"]
    assert list(effective["properties"]) == DIGITALCX_COLUMNS.split()
    assert all(
        column.get("nullable")
        for name, column in effective["properties"].items()
        if name != "LogId"
    )


# Inkeep


def test_inkeep_operations() -> None:
    """The 22 operations have the vendor's ids, parameters, statuses and kinds of key."""
    document = load_vendor("inkeep")
    rows = [[cell.strip() for cell in line.split("|")] for line in INKEEP.strip().splitlines()]
    found = operations(document)
    assert len(rows) == 22
    assert sorted(found) == sorted(row[0] for row in rows)
    for name, vendor_id, asked, more, keys in rows:
        operation = found[name]
        declared = [
            one["name"] + "*" * one.get("required", False)
            for one in parameters(document, operation)
        ]
        accepted = [scheme for choice in operation["security"] for scheme in choice]
        assert operation["operationId"] == vendor_id
        assert declared == asked.split()
        statuses = {"200", "400", "401", "403", "422", "500", *more.split()}
        assert set(operation["responses"]) == statuses, name
        kinds = {"WEB": "WebIntegrationKey", "API": "ApiIntegrationKey"}
        assert accepted == [kinds[key] for key in keys.split()], name


def test_inkeep_contents() -> None:
    """Exports answer with CSV, everything else with JSON, and errors with problem+json."""
    document = load_vendor("inkeep")
    for name, operation in operations(document).items():
        wanted = "text/csv" if name.endswith("/export") else "application/json"
        for status, reference in operation["responses"].items():
            media = list(resolve(document, reference)["content"])
            assert media == ([wanted] if status == "200" else ["application/problem+json"]), name
        body = operation.get("requestBody")
        assert (body is not None) == name.startswith("POST"), name
        optional = name in ("POST /query/property-keys", "POST /query/property-values")
        assert body is None or body.get("required", False) != optional, name


def test_inkeep_limits() -> None:
    """Both listings take limits of 0 to 100, with the vendor's defaults, and no negative offset."""
    document = load_vendor("inkeep")
    for path, default in (("/conversations", 20), ("/feedback", 10)):
        limit, offset = parameters(document, document["paths"][path]["get"])
        bounds = [limit["schema"][word] for word in ("minimum", "maximum", "default")]
        assert bounds == [0, 100, default]
        assert (offset["schema"]["minimum"], offset["schema"]["default"]) == (0, 0)


# What overlays restate, and examples


def test_cognigy_restates_the_body() -> None:
    """The named body has the fields of the vendor's inline one, with its types, and no other."""
    vendor, ours = load_vendor("cognigy"), load_effective("cognigy")
    (theirs,) = operations(vendor).values()
    body = theirs["requestBody"]["content"]["application/json"]["schema"]
    inner = body["properties"].pop("properties")["anyOf"][0]
    restated = ours["components"]["schemas"]
    fields = dict(restated["UpdateAnalyticsRecord"]["properties"])
    assert fields.pop("properties") == {"$ref": f"{SCHEMA}Properties"}
    assert types(fields) == types(body["properties"])
    properties = restated["Properties"]["properties"]
    # The vendor's example contradicts its schema here; both pass.
    assert types(inner["properties"]).pop("slots") == "object"
    assert {**types(properties), "slots": "object"} == types(inner["properties"])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/bots/{bot_id}/events/definitions", "CreateEventDefinition"),
        ("/v1/bots/{bot_id}/subscriptions", "CreateSubscription"),
    ],
)
def test_chatlayer_restates_bodies(path: str, name: str) -> None:
    """A named body has the fields of the vendor's inline one, with its types, and no other."""
    inline = load_vendor("chatlayer")["paths"][path]["post"]["requestBody"]
    body = inline["content"]["application/json"]["schema"]
    restated = load_effective("chatlayer")["components"]["schemas"][name]
    assert types(restated["properties"]) == types(body["properties"])


def test_chatlayer_shares_series() -> None:
    """The nine operations that return one series share its wrapper, whose field is the vendor's."""
    vendor, ours = load_vendor("chatlayer"), load_effective("chatlayer")
    shared = {"$ref": f"{SCHEMA}SeriesResponse"}
    changed = 0
    for name, operation in operations(ours).items():
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        if schema == shared:
            changed += 1
            before = operations(vendor)[name]["responses"]["200"]["content"]["application/json"]
            assert list(resolve(vendor, before["schema"])["properties"]) == ["data"]
    assert changed == 9
    assert list(ours["components"]["schemas"]["SeriesResponse"]["properties"]) == ["data"]


def types(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {name: field.get("type") for name, field in fields.items()}


def examples(document: Json) -> Iterator[tuple[str, Json, Json]]:
    for path, part in parts(document):
        if "schema" in part and path[-2:-1] == ("content",):
            several = [one["value"] for one in part.get("examples", {}).values()]
            for example in [*several, *([part["example"]] if "example" in part else [])]:
                yield "/".join(str(step) for step in path), part["schema"], example


@pytest.mark.parametrize(
    ("vendor", "edition", "count"),
    [
        ("cognigy", load_effective, 1),
        ("digitalcx", load_vendor, 3),
        ("digitalcx", load_effective, 3),
        ("inkeep", load_vendor, 7),
        ("inkeep", load_effective, 2),
    ],
)
def test_examples(vendor: str, edition: Any, count: int) -> None:
    """Each example is valid against the schema beside it, the vendors' own ones included."""
    document = edition(vendor)
    found = list(examples(document))
    assert len(found) == count
    for where, schema, example in found:
        validator = OAS30Validator({**schema, "components": document["components"]})
        assert [error.message for error in validator.iter_errors(example)] == [], where


def test_cognigy_errors() -> None:
    """The vendor's thirteen errors, put together from its examples, are valid as a Problem."""
    (operation,) = operations(load_vendor("cognigy")).values()
    document = load_effective("cognigy")
    problem = {"$ref": f"{SCHEMA}Problem", "components": document["components"]}
    errors = [
        response["content"]["application/json"]["schema"]["properties"]
        for status, response in operation["responses"].items()
        if status != "204"
    ]
    assert len(errors) == 13
    for fields in errors:
        example = {name: field["example"] for name, field in fields.items() if "example" in field}
        assert isinstance(example["code"], int)
        assert fields.keys() <= document["components"]["schemas"]["Problem"]["properties"].keys()
        assert [error.message for error in OAS30Validator(problem).iter_errors(example)] == []
