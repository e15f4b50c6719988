"""The vendors' declarations, linted against the effective specs."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import pytest
import yaml

from dialytics._async.client import AsyncVendorClient
from dialytics._declarations import Operation, Vendor
from dialytics._paging import Cursors, HeaderToken, LimitOffset, OnePage, PageToken

Json: TypeAlias = Any

SPECS = Path(__file__).resolve().parents[2] / "specs"
VENDORS = sorted(path.parent.name for path in SPECS.glob("*/vendor.yaml"))
STYLES = (Cursors, HeaderToken, LimitOffset, OnePage, PageToken)


def load(vendor: str) -> Json:
    return json.loads((files("dialytics_clients") / vendor / "openapi.json").read_text("utf-8"))


def declarations(vendor: str) -> Any:
    return importlib.import_module(f"dialytics.vendors.{vendor}.declarations")


def declared(vendor: str) -> list[Operation]:
    return [one for one in vars(declarations(vendor)).values() if isinstance(one, Operation)]


OPERATIONS = [operation for vendor in VENDORS for operation in declared(vendor)]
every_operation = pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[one.id for one in OPERATIONS]
)
every_vendor = pytest.mark.parametrize("vendor", VENDORS)


class Promise:
    """What the effective spec says about one operation."""

    def __init__(self, document: Json, method: str, path: str) -> None:
        self.document = document
        self.found: Json = document["paths"].get(path, {}).get(method.lower())

    def resolve(self, part: Json) -> Json:
        """Follow references, also those that may be null."""
        if len(part.get("allOf", ())) == 1:
            part = part["allOf"][0]
        while "$ref" in part:
            _, _, kind, name = part["$ref"].split("/")
            part = self.document["components"][kind][name]
        return part

    @property
    def query(self) -> dict[str, Json]:
        """The query parameters by name."""
        every = [self.resolve(one) for one in self.found.get("parameters", ())]
        return {one["name"]: one for one in every if one["in"] == "query"}

    @property
    def successes(self) -> dict[int, Json]:
        """The responses that promise success."""
        responses = self.found["responses"].items()
        return {int(code): self.resolve(one) for code, one in responses if code.startswith("2")}

    @property
    def fields(self) -> dict[str, Json]:
        """The fields of the response that is an object."""
        content = self.successes[200]["content"]["application/json"]
        return dict(self.resolve(content["schema"])["properties"])

    @property
    def body_fields(self) -> set[str]:
        """The names of the request's fields, at any depth."""
        content = self.resolve(self.found.get("requestBody", {})).get("content", {})
        return set(self._names(content.get("application/json", {}).get("schema", {}), []))

    def _names(self, part: Json, seen: list[Json]) -> Iterator[str]:
        part = self.resolve(part)
        if part in seen:
            return
        seen.append(part)
        inner = part.get("properties", {})
        yield from inner
        for one in (*inner.values(), *part.get("oneOf", ()), *part.get("anyOf", ())):
            yield from self._names(one, seen)

    def row_name(self, items: str | None) -> str:
        """Return the name of the schema that a listing's items have."""
        if items is None:
            listed = self.successes[200]["content"]["application/json"]["schema"]
        else:
            listed = self.fields[items]
        assert listed["type"] == "array"
        (item,) = listed["items"].get("allOf", [listed["items"]])
        return str(item["$ref"]).rpartition("/")[2]


def promise(operation: Operation) -> Promise:
    return Promise(load(operation.vendor.name), operation.method, operation.path)


def pagings(operation: Operation) -> list[Any]:
    every = (operation.paging, *operation.pagings.values())
    return [paging for paging in every if paging is not None]


