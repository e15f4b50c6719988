"""The generated clients as packages of their own."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeAlias
from urllib.parse import quote

import pytest
from attrs import frozen
from openapi_python_client.strings import PythonIdentifier

import dialytics_clients
from dialytics.sandbox import Sandbox
from dialytics_clients.cognigy.api.analytics import update_analytics_record
from dialytics_clients.cognigy.client import AuthenticatedClient as Cognigy
from dialytics_clients.cognigy.models import Properties, UpdateAnalyticsRecord
from dialytics_clients.digitalcx.api.interactions import get_interactions
from dialytics_clients.digitalcx.client import AuthenticatedClient as DigitalCX
from dialytics_clients.inkeep.api.conversations import list_conversations
from dialytics_clients.inkeep.client import AuthenticatedClient as Inkeep
from dialytics_clients.inkeep.models import ConversationList, Message
from tools import specs

Json: TypeAlias = Any

BODY = {"any": ["thing", None, 1]}
SAMPLES: dict[str | None, Any] = {
    "array": ["a", "b"],
    "string": "a/b ü&?",
    "integer": 3,
    "number": 1.5,
    "boolean": True,
    None: "free",
}


def load(vendor: str) -> Json:
    return json.loads(
        specs.ROOT.joinpath(f"generated/dialytics_clients/{vendor}/openapi.json").read_text("utf-8")
    )


def snake(name: str) -> str:
    return str(PythonIdentifier(name, prefix="field_"))


@frozen
class Contract:
    """What the spec says of one operation, and what its builder has to make of it."""

    vendor: str
    document: Json
    method: str
    path: str
    operation: Json

    @property
    def builder(self) -> Callable[..., Json]:
        """The public request builder."""
        (tag,) = self.operation["tags"]
        module = importlib.import_module(f"dialytics_clients.{self.vendor}.api.{snake(tag)}")
        return getattr(module, self.name)  # type: ignore[no-any-return]  # found by name

    @property
    def name(self) -> str:
        """The builder's name."""
        return f"build_{snake(self.operation['operationId'])}"

    def values(self, place: str, *, optional: bool) -> dict[str, Any]:
        """Return a value for each parameter, under the names of the spec."""
        asked = [self.resolve(one) for one in self.operation.get("parameters", ())]
        return {
            one["name"]: SAMPLES[self.resolve(one["schema"]).get("type")]
            for one in asked
            if one["in"] == place and (optional or one.get("required"))
        }

    def has_body(self, *, optional: bool) -> bool:
        """Tell whether a body is sent."""
        body = self.operation.get("requestBody")
        return body is not None and (optional or body.get("required", False))

    def resolve(self, part: Json) -> Json:
        """Follow references."""
        while "$ref" in part:
            _, _, kind, name = part["$ref"].split("/")
            part = self.document["components"][kind][name]
        return part


CONTRACTS = [
    Contract(vendor, document, method, path, operation)
    for vendor in specs.VENDORS
    for document in [load(vendor)]
    for path, item in document["paths"].items()
    for method, operation in item.items()
]


@pytest.mark.parametrize("optional", [True, False], ids=["all", "required"])
@pytest.mark.parametrize(
    "contract", CONTRACTS, ids=[f"{one.vendor}.{one.name}" for one in CONTRACTS]
)
def test_builders(contract: Contract, *, optional: bool) -> None:
    """Each operation has a public builder whose request is the one that the spec describes."""
    path = contract.values("path", optional=optional)
    query = contract.values("query", optional=optional)
    given = {snake(name): value for name, value in (path | query).items()}
    if contract.has_body(optional=optional):
        given["body"] = SimpleNamespace(to_dict=lambda: BODY)
    built = contract.builder(**given)
    escaped = {name: quote(str(value), safe="") for name, value in path.items()}
    assert built["method"] == contract.method
    assert built["url"] == contract.path.format(**escaped)
    assert built.get("params", {}) == query
    assert built.get("json") == (BODY if "body" in given else None)


@pytest.mark.parametrize("vendor", specs.VENDORS)
def test_nothing_else_is_built(vendor: str) -> None:
    """There is a builder for each operation of the spec and for nothing else."""
    api = importlib.import_module(f"dialytics_clients.{vendor}.api")
    tags = [name for _, name, is_package in pkgutil.iter_modules(api.__path__) if is_package]
    modules = [importlib.import_module(f"{api.__name__}.{tag}") for tag in tags]
    built = sorted(name for module in modules for name in module.__all__)
    assert built == sorted(one.name for one in CONTRACTS if one.vendor == vendor)


def run(code: str) -> Any:
    """Run code in a fresh interpreter and return the JSON that it prints."""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


LOADED = "import json, sys; print(json.dumps(sorted(sys.modules)))"


def test_alone() -> None:
    """All modules of the generated packages import, and none needs the façade or the tools."""
    names = [
        name
        for _, name, _ in pkgutil.walk_packages(dialytics_clients.__path__, "dialytics_clients.")
    ]
    assert len(names) > 100
    loaded = run("".join(f"import {name}\n" for name in names) + LOADED)
    assert set(names) <= set(loaded)
    assert [name for name in loaded if name.split(".")[0] in ("dialytics", "tools")] == []


def test_lazy_builders() -> None:
    """A package of builders loads neither endpoints, models nor the HTTP client."""
    loaded = run("from dialytics_clients.chatlayer.api import events\n" + LOADED)
    ours = [name for name in loaded if name.startswith("dialytics_clients.chatlayer.")]
    assert ours == ["dialytics_clients.chatlayer.api", "dialytics_clients.chatlayer.api.events"]
    assert "httpx" not in loaded


def test_lazy_models() -> None:
    """Importing an endpoint loads the models that it needs, and no other."""
    loaded = run("import dialytics_clients.chatlayer.api.events.list_events\n" + LOADED)
    models = "dialytics_clients.chatlayer.models."
    assert {name.removeprefix(models) for name in loaded if name.startswith(models)} == {
        "list_events_response",
        "problem",
    }


def test_lazy_rows() -> None:
    """Importing a row class loads the rows that it holds, and no other."""
    loaded = run("from dialytics_clients.inkeep.rows import ToolCall\n" + LOADED)
    rows = "dialytics_clients.inkeep.rows."
    found = {name.removeprefix(rows) for name in loaded if name.startswith(rows)}
    assert found == {"tool_call", "tool_call_function"}


LAZY = [
    f"{vendor}{part}"
    for vendor in specs.VENDORS
    for part in ("", ".models", ".api", ".rows")
    if (vendor, part) != ("cognigy", ".rows")  # its responses hold nothing
]


@pytest.mark.parametrize("name", LAZY)
def test_lazy_names(name: str) -> None:
    """Every public name of a lazy package can be imported; a wrong one is an AttributeError."""
    package = importlib.import_module(f"dialytics_clients.{name}")
    names = getattr(package, "__all__", ())
    assert names or name.endswith(".api")
    for public in names:
        assert getattr(package, public).__name__ == public
    with pytest.raises(AttributeError):
        _ = package.Nonesuch


@pytest.mark.parametrize("vendor", specs.VENDORS)
def test_names_of_models(vendor: str) -> None:
    """Models are named by the spec: no numbered, doubled or made-up names."""
    models = importlib.import_module(f"dialytics_clients.{vendor}.models").__all__
    named = load(vendor)["components"]["schemas"]
    with_fields = {name for name, schema in named.items() if "properties" in schema}
    assert with_fields <= set(models) <= set(named)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A running sandbox."""
    with Sandbox(seed=1, now=datetime(2026, 11, 20, 12, tzinfo=UTC)) as running:
        yield running


def test_whole_clients(box: Sandbox) -> None:
    """The generated clients work on their own: they send, and read what comes back."""
    with Inkeep(base_url=box.url("inkeep"), token="key") as inkeep:
        listed = list_conversations.sync(client=inkeep, limit=5)
    assert isinstance(listed, ConversationList)
    assert isinstance(listed.conversations, list)
    assert len(listed.conversations) == 5
    with DigitalCX(base_url=box.url("digitalcx"), token="token") as digitalcx:
        text = get_interactions.sync(
            "acme",
            "shop",
            client=digitalcx,
            culture="en",
            start_date="2026-11-01T00:00:00Z",
            end_date="2026-11-01T01:00:00Z",
        )
    assert isinstance(text, str)
    assert "LogId" in text.splitlines()[0]
    with Cognigy(
        base_url=f"{box.url('cognigy')}/new", token="key", prefix="", auth_header_name="X-API-Key"
    ) as cognigy:
        properties = Properties(custom1="x")
        record = UpdateAnalyticsRecord(project_id="p", contact_id="c", properties=properties)
        reply = update_analytics_record.sync_detailed(client=cognigy, body=record)
    assert reply.status_code == 204


@pytest.mark.parametrize("vendor", specs.VENDORS)
def test_repr_of_clients(vendor: str) -> None:
    """A client's repr shows neither its token nor its headers, also after it was used."""
    client = importlib.import_module(f"dialytics_clients.{vendor}.client")
    made = client.AuthenticatedClient(base_url="http://127.0.0.1", token="hush")
    made = made.with_headers({"X-Other": "hush"})
    with made:
        assert "hush" not in repr(made)


def test_repr_of_models() -> None:
    """A model's repr does not show what people said."""
    message = Message.from_dict({"role": "user", "content": "hush"})
    assert "hush" not in repr(message)
    assert message.to_dict() == {"role": "user", "content": "hush"}
