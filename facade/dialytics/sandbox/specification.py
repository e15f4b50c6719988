"""Checks requests and responses against the effective specifications, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import msgspec
from attrs import frozen

from .exchange import Call, Vendor

Json = Any
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}


class Specification:
    """One effective OpenAPI 3.0 document; operations are found by method and path template."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        converted = convert_nullable(document)
        self._components = converted.get("components", {})
        self._operations: dict[tuple[str, str], Operation] = {}
        for path, item in converted["paths"].items():
            for method, operation in item.items():
                if isinstance(operation, dict) and "responses" in operation:
                    shared = item.get("parameters", [])
                    key = (method.upper(), blank_names(path))
                    self._operations[key] = self._read(operation, shared)

    def find(self, method: str, template: str) -> Operation | None:
        """Return the operation with this path template; the names of its variables do not count."""
        return self._operations.get((method, blank_names(template)))

    def _read(self, operation: Mapping[str, Json], shared: list[Json]) -> Operation:
        parameters = [self._parameter(item) for item in [*shared, *operation.get("parameters", [])]]
        body = self._resolve(operation.get("requestBody", {}))
        responses = {
            str(status): self._contents(self._resolve(response))
            for status, response in operation["responses"].items()
        }
        return Operation(
            id=operation.get("operationId", ""),
            parameters=tuple(p for p in parameters if p.is_checked()),
            body=self._contents(body).get("application/json"),
            body_fields=self._fields(body),
            body_required=bool(body.get("required")),
            responses=responses,
            open_names=frozenset(self._credential_names()),
        )

    def _parameter(self, item: Mapping[str, Json]) -> Parameter:
        item = self._resolve(item)
        schema = self._resolve(item.get("schema", {}))
        kinds = schema.get("type", "string")
        kind = kinds if isinstance(kinds, str) else next(k for k in kinds if k != "null")
        return Parameter(item["name"], item["in"], bool(item.get("required")), kind, Check(schema))

    def _contents(self, item: Mapping[str, Json]) -> dict[str, Check]:
        return {
            media: Check({**content.get("schema", {}), "components": self._components})
            for media, content in item.get("content", {}).items()
        }

    def _fields(self, body: Mapping[str, Json]) -> frozenset[str] | None:
        """Return the fields that a body declares; None where it declares none."""
        content = body.get("content", {}).get("application/json", {})
        schema = self._resolve(content.get("schema", {}))
        return frozenset(schema["properties"]) if "properties" in schema else None

    def _credential_names(self) -> Iterator[str]:
        for scheme in self._components.get("securitySchemes", {}).values():
            if scheme.get("in") == "query":
                yield scheme["name"]

    def _resolve(self, item: Mapping[str, Json]) -> Mapping[str, Json]:
        while "$ref" in item:
            kind, name = item["$ref"].removeprefix("#/components/").split("/")
            item = self._components[kind][name]
        return item


class Check:
    """One schema, compiled when it is first used."""

    def __init__(self, schema: Mapping[str, Json]) -> None:
        self._schema = schema
        self._validator: jsonschema_rs.Draft202012Validator | None = None

    def faults(self, value: Json) -> list[str]:
        """Return where the value breaks the schema and which rule it breaks, never the value."""
        if self._validator is None:
            self._validator = jsonschema_rs.Draft202012Validator(
                dict(self._schema), validate_formats=True
            )
        if self._validator.is_valid(value):
            return []
        return [describe(error) for error in self._validator.iter_errors(value)]


@frozen
class Parameter:
    """One declared parameter."""

    name: str
    place: str
    required: bool
    kind: str
    check: Check

    def is_checked(self) -> bool:
        """Tell whether there is anything to check: the router has matched the path already."""
        return self.place == "query" or (
            self.place == "header" and self.name.lower() not in _IGNORED_HEADERS
        )

    def faults(self, call: Call) -> list[str]:
        """Return what the request does wrong with this parameter."""
        values = self._values(call)
        label = f"{self.place} parameter {self.name}"
        if not values:
            return [f"{label} is missing"] if self.required else []
        read = [read_value(text, self.kind) for text in values]
        value = read if self.kind == "array" else read[0]
        return [f"{label} breaks {fault}" for fault in self.check.faults(value)]

    def _values(self, call: Call) -> list[str]:
        if self.place == "query":
            return [value for name, value in call.query if name == self.name]
        return [call.headers[self.name.lower()]] if self.name.lower() in call.headers else []


