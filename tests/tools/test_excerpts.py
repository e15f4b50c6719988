"""Operations cut out of a larger document."""

from __future__ import annotations

from typing import Any

import pytest

from tools import excerpts


def test_excerpts_hold_what_they_need() -> None:
    """An operation comes with what it refers to, however far, and with what is named."""
    schemas = {name: {"$ref": f"#/components/schemas/{name}x"} for name in ("A", "Ax", "B", "Bx")}
    schemas["Axx"] = {"type": "string"}
    reference = {"$ref": "#/components/schemas/A"}
    document: dict[str, Any] = {
        "openapi": "3.0.0",
        "paths": {
            "/a": {
                "summary": "A path",
                "x-path": 1,
                "parameters": [{"name": "q", "in": "query"}],
                "get": {"operationId": "a", "responses": {"200": {"x": reference}}},
                "put": {"operationId": "b"},
            },
            "/b": {"get": {"operationId": "c"}},
        },
        "components": {"schemas": schemas, "securitySchemes": {"k": {}, "l": {}}},
        "x-other": 1,
    }
    excerpt = excerpts.extract(document, ["a"], ["securitySchemes/k"])
    assert excerpt["paths"] == {
        "/a": {key: one for key, one in document["paths"]["/a"].items() if key != "put"}
    }
    assert set(excerpt["components"]["schemas"]) == {"A", "Ax", "Axx"}
    assert excerpt["components"]["securitySchemes"] == {"k": {}}
    assert "x-other" not in excerpt
    with pytest.raises(excerpts.UpdateError, match="no operation z"):
        excerpts.extract(document, ["z"], [])
    document["paths"]["/a"]["get"]["x"] = {"$ref": "#/paths/~1b/get"}
    with pytest.raises(excerpts.UpdateError, match="lacks #/paths/~1b/get"):
        excerpts.extract(document, ["a"], [])


def test_a_scheme_comes_with_who_asks_for_it() -> None:
    """Schemes are named by requirements, not by references; they belong to the excerpt too."""
    document: dict[str, Any] = {
        "openapi": "3.0.0",
        "security": [{"all": []}],
        "paths": {
            "/a": {"get": {"operationId": "a", "security": [{"new": []}, {"gone": []}]}},
            "/b": {"get": {"operationId": "b", "security": [{"other": []}]}},
        },
        "components": {"securitySchemes": {"all": {}, "new": {}, "other": {}}},
    }
    excerpt = excerpts.extract(document, ["a"], [])
    assert excerpt["components"]["securitySchemes"] == {"all": {}, "new": {}}