def find_faults(operation: Operation, said: Promise) -> Iterator[str]:
    """Yield what a declaration names and the spec does not."""
    if said.found is None:
        yield f"there is no {operation.method} {operation.path}"
        return
    if operation.success != said.successes.keys():
        yield f"success is {sorted(said.successes)} in the spec"
    media = {one for response in said.successes.values() for one in response.get("content", ())}
    if media and operation.accept not in media:
        yield f"{operation.accept} is not answered"
    for name in operation.window_query or ():
        if name not in said.query:
            yield f"{name} is no query parameter"
    if (operation.window is None) != (operation.window_query is None):
        yield "a window and its parameters go together"
    fields = {*operation.keyed_by, *operation.once_with}
    yield from (f"{name} is no field of the body" for name in sorted(fields - said.body_fields))
    for paging in pagings(operation):
        yield from paging_faults(paging, said, operation)
        if isinstance(paging, LimitOffset):
            yield from offset_faults(paging, operation)
    if pagings(operation):
        yield from listing_faults(operation, said)


def offset_faults(paging: LimitOffset, operation: Operation) -> Iterator[str]:
    if operation.key is None:
        yield "rows that are counted out need a key, which tells whether they have moved"
    if paging.most != operation.max_page_size:
        yield "the largest limit is the largest page"


def paging_faults(paging: Any, said: Promise, operation: Operation) -> Iterator[str]:
    assert isinstance(paging, STYLES)
    sent: list[str | None] = [
        getattr(paging, name, None)
        for name in ("parameter", "size_parameter", "limit_parameter", "offset_parameter")
    ]
    for name in [*sent, *getattr(paging, "fixed", {})]:
        if name is not None and name not in said.query:
            yield f"{name} is no query parameter"
    if isinstance(paging, HeaderToken):
        headers = [name for one in said.successes.values() for name in one.get("headers", ())]
        if paging.header not in headers:
            yield f"{paging.header} is no response header"
        if paging.end_status is not None and paging.end_status not in operation.success:
            yield f"{paging.end_status} is no success"
    if isinstance(paging, PageToken) and paging.field not in said.fields:
        yield f"{paging.field} is no field"
    if isinstance(paging, Cursors):
        info = said.resolve(said.fields.get(paging.info, {})).get("properties", {})
        for name in (paging.cursor_field, paging.more_field):
            if name not in info:
                yield f"{paging.info}.{name} is no field"


def listing_faults(operation: Operation, said: Promise) -> Iterator[str]:
    if operation.stability is None:
        yield "a listing says what it promises while it is read"
    lists = operation.items if isinstance(operation.items, tuple) else (operation.items,)
    for name in (*lists, operation.total):
        if name is not None and name not in said.fields:
            yield f"{name} is no field"
            return
    if lists == (None,) and "application/json" not in said.successes[200]["content"]:
        # Free columns: there is no schema of their rows.
        if operation.key or operation.time:
            yield "rows of free columns have neither key nor time"
        return
    rows = importlib.import_module(f"dialytics_clients.{operation.vendor.name}.rows")
    (row,) = {getattr(rows, said.row_name(name)) for name in lists}
    known = {*row.__struct_fields__}
    for name in (operation.key, operation.time):
        if name is not None and name not in known:
            yield f"{name} is no attribute of {row.__name__}"
    if operation.key not in (None, row.KEY):
        yield f"{row.__name__} is identified by {row.KEY}"


@every_operation
def test_declaration(operation: Operation) -> None:
    """Whatever a declaration names exists in the effective spec, and every success is declared."""
    assert list(find_faults(operation, promise(operation))) == []


EVENTS, INTENTS = (one for one in OPERATIONS if one.id in ("chatlayer.events", "chatlayer.intents"))
(INTERACTIONS,) = declared("digitalcx")
(LISTED,) = (one for one in OPERATIONS if one.id == "inkeep.conversations")
(LOGGED,) = (one for one in OPERATIONS if one.id == "inkeep.log_conversation")
(UPDATED,) = declared("cognigy")


