"""Swagger 2 documents, rewritten as OpenAPI 3."""

from __future__ import annotations

from typing import Any

_SCHEMA_KEYS = [
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "enum",
    "multipleOf",
]
_MOVED = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


def is_swagger(document: dict[str, Any]) -> bool:
    """Tell whether a document is Swagger 2."""
    return str(document.get("swagger", "")).startswith("2")


def upgrade_swagger(document: dict[str, Any]) -> dict[str, Any]:
    """Rewrite Swagger 2 as OpenAPI 3.0, as far as a comparison needs it."""
    moved = _move_references(document)
    paths = {
        name: _upgrade_path(item, moved) if isinstance(item, dict) else item
        for name, item in _map(moved.get("paths")).items()
    }
    components = {
        "schemas": _map(moved.get("definitions")),
        "parameters": {
            name: _upgrade_parameter(one)
            for name, one in _map(moved.get("parameters")).items()
            if isinstance(one, dict) and one.get("in") not in {"body", "formData"}
        },
        "responses": {
            name: _upgrade_response(one, moved)
            for name, one in _map(moved.get("responses")).items()
        },
        "securitySchemes": {
            name: _upgrade_scheme(one)
            for name, one in _map(moved.get("securityDefinitions")).items()
        },
    }
    kept = {key: moved[key] for key in ("info", "security", "tags", "externalDocs") if key in moved}
    return {
        "openapi": "3.0.3",
        **kept,
        "servers": _servers(moved),
        "paths": paths,
        "components": components,
    }


def _servers(document: dict[str, Any]) -> list[dict[str, str]]:
    host, base = document.get("host"), document.get("basePath") or ""
    if not host:
        return [{"url": str(base)}] if base else []
    schemes = document.get("schemes") or ["https"]
    return [{"url": f"{scheme}://{host}{base}"} for scheme in schemes]


def _upgrade_path(item: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    shared = [one for one in _list(item.get("parameters")) if isinstance(one, dict)]
    bodies = [one for one in shared if _resolve(one, document).get("in") in {"body", "formData"}]
    new: dict[str, Any] = {}
    for key, value in item.items():
        if key in _METHODS and isinstance(value, dict):
            new[key] = _upgrade_operation(value, bodies, document)
        elif key == "parameters":
            new[key] = [_upgrade_parameter(one) for one in shared if one not in bodies]
        else:
            new[key] = value
    return new


def _upgrade_operation(
    operation: dict[str, Any], bodies: list[Any], document: dict[str, Any]
) -> dict[str, Any]:
    own = [one for one in _list(operation.get("parameters")) if isinstance(one, dict)]
    resolved = [(one, _resolve(one, document)) for one in [*bodies, *own]]
    new = {key: value for key, value in operation.items() if key not in {"consumes", "produces"}}
    new["parameters"] = [
        one if "$ref" in one else _upgrade_parameter(one)
        for one, meant in resolved
        if meant.get("in") not in {"body", "formData"}
    ]
    body = _request_body([meant for _, meant in resolved], operation, document)
    if body:
        new["requestBody"] = body
    new["responses"] = {
        status: _upgrade_response(one, document, operation)
        for status, one in _map(operation.get("responses")).items()
    }
    return new


def _request_body(
    parameters: list[dict[str, Any]], operation: dict[str, Any], document: dict[str, Any]
) -> dict[str, Any] | None:
    consumed = operation.get("consumes") or document.get("consumes")
    for one in parameters:
        if one.get("in") == "body":
            media = {"schema": one.get("schema") or {}}
            content = dict.fromkeys(_list(consumed) or ["application/json"], media)
            return {"required": bool(one.get("required")), "content": content}
    fields = [one for one in parameters if one.get("in") == "formData"]
    if not fields:
        return None
    schema = {
        "type": "object",
        "properties": {str(one.get("name")): _schema_of(one) for one in fields},
        "required": [str(one.get("name")) for one in fields if one.get("required")],
    }
    names = _list(consumed) or ["application/x-www-form-urlencoded"]
    return {
        "required": bool(schema["required"]),
        "content": {name: {"schema": schema} for name in names},
    }


def _upgrade_parameter(one: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in one or "schema" in one:
        return one
    new = {key: value for key, value in one.items() if key not in _SCHEMA_KEYS}
    new["schema"] = _schema_of(one)
    if new.pop("collectionFormat", "csv") != "multi" and one.get("type") == "array":
        new["explode"] = False
    return new


def _upgrade_response(
    one: Any, document: dict[str, Any], operation: dict[str, Any] | None = None
) -> Any:
    if not isinstance(one, dict) or "$ref" in one:
        return one
    new = {key: value for key, value in one.items() if key not in {"schema", "examples"}}
    produced = _list((operation or {}).get("produces") or document.get("produces"))
    if "schema" in one:
        media = {"schema": one["schema"]}
        new["content"] = dict.fromkeys(produced or ["application/json"], media)
    new["headers"] = {
        name: {"schema": _schema_of(header)}
        for name, header in _map(one.get("headers")).items()
        if isinstance(header, dict)
    }
    return new


def _upgrade_scheme(one: Any) -> Any:
    if not isinstance(one, dict):
        return one
    if one.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if one.get("type") != "oauth2":
        return one
    flow = str(one.get("flow"))
    kept = {key: one[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in one}
    return {"type": "oauth2", "flows": {_FLOWS.get(flow, flow): kept}}


def _schema_of(one: dict[str, Any]) -> dict[str, Any]:
    if one.get("type") == "file":
        return {"type": "string", "format": "binary"}
    return {key: one[key] for key in _SCHEMA_KEYS if key in one}


def _resolve(one: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = str(one.get("$ref", "")).rpartition("/")[2]
    return _map(_map(document.get("parameters")).get(name)) if "$ref" in one else one


def _move_references(node: Any) -> Any:
    if isinstance(node, list):
        return [_move_references(item) for item in node]
    if not isinstance(node, dict):
        return node
    new = {key: _move_references(value) for key, value in node.items()}
    if new.get("x-nullable") is True:
        new.setdefault("nullable", True)
    reference = new.get("$ref")
    if isinstance(reference, str):
        for old, target in _MOVED.items():
            if reference.startswith(old):
                new["$ref"] = target + reference.removeprefix(old)
    return new


def _map(node: Any) -> dict[str, Any]:
    return node if isinstance(node, dict) else {}


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []
