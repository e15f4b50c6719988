"""Row classes made from schemas."""

from __future__ import annotations

import copy
import importlib
from keyword import iskeyword
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._decode.csv_rows import read_csv
from dialytics._decode.values import record_reader
from dialytics.errors import InvalidResponse
from tools import rows, specs
from tools.row_plans import attribute_name


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("LogId", "log_id"),
        ("GenerativeAISources", "generative_ai_sources"),
        ("TDialogStatus", "tdialog_status"),
        ("FaqsFound", "faqs_found"),
        ("messagesOpenAIFormat", "messages_open_ai_format"),
        ("externalUrl", "external_url"),
        ("volume_30_day", "volume_30_day"),
        ("tool_calls", "tool_calls"),
        ("id", "id"),
        ("ID", "id"),
        ("type", "type"),
        ("class", "class_"),
        ("Class", "class_"),
        ("from", "from_"),
        ("trace-id", "trace_id"),
        ("@type", "type"),
        ("30days", "field_30days"),
        ("???", "field_"),
    ],
)
def test_attribute_name(name: str, attribute: str) -> None:
    """An attribute is the field's name in snake_case; what Python reserves gets an underscore."""
    assert attribute_name(name) == attribute


@given(st.text())
def test_attribute_name_is_usable(name: str) -> None:
    """Whatever a field is called, its attribute is a lower-case identifier and no keyword."""
    attribute = attribute_name(name)
    assert attribute.isidentifier()
    assert not iskeyword(attribute)
    assert attribute == attribute.lower()


def spec_of(**schemas: Any) -> dict[str, Any]:
    """Return a document whose one operation answers with the schema Thing."""
    answer = {"schema": {"$ref": "#/components/schemas/Thing"}}
    refusal = {"schema": {"$ref": "#/components/schemas/Problem"}}
    operation = {
        "responses": {
            "200": {"content": {"application/json": answer}},
            "400": {"content": {"application/json": refusal}},
        }
    }
    named = {"Problem": {"properties": {"code": {"type": "string"}}}, **schemas}
    return {"paths": {"/things": {"get": operation}}, "components": {"schemas": named}}


REFERENCE = {"$ref": "#/components/schemas/Part"}


@pytest.mark.parametrize(
    ("field", "declaration", "annotation"),
    [
        ({"type": "string"}, "Column('f', 'f', 'text')", "str | None"),
        ({"type": "integer"}, "Column('f', 'f', 'int64')", "int | None"),
        ({"type": "number"}, "Column('f', 'f', 'float64')", "float | None"),
        ({"type": "boolean"}, "Column('f', 'f', 'bool')", "bool | None"),
        (
            {"type": "string", "format": "date-time"},
            "Column('f', 'f', 'timestamp')",
            "Timestamp | None",
        ),
        ({}, "Column('f', 'f', 'json')", "Json"),
        ({"type": "object"}, "Column('f', 'f', 'json')", "Json"),
        (
            {"type": "array", "items": {"type": "string"}},
            "Column('f', 'f', 'text', repeated=True)",
            "tuple[str, ...] | None",
        ),
        (
            {"type": "array", "items": {"type": "integer", "nullable": True}},
            "Column('f', 'f', 'int64', repeated=True, gaps=True)",
            "tuple[int | None, ...] | None",
        ),
        (
            {"type": "array", "items": {"nullable": True, "allOf": [REFERENCE]}},
            "Column('f', 'f', 'record', repeated=True, gaps=True, record=Part)",
            "tuple[Part | None, ...] | None",
        ),
        (REFERENCE, "Column('f', 'f', 'record', record=Part)", "Part | None"),
        ({"allOf": [REFERENCE]}, "Column('f', 'f', 'record', record=Part)", "Part | None"),
        (
            {"type": "array", "items": REFERENCE},
            "Column('f', 'f', 'record', repeated=True, record=Part)",
            "tuple[Part, ...] | None",
        ),
        (
            {"type": "string", "x-json-text": True},
            "Column('f', 'f', 'text', parsed=True)",
            "str | None",
        ),
    ],
)
def test_columns(field: dict[str, Any], declaration: str, annotation: str) -> None:
    """Each kind of field becomes a column and an attribute of the fitting type."""
    part = {"properties": {"x": {"type": "string"}}}
    plans = rows.plan_rows(spec_of(Thing={"properties": {"f": field}}, Part=part))
    (column,) = next(plan for plan in plans if plan.name == "Thing").columns
    assert column.declaration == declaration
    assert column.annotation == annotation