@pytest.mark.parametrize(
    ("operation", "change", "fault"),
    [
        (EVENTS, {"path": "/v1/nothing"}, "there is no GET /v1/nothing"),
        (EVENTS, {"method": "PUT"}, "there is no PUT"),
        (EVENTS, {"success": frozenset({200, 204})}, r"success is \[200\]"),
        (EVENTS, {"accept": "text/csv"}, "text/csv is not answered"),
        (EVENTS, {"window_query": ("start_time", "until")}, "until is no query parameter"),
        (EVENTS, {"window": None}, "go together"),
        (EVENTS, {"items": "rows"}, "rows is no field"),
        (EVENTS, {"key": "event_id"}, "event_id is no attribute of TrackingEvent"),
        (EVENTS, {"key": "event"}, "identified by id"),
        (EVENTS, {"time": "at"}, "at is no attribute"),
        (EVENTS, {"stability": None}, "what it promises"),
        (EVENTS, {"items": ("events", "more")}, "more is no field"),
        (EVENTS, {"pagings": {"on": OnePage(), "off": LimitOffset("n", "m", 1)}}, "m is no query"),
        (LOGGED, {"keyed_by": ("id", "key")}, "key is no field of the body"),
        (UPDATED, {"once_with": ("goals",)}, "goals is no field of the body"),
        (
            EVENTS,
            {"paging": PageToken("token", "next_page_token", "page_size")},
            "token is no query",
        ),
        (EVENTS, {"paging": PageToken("page_token", "next", "page_size")}, "next is no field"),
        (EVENTS, {"paging": PageToken("page_token", "next_page_token", "n")}, "n is no query"),
        (
            INTENTS,
            {"paging": Cursors("after", "first", "pagination", "last_cursor", "has_more")},
            r"pagination\.last_cursor is no field",
        ),
        (INTENTS, {"paging": Cursors("after", "first", "page", "a", "b")}, r"page\.a is no field"),
        (INTERACTIONS, {"paging": HeaderToken("token", "continuationToken")}, "token is no query"),
        (INTERACTIONS, {"paging": HeaderToken("culture", "next")}, "next is no response header"),
        (
            INTERACTIONS,
            {"paging": HeaderToken("culture", "continuationToken", {"paged": "true"})},
            "paged is no query",
        ),
        (
            INTERACTIONS,
            {"paging": HeaderToken("culture", "continuationToken", {}, 205)},
            "205 is no success",
        ),
        (LISTED, {"total": "count_of_all"}, "count_of_all is no field"),
        (LISTED, {"paging": LimitOffset("limit", "skip", 100)}, "skip is no query parameter"),
        (LISTED, {"key": None}, "counted out need a key"),
        (LISTED, {"max_page_size": 99}, "largest limit"),
    ],
)
def test_wrong_declarations_are_found(
    operation: Operation, change: dict[str, Any], fault: str
) -> None:
    """The lint notices each kind of name that the spec does not have."""
    wrong = attrs.evolve(operation, **change)
    assert any(re.search(fault, found) for found in find_faults(wrong, promise(wrong)))


@every_operation
def test_page_size(operation: Operation) -> None:
    """The largest page is not larger than the spec allows."""
    asked = promise(operation).query
    for paging in pagings(operation):
        name = getattr(paging, "size_parameter", getattr(paging, "limit_parameter", None))
        if name is not None:
            most = asked[name]["schema"].get("maximum")
            assert most is None or (operation.max_page_size or most) <= most


@every_vendor
def test_servers(vendor: str) -> None:
    """The addresses that are declared are those of the spec."""
    module = declarations(vendor)
    listed = {server["url"].rstrip("/") for server in load(vendor)["servers"]}
    ours = getattr(module, "REGIONS", None) or {"": module.VENDOR.base_url + module.VENDOR.api_root}
    assert listed == set(ours.values())


@every_vendor
def test_vendor(vendor: str) -> None:
    """A vendor's package declares one vendor, under the name of its spec, for all operations."""
    vendors = [one for one in vars(declarations(vendor)).values() if isinstance(one, Vendor)]
    assert [one.name for one in vendors] == [vendor]
    assert all(operation.vendor is vendors[0] for operation in declared(vendor))


# The methods: read from their source, since what they build is decided there


