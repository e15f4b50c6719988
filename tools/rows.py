"""Row classes with their column schemas, emitted from the schemas that success responses use."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.row_plans import ColumnPlan, FlagsPlan, FlagsUse, RowPlan, attribute_name
from tools.specs import SPECS, Document

RESERVED = ("extra", "to_dict")
KINDS = {"string": "text", "integer": "int64", "number": "float64", "boolean": "bool"}
_REFERENCE = "#/components/schemas/"


class RowError(Exception):
    """A schema that no row class can be made of."""


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


def plan_flags(spec: Document, plans: list[RowPlan]) -> list[FlagsPlan]:
    """Plan a class of flags for every schema with ``x-flags`` that a column is given as."""
    used = sorted({flags.name for plan in plans for flags in plan.flags})
    schemas = spec.get("components", {}).get("schemas", {})
    found = []
    for name in used:
        members = schemas.get(name, {}).get("x-flags")
        if not members:
            raise RowError(f"x-as-flags names {name}, which is no schema with x-flags")
        described = str(schemas[name].get("description", f"The flags of {name}."))
        named = tuple((attribute_name(text).upper(), bit) for text, bit in members.items())
        found.append(FlagsPlan(name, (described,), named))
    return found


def write_rows(spec: Document, folder: Path) -> None:
    """Write the ``rows`` package of a vendor whose responses hold any objects."""
    plans = plan_rows(spec)
    if not plans:
        return
    folder.mkdir()
    flags = plan_flags(spec, plans)
    made: list[RowPlan | FlagsPlan] = [*plans, *flags]
    named = sorted(made, key=lambda plan: plan.name)
    _write(folder / "__init__.py", "rows_init.py.jinja", rows=named)
    for plan in plans:
        _write(folder / f"{plan.module}.py", "row.py.jinja", row=plan)
    for one in flags:
        _write(folder / f"{one.module}.py", "flags.py.jinja", flags=one)


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
    slots = (column.slot for column in columns if column.parsed)
    attributes = [*RESERVED, *(column.attribute for column in columns), *slots]
    attributes += [column.flags.attribute for column in columns if column.flags]
    for attribute in attributes:
        if attributes.count(attribute) > 1:
            raise RowError(f"{name}: {attribute} would mean two things; leave a field out")
    key = schema.get("x-key", "id" if "id" in schema["properties"] else None)
    if key is not None and key not in schema["properties"]:
        raise RowError(f"{name}: x-key names {key!r}, which is no property")
    if kept := set(schema.get("x-dropped", ())) & set(schema["properties"]):
        raise RowError(f"{name}: x-dropped names {min(kept)!r}, which is a property")
    return RowPlan(
        name=name,
        title=f"Row class {name}.",
        description=_description(name, schema),
        columns=tuple(columns),
        key=attribute_name(key) if key else None,
        dropped=tuple(schema.get("x-dropped", ())),
    )


def _plan_column(
    owner: str, name: str, schema: Document, schemas: dict[str, Document], *, required: bool
) -> ColumnPlan:
    repeated = schema.get("type") == "array"
    item: Document = _unwrap(schema["items"] if repeated else schema)
    record = item["$ref"].removeprefix(_REFERENCE) if "$ref" in item else None
    if record and not schemas[record].get("properties"):
        item, record = schemas[record], None
    kind = "record" if record else _find_kind(item)
    if kind is None:
        raise RowError(f"{owner}.{name}: name this schema under components/schemas in the overlay")
    parsed = bool(schema.get("x-json-text"))
    if parsed and (kind != "text" or repeated):
        raise RowError(f"{owner}.{name}: x-json-text is for a text")
    flags = schema.get("x-as-flags")
    return ColumnPlan(
        name=name,
        attribute=attribute_name(name),
        kind=kind,
        required=required,
        repeated=repeated,
        gaps=repeated and bool(schema["items"].get("nullable")),
        record=record,
        description=str(schema.get("description", "")) or f"The column {name}.",
        parsed=parsed,
        flags=FlagsUse(flags["schema"], flags["attribute"]) if flags else None,
    )


def _find_kind(item: Document) -> str | None:
    if item.get("format") == "date-time":
        return "timestamp"
    if item.get("format") == "int64":
        # Also where the type is string: a number written as text.
        return "int64"
    if item.get("type") in (None, "object") and "properties" not in item:
        return "json"
    return KINDS.get(item.get("type", ""))


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


def docstring(summary: str, *notes: str) -> str:
    """Write a class's docstring: what it is, then a paragraph for each attribute."""
    if not notes:
        return f'"""{_wrap(summary, 4)}"""'
    attributes = "\n".join(" " * 8 + _wrap(note, 8, hanging=4) for note in notes)
    return f'"""{_wrap(summary, 4)}\n\n    Attributes:\n{attributes}\n    """'


def _member_docstring(summary: str, *notes: str) -> str:
    """Write a member's docstring: what it is, then a paragraph for each note."""
    ended = summary if summary.endswith((".", "?", "!")) else f"{summary}."
    paragraphs = [_wrap(text, 8) for text in (ended, *notes)]
    end = "\n        " if notes else ""
    return '"""' + "\n\n        ".join(paragraphs) + end + '"""'


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
    environment.globals["docstring"] = docstring
    environment.globals["docstring_of"] = _member_docstring
    return environment