def test_required_columns_come_first() -> None:
    """A required field is never None and stands before those that have a default."""
    fields = {"b": {"type": "string"}, "a": {"type": "integer"}}
    (plan,) = rows.plan_rows(spec_of(Thing={"required": ["a"], "properties": fields}))
    assert [column.annotation for column in plan.columns] == ["int", "str | None"]
    assert plan.columns[0].declaration == "Column('a', 'a', 'int64', required=True)"


def test_only_what_is_read() -> None:
    """There is a row class for what successes reach, each once, and none for errors or requests."""
    part = {"properties": {"whole": {"$ref": "#/components/schemas/Thing"}}}
    unused = {"properties": {"x": {"type": "string"}}}
    thing = {"properties": {"part": REFERENCE, "parts": {"type": "array", "items": REFERENCE}}}
    plans = rows.plan_rows(spec_of(Thing=thing, Part=part, Unused=unused))
    assert [plan.name for plan in plans] == ["Part", "Thing"]


@pytest.mark.parametrize(
    ("schema", "key"),
    [
        ({"properties": {"id": {"type": "string"}}}, "id"),
        ({"properties": {"x": {"type": "string"}}}, None),
        ({"properties": {"LogId": {"type": "integer"}}, "x-key": "LogId"}, "log_id"),
    ],
)
def test_key(schema: dict[str, Any], key: str | None) -> None:
    """A row is identified by its id, unless the spec names another column."""
    (plan,) = rows.plan_rows(spec_of(Thing=schema))
    assert plan.key == key


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        (
            {"properties": {"f": {"type": "object", "properties": {"x": {}}}}},
            r"Thing\.f: name this schema",
        ),
        ({"properties": {"a": {}}, "x-key": "b"}, "Thing: x-key names 'b'"),
        ({"properties": {"a": {}}, "x-dropped": ["a"]}, "Thing: x-dropped names 'a'"),
        ({"properties": {"logId": {}, "LogId": {}}}, "Thing: log_id would mean two things"),
        ({"properties": {"extra": {}}}, "Thing: extra would mean two things"),
        ({"properties": {"toDict": {}}}, "Thing: to_dict would mean two things"),
        (
            {"properties": {"f": {"type": "integer", "x-json-text": True}}},
            r"Thing\.f: x-json-text is for a text",
        ),
        (
            {
                "properties": {
                    "f": {"type": "array", "items": {"type": "string"}, "x-json-text": True}
                }
            },
            r"Thing\.f: x-json-text is for a text",
        ),
        (
            {
                "properties": {
                    "kind": {
                        "type": "string",
                        "x-as-flags": {"schema": "Kind", "attribute": "flags"},
                    },
                    "flags": {"type": "string"},
                }
            },
            "Thing: flags would mean two things",
        ),
    ],
)
def test_impossible_rows(schema: dict[str, Any], fault: str) -> None:
    """A schema that no row class can be made of is named with what is wrong."""
    with pytest.raises(rows.RowError, match=fault):
        rows.plan_rows(spec_of(Thing=schema))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that writes a vendor's rows into a package of their own and imports it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write_and_import(spec: dict[str, Any], vendor: str) -> Any:
        # Each package has a name of its own: Python remembers what it has imported.
        package = tmp_path / f"made_for_{vendor}"
        (package / vendor).mkdir(parents=True)
        rows.write_support(package)
        (package / vendor / "__init__.py").touch()
        rows.write_rows(spec, package / vendor / "rows")
        return importlib.import_module(f"{package.name}.{vendor}.rows")

    return write_and_import


def test_new_column(write: Any) -> None:
    """A column that is added to a spec is on the row and is read, without another edit."""
    spec = copy.deepcopy(specs.effective_spec("digitalcx"))
    spec["components"]["schemas"]["Interaction"]["properties"]["WaitedMs"] = {
        "type": "integer",
        "nullable": True,
        "description": "How long the visitor waited.",
    }
    interaction = write(spec, "digitalcx").Interaction
    assert [column.name for column in interaction.COLUMNS][-1] == "WaitedMs"
    assert interaction.__annotations__["waited_ms"] == "int | None"
    assert "waited_ms: How long the visitor waited." in interaction.__doc__
    ((row,),) = read_csv([b"LogId,WaitedMs\r\n1,250\r\n"], interaction)
    assert (row.waited_ms, dict(row.extra)) == (250, {})
    assert row.to_dict() == {"LogId": 1, "WaitedMs": 250}