class Methods:
    """A vendor's asynchronous client as it is written."""

    def __init__(self, vendor: str) -> None:
        package = importlib.import_module(f"dialytics.vendors.{vendor}")
        (client,) = (
            getattr(package, name)
            for name in package.__all__
            if name.startswith("Async") and issubclass(getattr(package, name), AsyncVendorClient)
        )
        # What is shared by all vendors is no vendor's operation.
        shells = set(client.__mro__) - set(AsyncVendorClient.__mro__)
        found = [
            (shell.__module__, node)
            for shell in shells
            for node in ast.walk(ast.parse(inspect.getsource(shell)))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            and not node.name.startswith("_")
        ]
        self.nodes = {node.name: node for _, node in found}
        self.homes = {node.name: home for home, node in found}

    def builders(self, name: str) -> list[str]:
        """Return the names of the request builders that a method calls."""
        attributes = [
            node.attr for node in ast.walk(self.nodes[name]) if isinstance(node, ast.Attribute)
        ]
        return [one.removeprefix("build_") for one in attributes if one.startswith("build_")]

    def names(self, name: str) -> set[str]:
        """Return the plain names that a method uses."""
        return {node.id for node in ast.walk(self.nodes[name]) if isinstance(node, ast.Name)}

    def helpers(self, name: str) -> list[str]:
        """Return the sources of the functions that a method calls."""
        known = vars(sys.modules[self.homes[name]])
        called = [known.get(one) for one in self.names(name)]
        return [inspect.getsource(one) for one in called if inspect.isfunction(one)]

    def constants(self, name: str, keyword: str) -> list[Any]:
        """Return the constants that a method passes under a keyword."""
        return [
            node.value.value
            for node in ast.walk(self.nodes[name])
            if isinstance(node, ast.keyword)
            and node.arg == keyword
            and isinstance(node.value, ast.Constant)
        ]


def builder_name(operation_id: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation_id).lower()


def spec_operations(vendor: str) -> dict[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in load(vendor)["paths"].items()
        for method, operation in item.items()
        if "operationId" in operation
    }


@every_vendor
def test_methods(vendor: str) -> None:
    """Each method builds the request of the operation that is declared under its name."""
    methods = Methods(vendor)
    by_builder = {builder_name(one): where for one, where in spec_operations(vendor).items()}
    names = {operation.name for operation in declared(vendor)}
    assert names <= methods.nodes.keys()
    # What is no operation of its own sends many of one, and goes through that.
    bulk = {operation.bulk for operation in declared(vendor) if operation.bulk}
    assert methods.nodes.keys() - names == bulk
    assert not any(methods.builders(name) for name in bulk)
    for operation in declared(vendor):
        (builder,) = methods.builders(operation.name)
        assert by_builder[builder] == (operation.method, operation.path), operation.id


@every_vendor
def test_declarations_are_used(vendor: str) -> None:
    """Each declaration is used by its method, by name or through a function that chooses it."""
    methods = Methods(vendor)
    for constant, operation in vars(declarations(vendor)).items():
        if isinstance(operation, Operation):
            name = operation.name
            word = re.compile(rf"\b{constant}\b")
            chosen = any(word.search(source) for source in methods.helpers(name))
            assert constant in methods.names(name) or chosen, constant


@every_operation
def test_key_parameter(operation: Operation) -> None:
    """The parameter that tells partitions apart is one of the operation's."""
    keys = Methods(operation.vendor.name).constants(operation.name, "key_parameter")
    assert set(keys) <= promise(operation).query.keys()


def left_out() -> Mapping[str, Mapping[str, str]]:
    return yaml.safe_load((SPECS / "left_out.yaml").read_text(encoding="utf-8")) or {}


@every_vendor
def test_whole_surface(vendor: str) -> None:
    """Every operation of a spec has a method, or stands with a reason in specs/left_out.yaml."""
    reached = {(operation.method, operation.path) for operation in declared(vendor)}
    missing = {one for one, where in spec_operations(vendor).items() if where not in reached}
    reasons = left_out().get(vendor, {})
    assert missing == set(reasons)
    assert all(len(reason.split()) > 2 for reason in reasons.values())
    assert set(left_out()) <= set(VENDORS)
