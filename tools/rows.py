"""Row classes with their column schemas, emitted from the schemas that success responses use."""

from __future__ import annotations

import re
import textwrap
from keyword import iskeyword
from pathlib import Path
from typing import Any

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.specs import SPECS, Document

RESERVED = ("extra", "to_dict")
KINDS = {"string": "text", "integer": "int64", "number": "float64", "boolean": "bool"}
ANNOTATIONS = {
    "text": "str",
    "int64": "int",
    "float64": "float",
    "bool": "bool",
    "timestamp": "datetime",
    "json": "Json",
}
_REFERENCE = "#/components/schemas/"


class RowError(Exception):
    """A schema that no row class can be made of."""


@frozen
class ColumnPlan:
    """One attribute of a row class to be written."""

    name: str
    attribute: str
    kind: str
    required: bool
    repeated: bool
    record: str | None

    @property
    def annotation(self) -> str:
        """The attribute's type."""
        item = self.record or ANNOTATIONS[self.kind]
        whole = f"tuple[{item}, ...]" if self.repeated else item
        return whole if self.required or whole == "Json" else f"{whole} | None"

    @property
    def declaration(self) -> str:
        """The call that describes the column."""
        marks = [f"{mark}=True" for mark in ("required", "repeated") if getattr(self, mark)]
        record = [f"record={self.record}"] if self.record else []
        arguments = [repr(self.name), repr(self.attribute), repr(self.kind), *marks, *record]
        return f"Column({', '.join(arguments)})"


@frozen
class RowPlan:
    """One row class to be written."""

    name: str
    title: str
    description: tuple[str, ...]
    columns: tuple[ColumnPlan, ...]
    key: str | None

    @property
    def module(self) -> str:
        """The module of the class."""
        return attribute_name(self.name)

    @property
    def uses_datetime(self) -> bool:
        """Whether a column is a time."""
        return any(column.kind == "timestamp" for column in self.columns)

    @property
    def records(self) -> list[dict[str, str]]:
        """The row classes that columns refer to, with their modules."""
        names = sorted({column.record for column in self.columns if column.record} - {self.name})
        return [{"name": name, "module": attribute_name(name)} for name in names]


def attribute_name(name: str) -> str:
    """A field's name in snake_case: ``LogId`` is ``log_id``, ``TDialogStatus`` ``tdialog_status``.

    >>> attribute_name("GenerativeAISources")
    'generative_ai_sources'
    """
    words = re.sub(r"([A-Z]{2,})([A-Z][a-z])", r"\1_\2", name)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()
    identifier = re.sub(r"\W+", "_", words, flags=re.ASCII).strip("_")
    if iskeyword(identifier):
        return f"{identifier}_"
    return identifier if identifier.isidentifier() else f"field_{identifier}"


def plan_rows(spec: Document) -> list[RowPlan]:
    """Plan a row class for every object schema that a success response reaches, by name."""
    schemas: dict[str, Document] = spec.get("components", {}).get("schemas", {})
    pending = [
        name
        for path in spec["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict) and "responses" in operation
        for status, response in operation["responses"].items()
        if str(status).startswith("2")
        for media in response.get("content", {}).values()
        for name in _referenced(media.get("schema", {}))
    ]
    plans: dict[str, RowPlan] = {}
    while pending:
        name = pending.pop()
        if name not in plans and schemas[name].get("properties"):
            plans[name] = _plan_row(name, schemas)
            pending += _referenced(schemas[name])
    return [plans[name] for name in sorted(plans)]


def write_rows(spec: Document, folder: Path) -> None:
    """Write the ``rows`` package of a vendor whose responses hold any objects."""
    plans = plan_rows(spec)
    if not plans:
        return
    folder.mkdir()
    _write(folder / "__init__.py", "rows_init.py.jinja", rows=plans)
    for plan in plans:
        _write(folder / f"{plan.module}.py", "row.py.jinja", row=plan)


def write_support(folder: Path) -> None:
    """Write what all vendors' row classes share."""
    _write(folder / "__init__.py", "package.py.jinja")
    _write(folder / "rows.py", "support.py.jinja")


def _referenced(schema: Any) -> list[str]:
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return [reference.removeprefix(_REFERENCE)]
        return [name for value in schema.values() for name in _referenced(value)]
    if isinstance(schema, list):
        return [name for item in schema for name in _referenced(item)]
    return []


def _plan_row(name: str, schemas: dict[str, Document]) -> RowPlan:
    schema = schemas[name]
    required = set(schema.get("required", ()))
    columns = [
        _plan_column(name, field, field_schema, schemas, required=field in required)
        for field, field_schema in schema["properties"].items()
    ]
    columns.sort(key=lambda column: not column.required)
    attributes = [*RESERVED, *(column.attribute for column in columns)]
    for attribute in attributes:
        if attributes.count(attribute) > 1:
            raise RowError(f"{name}: {attribute} would mean two things; leave a field out")
    key = schema.get("x-key", "id" if "id" in schema["properties"] else None)
    if key is not None and key not in schema["properties"]:
        raise RowError(f"{name}: x-key names {key!r}, which is no property")
    return RowPlan(
        name=name,
        title=f"Row class {name}.",
        description=_description(name, schema),
        columns=tuple(columns),
        key=attribute_name(key) if key else None,
    )


def _plan_column(
    owner: str, name: str, schema: Document, schemas: dict[str, Document], *, required: bool
) -> ColumnPlan:
    repeated = schema.get("type") == "array"
    item: Document = _unwrap(schema["items"] if repeated else schema)
    record = item["$ref"].removeprefix(_REFERENCE) if "$ref" in item else None
    if record and not schemas[record].get("properties"):
        item, record = schemas[record], None
    if record:
        kind = "record"
    elif item.get("format") == "date-time":
        kind = "timestamp"
    elif item.get("type") in KINDS:
        kind = KINDS[item["type"]]
    elif item.get("type") in (None, "object") and "properties" not in item:
        kind = "json"
    else:
        raise RowError(f"{owner}.{name}: name this schema under components/schemas in the overlay")
    return ColumnPlan(name, attribute_name(name), kind, required, repeated, record)


def _unwrap(schema: Document) -> Document:
    # A nullable reference is written as allOf with one entry: OpenAPI 3.0 ignores what stands
    # beside a $ref.
    wrapped = schema.get("allOf", ())
    return wrapped[0] if len(wrapped) == 1 else schema


def _description(name: str, schema: Document) -> tuple[str, ...]:
    notes = (
        f"{attribute_name(field)}: {field_schema['description']}"
        for field, field_schema in schema["properties"].items()
        if field_schema.get("description")
    )
    return (str(schema.get("description", f"One {name}.")), *notes)


def _docstring(summary: str, *notes: str) -> str:
    """Write a class's docstring: what it is, then a paragraph for each attribute."""
    if not notes:
        return f'"""{_wrap(summary, 4)}"""'
    attributes = "\n".join(" " * 8 + _wrap(note, 8, hanging=4) for note in notes)
    return f'"""{_wrap(summary, 4)}\n\n    Attributes:\n{attributes}\n    """'


def _wrap(text: str, indent: int, hanging: int = 0) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    lines = textwrap.wrap(plain, 90 - indent, subsequent_indent=" " * hanging)
    return f"\n{' ' * indent}".join(lines)


def _write(path: Path, template: str, **context: object) -> None:
    path.write_text(_environment().get_template(template).render(context), encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(SPECS / "templates" / "rows"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["docstring"] = _docstring
    return environment