def test_new_field(write: Any) -> None:
    """A field that is added to a nested JSON object is on its row and is read."""
    spec = copy.deepcopy(specs.effective_spec("inkeep"))
    spec["components"]["schemas"]["Message"]["properties"]["readingSeconds"] = {"type": "number"}
    conversation = write(spec, "inkeep").Conversation
    read = record_reader(conversation)
    row = read({"id": "c", "messages": [{"role": "user", "readingSeconds": 1.5}]})
    assert row.messages[0].reading_seconds == 1.5


def test_new_json_text(write: Any) -> None:
    """A column that is marked as JSON in a text is read on access, without another edit."""
    spec = copy.deepcopy(specs.effective_spec("digitalcx"))
    columns = spec["components"]["schemas"]["Interaction"]["properties"]
    columns["Mood"] = {"type": "string", "x-json-text": True, "description": "How it went"}
    columns["Variables"]["x-json-text"] = True
    interaction = write(spec, "marked").Interaction
    text = b'LogId,Mood,Variables\r\n1,"{""a"": [1, null]}",quasimodo\r\n'
    ((row,),) = read_csv([text], interaction)
    assert row.mood == {"a": [1, None]}
    assert interaction.mood.__doc__.startswith("How it went.\n")
    with pytest.raises(InvalidResponse, match="column Variables holds no JSON"):
        _ = row.variables
    assert row.to_dict() == {"LogId": 1, "Mood": '{"a": [1, null]}', "Variables": "quasimodo"}
    same = interaction(log_id=1, mood_text=' {"a":[1,null]}', variables_text="quasimodo")
    assert row == same


def test_required_json_text(write: Any) -> None:
    """A column can be required and hold JSON: it stands first and has no default."""
    field = {"type": "string", "x-json-text": True}
    schema = {"properties": {"a": {"type": "string"}, "b": field}, "required": ["b"]}
    thing = write(spec_of(Thing=schema), "needed").Thing
    assert thing("[1]").b == [1]
    with pytest.raises(TypeError):
        thing()


def test_new_flag(write: Any) -> None:
    """A flag that is added to a spec is in its class and is decoded, without another edit."""
    spec = copy.deepcopy(specs.effective_spec("digitalcx"))
    spec["components"]["schemas"]["InteractionType"]["x-flags"]["VoiceCall"] = 1024
    made = write(spec, "flagged")
    assert made.InteractionType.VOICE_CALL == 1024
    assert "131 stands for Event" in " ".join(made.InteractionType.__doc__.split())
    row = made.Interaction(1, main_interaction_type="voice_call")
    assert row.main_type is made.InteractionType.VOICE_CALL


@pytest.mark.parametrize("kind", [None, {"type": "integer"}])
def test_flags_that_are_none(kind: dict[str, Any] | None, tmp_path: Path) -> None:
    """A column can only be given as flags that the spec lists."""
    use = {"schema": "Kind", "attribute": "flags"}
    thing = {"properties": {"kind": {"type": "string", "x-as-flags": use}}}
    named = {"Thing": thing, **({} if kind is None else {"Kind": kind})}
    with pytest.raises(rows.RowError, match="Kind, which is no schema with x-flags"):
        rows.write_rows(spec_of(**named), tmp_path / "rows")


def test_vendor_without_rows(tmp_path: Path) -> None:
    """A vendor whose responses hold nothing gets no package of rows."""
    rows.write_rows(specs.effective_spec("cognigy"), tmp_path / "rows")
    assert not (tmp_path / "rows").exists()


def test_prose_is_safe(write: Any) -> None:
    """Quotes and backslashes in a description stay inside the docstring."""
    nasty = 'ends """ early \\ and "quotes"'
    schema = {"description": nasty, "properties": {"f": {"type": "string", "description": nasty}}}
    thing = write(spec_of(Thing=schema), "acme").Thing
    assert thing.__doc__.count("early \\ and") == 2


def test_repr_shows_the_key_only(write: Any) -> None:
    """What people said is not in a row's repr."""
    schema = {"properties": {"id": {"type": "string"}, "said": {"type": "string"}}}
    thing = write(spec_of(Thing=schema), "shy").Thing
    assert repr(thing(id="1", said="hush")) == "Thing(id='1', ...)"
