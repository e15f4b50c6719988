"""Typed dictionaries that are written from schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tools.inputs import write_inputs
from tools.rows import RowError
from tools.specs import effective_spec


def spec_of(**properties: Any) -> dict[str, Any]:
    """Return a document with one schema that is asked for and one that is not."""
    schema = {"type": "object", "description": "What is set.", "properties": properties}
    return {"components": {"schemas": {"Chosen": {**schema, "x-input": True}, "Other": schema}}}


def load(folder: Path, spec: dict[str, Any]) -> dict[str, Any]:
    """Write the inputs of a document and return what the module holds."""
    write_inputs(spec, folder)
    names: dict[str, Any] = {}
    exec(compile((folder / "inputs.py").read_text("utf-8"), "inputs.py", "exec"), names)
    return names


def test_types(tmp_path: Path) -> None:
    """Each type of a field becomes Python's, any value where there is none; all are optional."""
    properties = {
        "text": {"type": "string", "description": "Said."},
        "whole": {"type": "integer"},
        "real": {"type": "number"},
        "flag": {"type": "boolean"},
        "texts": {"type": "array", "items": {"type": "string"}},
        "free": {},
    }
    names = load(tmp_path, spec_of(**properties))
    chosen = names["Chosen"]
    assert "Other" not in names
    assert not chosen.__required_keys__
    written = {name: one.__forward_arg__ for name, one in chosen.__annotations__.items()}
    assert written == {
        "text": "str",
        "whole": "int",
        "real": "float",
        "flag": "bool",
        "texts": "Sequence[str]",
        "free": "Json",
    }
    assert " ".join(chosen.__doc__.split()) == "What is set. Attributes: text: Said."


def test_nothing_asked_for(tmp_path: Path) -> None:
    """A vendor without such a schema has no module."""
    write_inputs({"components": {"schemas": {"Other": {"properties": {}}}}}, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "properties",
    [
        {"a-b": {"type": "string"}},
        {"inner": {"$ref": "#/components/schemas/Other"}},
        {"odd": {"type": "null"}},
        {"many": {"type": "array", "items": {"$ref": "#/components/schemas/Other"}}},
    ],
)
def test_what_has_no_type(tmp_path: Path, properties: dict[str, Any]) -> None:
    """A name or a schema that a plain typed dictionary cannot express fails the generation."""
    with pytest.raises(RowError):
        write_inputs(spec_of(**properties), tmp_path)


def test_properties_are_the_specs() -> None:
    """Cognigy's properties are those of its effective spec, each of them."""
    from dialytics.vendors.cognigy import Properties  # noqa: PLC0415  # what users import

    said = effective_spec("cognigy")["components"]["schemas"]["Properties"]["properties"]
    assert set(Properties.__annotations__) == set(said)
