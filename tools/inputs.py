"""Typed dictionaries of what callers write, from the schemas that ask for one with ``x-input``."""

from __future__ import annotations

from pathlib import Path

from tools.rows import RowError, docstring
from tools.specs import Document

_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "Mapping[str, Json]",
    None: "Json",
}
_HEADER = '''"""What callers write, in types: any field may be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from dialytics_clients.rows import Json
'''


def write_inputs(spec: Document, folder: Path) -> None:
    """Write the ``inputs`` module of a vendor that has any schema for it."""
    schemas: Document = spec.get("components", {}).get("schemas", {})
    chosen = {name: schema for name, schema in schemas.items() if schema.get("x-input")}
    if chosen:
        classes = [_dictionary(name, schema) for name, schema in sorted(chosen.items())]
        text = "\n\n".join([_HEADER, *classes])
        (folder / "inputs.py").write_text(text, encoding="utf-8")


def _dictionary(name: str, schema: Document) -> str:
    fields: Document = schema["properties"]
    for field in fields:
        if not field.isidentifier():
            raise RowError(f"{name}.{field} is no Python name; it needs another way to be written")
    described = {field: one for field, one in fields.items() if "description" in one}
    notes = [f"{field}: {one['description']}" for field, one in described.items()]
    lines = [
        f"class {name}(TypedDict, total=False):",
        f"    {docstring(schema['description'], *notes)}",
        "",
        *(f"    {field}: {_type(name, one)}" for field, one in fields.items()),
    ]
    return "\n".join(lines) + "\n"


def _type(owner: str, schema: Document) -> str:
    if schema.get("type") == "array":
        return f"Sequence[{_type(owner, schema['items'])}]"
    if "$ref" in schema or schema.get("type") not in _TYPES:
        raise RowError(f"{owner}: a field of x-input must be of a plain type or a list of them")
    return _TYPES[schema.get("type")]