@frozen
class Operation:
    """One operation's rules."""

    id: str
    parameters: tuple[Parameter, ...]
    body: Check | None
    body_fields: frozenset[str] | None
    body_required: bool
    responses: Mapping[str, Mapping[str, Check]]
    open_names: frozenset[str]

    def request_faults(self, call: Call) -> list[str]:
        """Return what is refused for breaking a schema: parameters, and a body that is JSON."""
        found = [fault for parameter in self.parameters for fault in parameter.faults(call)]
        if self.body is None or not call.body:
            return found
        try:
            faults = self.body.faults(call.json())
        except ValueError:
            return found
        return [*found, *(f"request body breaks {fault}" for fault in faults)]

    def request_oddities(self, call: Call) -> list[str]:
        """Return what else a client should not send: the vendor's own handler judges that."""
        known = {p.name for p in self.parameters if p.place == "query"} | self.open_names
        odd = [
            f"query parameter {name} is not declared" for name, _ in call.query if name not in known
        ]
        return odd + self._body_oddities(call)

    def response_faults(self, status: int, media: str, body: bytes) -> list[str]:
        """Return what is wrong with a response; the text of a CSV body is not looked at."""
        declared = self._declared(status)
        if declared is None:
            return [f"status {status} is not declared"]
        if not body:
            return []
        if media not in declared:
            return [f"media type {media} is not declared for status {status}"] if declared else []
        if "json" not in media:
            return []
        faults = declared[media].faults(msgspec.json.decode(body))
        return [f"response body of status {status} breaks {fault}" for fault in faults]

    def _declared(self, status: int) -> Mapping[str, Check] | None:
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                return self.responses[key]
        return None

    def _body_oddities(self, call: Call) -> list[str]:
        if self.body is None or not call.body:
            missing = self.body is not None and self.body_required
            return ["request body is missing"] if missing else []
        media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            return ["request body is not declared as application/json"]
        try:
            body = call.json()
        except ValueError:
            return ["request body is not JSON"]
        if self.body_fields is None or not isinstance(body, dict):
            return []
        odd = body.keys() - self.body_fields
        return [f"request body field {name} is not declared" for name in sorted(odd)]


def read_value(text: str, kind: str) -> Json:
    """Read a parameter's text as its declared type; text that cannot be read stays text."""
    if kind == "integer" and re.fullmatch(r"-?\d{1,19}", text):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def describe(error: jsonschema_rs.ValidationError) -> str:
    """Say which rule is broken and where, without any part of the value."""
    rule = next((str(part) for part in reversed(error.schema_path) if isinstance(part, str)), "")
    where = "/".join(str(part) for part in error.instance_path)
    return f"'{rule}' at /{where}"


def blank_names(template: str) -> str:
    """Make two path templates equal when they differ only in their variables' names."""
    return re.sub(r"\{[^}]*\}", "{}", template)


def convert_nullable(value: Json) -> Json:
    """Rewrite OpenAPI 3.0's `nullable: true` as JSON Schema has it."""
    if isinstance(value, list):
        return [convert_nullable(item) for item in value]
    if not isinstance(value, dict):
        return value
    converted = {key: convert_nullable(item) for key, item in value.items()}
    if converted.get("nullable") is not True:
        return converted
    del converted["nullable"]
    if isinstance(converted.get("type"), str) and "enum" not in converted:
        return {**converted, "type": [converted["type"], "null"]}
    return {"anyOf": [converted, {"type": "null"}]}


@cache
def load_specification(vendor: Vendor) -> Specification:
    """Load a vendor's effective specification; raise `FileNotFoundError` when there is none."""
    try:
        resource = files("dialytics_clients") / vendor / "openapi.json"
        return Specification(msgspec.json.decode(resource.read_bytes()))
    except (FileNotFoundError, ModuleNotFoundError):
        raise FileNotFoundError(
            f"no effective specification of {vendor}: regenerate the clients"
        ) from None
