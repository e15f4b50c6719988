"""The package as a whole: what importing it costs, what is public, and who may import whom."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import requires, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import dialytics

ROOT = Path(__file__).resolve().parents[1]
FACADE = ROOT / "facade" / "dialytics"

PUBLIC = """
AsyncChatlayer AsyncClientOptions AsyncCognigy AsyncDigitalCX AsyncInkeep AsyncOutcomes AsyncPager
BadRow BulkOptions BulkStats CallOptions Chatlayer Checkpoint ClientCredentials ClientOptions
Cognigy DigitalCX Inkeep InteractionType ListOptions Outcome Outcomes Page Pager PasswordGrant
RangeOptions RateLimit RawPage RefreshGrant ReportOptions RetryPolicy Series SeriesPoint Stats
Window __version__ errors
"""
VENDOR_PUBLIC = {
    "chatlayer": "AsyncChatlayer BotOptions BucketOptions Chatlayer ConversationOptions Edge "
    "EventDefinition FlowStep FlowStepDetails IntentInfo IntentOptions KnowledgeBaseOptions "
    "MessageOptions Serie Series SeriesOptions SeriesPoint Subscription TeamOptions TrackingEvent "
    "VoiceOptions",
    "cognigy": "AsyncCognigy Cognigy PasswordGrant Properties RecordUpdate RefreshGrant",
    "digitalcx": "AsyncDigitalCX DigitalCX Interaction InteractionOptions InteractionType",
    "inkeep": "AggregationSelection AndFilter AsyncInkeep ConditionFilter Conversation "
    "ConversationEventInput ConversationInput ConversationQuery Event EventInput EventQuery "
    "ExportRow Feedback FeedbackInput FeedbackQuery FeedbackReason FeedbackReasonInput "
    "FeedbackSource FeedbackSourceInput FieldSelection FilterCondition GroupBy ImageInput "
    "ImageItemInput Inkeep Link LinkInput Message MessageEventInput OpenAIConversationInput "
    "OpenAIMessageInput OrFilter OrderBy PropertyKeyCount PropertyValueCount QueryFilter "
    "QueryResult QueryRow SearchEventInput SearchQueryCount Selection SemanticThreadQuery "
    "SupportCopilotConversationInput SupportMessageInput SupportTicketConversationInput "
    "TextItemInput TimeSelection ToolCall ToolCallFunctionInput ToolCallInput "
    "UserProperties UserPropertiesInput WeeklySearchUsers",
}
# Type aliases do not know their names.
ALIASES = {"ConversationInput", "EventInput", "QueryFilter", "QueryRow", "Selection"}

ERROR_ROOMS = ("_base", "_exchanges", "_listings", "_statuses")
# What calls need, and clients do not that make none.
LATER = {
    *("_ahead", "_bookmarks", "_bulk", "_checkpoints", "_listings", "_messages", "_oauth"),
    *("_pages", "_plans", "_positions", "_problems", "_stats", "_tasks", "_threads", "_windows"),
    *("vendors.chatlayer.buckets", "vendors.chatlayer.series", "vendors.cognigy.grants"),
    *("vendors.cognigy.records", "vendors.inkeep.logs", "vendors.inkeep.requests"),
}

# Rooms that decide and do nothing, and what else of the library each may import.
PURE = {
    "errors.__init__": {f"errors.{room}" for room in ERROR_ROOMS},
    "errors._base": set[str](),
    **{f"errors.{room}": {"errors._base"} for room in ERROR_ROOMS if room != "_base"},
    "_numbers": set[str](),
    "_retry": {"errors", "_numbers"},
    "_limits": {"errors", "_numbers"},
    "_instants": {"errors"},
    "_ranges": set[str](),
    "_windows": {"errors", "_instants", "_ranges"},
    "_bookmarks": {"errors"},
    "_pages": {"errors"},
    "_paging": {"errors", "_bookmarks"},
    "_body": {"errors"},
    "_ahead": set[str](),
    "_checkpoints": {"errors", "_plans", "_positions"},
    "_plans": {"_windows"},
    "_positions": {"_offsets", "_plans", "_windows"},
    "_offsets": set[str](),
    "_endings": {"_offsets"},
    "_anchors": {"errors", "_bookmarks", "_checkpoints", "_offsets"},
    "_walks": {
        *("errors", "_anchors", "_bookmarks", "_checkpoints", "_endings", "_offsets"),
        *("_pages", "_stats"),
    },
    "_parquet_plans": {"errors", "_checkpoints", "_windows"},
    "_texts": set[str](),
    "_payloads": {"errors", "_texts"},
    "_messages": {"errors", "_body", "_payloads", "_texts"},
    "_declarations": {"_instants", "_retry"},
    "_problems": {"errors", "_declarations", "_limits", "_records", "_redaction", "_sentences"},
    "_records": {"_faults", "_sentences"},
    "_faults": set[str](),
    "_sentences": {"_spellings"},
    "_redaction": {"_spellings"},
    "_spellings": set[str](),
    "_decode.values": {"errors"},
    "_decode.json_rows": {"errors", "_decode.values", "_faults"},
    "_decode.csv_table": set(),
    "_decode.csv_header": {"errors", "_decode.csv_table", "_decode.csv_text", "_decode.values"},
    "_decode.csv_layout": {"_decode.csv_header", "_decode.rows", "_decode.values"},
    "_decode.csv_rows": {
        *("errors", "_decode.csv_header", "_decode.csv_layout", "_decode.csv_table"),
        *("_decode.csv_text", "_decode.values"),
    },
    "_auth": {"errors"},
    "_oauth": {"errors", "_auth"},
    "_bulk": {"errors", "_checkpoints", "_declarations", "_messages"},
}
# Who does something, or knows what a clock, a socket or an environment is.
DOERS = {
    "asyncio",
    "getpass",
    "http.client",
    "httpx",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
}
CLOCKS = {"now", "utcnow", "today", "fromtimestamp"}
EFFECTS = {"open", "print", "input", "exec", "eval", "breakpoint"}


def run(code: str) -> Any:
    """Run code in a fresh interpreter and return the JSON that it prints."""
    command = [sys.executable, "-c", code]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def loaded_by(code: str) -> set[str]:
    """Return the modules that code loads beside what a bare interpreter has."""
    show = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    return set(run(code + show)) - set(run("pass" + show))


# Imports


def test_import_is_light() -> None:
    """Importing the package loads fewer than 40 modules, none of them from elsewhere."""
    loaded = loaded_by("import dialytics")
    assert len(loaded) < 40
    assert "dialytics" in loaded
    outside = {"attr", "attrs", "httpx", "msgspec", "asyncio", "typing", "dialytics_clients"}
    assert not loaded & outside


def test_errors_are_light() -> None:
    """Naming an error loads no client."""
    loaded = loaded_by("import dialytics; dialytics.errors.NotFound")
    assert not loaded & {"attr", "attrs", "httpx", "msgspec", "dialytics_clients"}


@pytest.mark.parametrize(
    ("client", "others"),
    [
        ("DigitalCX", ("chatlayer", "cognigy", "inkeep")),
        ("Inkeep", ("chatlayer", "cognigy", "digitalcx")),
    ],
)
def test_one_client(client: str, others: tuple[str, ...]) -> None:
    """A synchronous client loads neither other vendors, its twin, generated models nor extras."""
    loaded = loaded_by(f"from dialytics import {client}")
    assert "httpx" in loaded
    for name in loaded:
        assert not any(f".{other}" in name for other in others), name
        assert not name.endswith("._async") or client != "DigitalCX", name
        assert ".models." not in name
    assert not loaded & {"starlette", "uvicorn", "jsonschema_rs", "yaml", "jinja2"}


@pytest.mark.parametrize("kind", ["", "Async"])
@pytest.mark.parametrize(
    "made",
    [
        "Chatlayer(auth='t')",
        "Cognigy(auth='t')",
        "DigitalCX(customer='a', project='b', auth='t')",
        "Inkeep(auth='t')",
    ],
)
def test_the_first_client_is_light(kind: str, made: str) -> None:
    """A client is there before what only its calls need: connections, decoders, row classes."""
    # The environment may name certificates that are not there, which is told at once.
    loaded = loaded_by(f"import os; os.environ.clear()\nimport dialytics; dialytics.{kind}{made}")
    assert not loaded & {"httpcore", "msgspec", "csv", "difflib", "asyncio"}
    assert "dialytics_clients.rows" not in loaded
    own = {name.removeprefix("dialytics.") for name in loaded if name.startswith("dialytics.")}
    assert not own & LATER
    # Of calls, windows and pages there are none yet: each such room loads many others.
    assert not {name for name in own if name.startswith("_decode")}
    assert {name.rpartition(".")[2] for name in own if "_sync." in name or "_async." in name} <= {
        *("client", "bots", "events", "flows", "intents", "reports", "subscriptions", "teams"),
        *("conversations", "exports", "feedback", "properties", "queries", "searches"),
    }


# Names


def test_public_names() -> None:
    """The public names are these, sorted, and all of them can be imported."""
    assert list(dialytics.__all__) == sorted(dialytics.__all__) == PUBLIC.split()
    for name in dialytics.__all__:
        assert getattr(dialytics, name) is not None


@pytest.mark.parametrize("vendor", sorted(VENDOR_PUBLIC))
def test_public_names_of_vendors(vendor: str) -> None:
    """Each vendor's package has its clients and the rows that they return, and no other names."""
    package = importlib.import_module(f"dialytics.vendors.{vendor}")
    assert list(package.__all__) == sorted(package.__all__) == VENDOR_PUBLIC[vendor].split()
    for name in package.__all__:
        assert name in ALIASES or getattr(package, name).__name__ == name
    assert set(package.__all__) <= set(dir(package))


def test_star_import() -> None:
    """A star import brings exactly the public names."""
    names: dict[str, Any] = {}
    exec("from dialytics import *", names)
    assert set(names) - {"__builtins__"} == set(dialytics.__all__)


def test_dir() -> None:
    """Completion shows what is public, all of it and before it is loaded."""
    shown = run("import dialytics, json; print(json.dumps(dir(dialytics)))")
    assert shown == list(dialytics.__all__)


def test_unknown_name() -> None:
    """A name that is not there is an AttributeError that says where, and an ImportError."""
    with pytest.raises(AttributeError, match=r"dialytics.*Nonesuch"):
        _ = dialytics.Nonesuch  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="Nonesuch"):
        from dialytics import Nonesuch  # type: ignore[attr-defined] # noqa: F401, PLC0415


# The distribution


def test_version() -> None:
    """The version is that of the installed distribution."""
    assert dialytics.__version__ == version("dialytics")


@pytest.mark.parametrize("package", ["dialytics", "dialytics_clients"])
def test_typed(package: str) -> None:
    """Both packages say that they are typed where they are installed."""
    assert (files(package) / "py.typed").is_file()


def test_dependencies() -> None:
    """A plain install brings little, and time zones where the system has none."""
    listed = [Requirement(text) for text in requires("dialytics") or ()]
    plain = [one for one in listed if "extra" not in str(one.marker or "")]
    everywhere = {one.name for one in plain if one.marker is None}
    assert everywhere == {"anyio", "attrs", "httpx", "msgspec", "sniffio"}
    assert [(one.name, str(one.marker)) for one in plain if one.marker is not None] == [
        ("tzdata", 'sys_platform == "win32"')
    ]
    for one in listed:
        assert one.specifier or one.name in ("tzdata", "dialytics"), f"{one} has no lower bound"


# Rooms


def rooms() -> dict[str, ast.Module]:
    """Return the syntax of every module of the library by its name below the package."""
    return {
        ".".join(path.relative_to(FACADE).with_suffix("").parts): ast.parse(path.read_bytes())
        for path in FACADE.rglob("*.py")
    }


ROOMS = rooms()


def find_imports(room: str, tree: ast.Module, *, typing: bool) -> Iterator[str]:
    """Yield what a module imports, the library's own modules by their names below the package."""
    hidden = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not typing:
            hidden |= {inner for part in node.body for inner in ast.walk(part)}
        if node in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from resolve(room, node)


def resolve(room: str, node: ast.ImportFrom) -> Iterator[str]:
    if not node.level:
        yield node.module or ""
        return
    base = room.split(".")[: -node.level]
    target = ".".join([*base, *(node.module or "").split(".")]).strip(".")
    for alias in node.names:
        inner = f"{target}.{alias.name}".strip(".")
        yield inner if inner in ROOMS else target


def own(imports: Iterator[str]) -> set[str]:
    return {name for name in imports if name in ROOMS or f"{name}.__init__" in ROOMS}


def test_only_one_room_knows_the_wire() -> None:
    """Only _http imports httpx, or anything below it."""
    found = {
        room
        for room, tree in ROOMS.items()
        for name in find_imports(room, tree, typing=True)
        if name.split(".")[0] in ("httpx", "httpcore", "h11", "anyio", "requests", "aiohttp")
    }
    assert found == {"_http"}


def test_only_vendors_know_the_clients() -> None:
    """Only the vendors' packages import generated code, and of that nothing private."""
    found: dict[str, set[str]] = {}
    for room, tree in ROOMS.items():
        for name in find_imports(room, tree, typing=True):
            if name.split(".")[0] == "dialytics_clients":
                found.setdefault(room, set()).add(name)
    assert found
    assert all(room.startswith("vendors.") for room in found)
    parts = {
        name.split(".")[2] for names in found.values() for name in names if name.count(".") > 1
    }
    assert parts == {"api", "inputs", "rows"}


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_rooms(room: str) -> None:
    """A pure room does no I/O, reads no clock, and imports only rooms that are as pure."""
    tree = ROOMS[room]
    found = set(find_imports(room, tree, typing=False))
    assert not found & DOERS
    assert own(iter(found)) <= PURE[room]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            assert not (isinstance(called, ast.Attribute) and called.attr in CLOCKS), room
            assert not (isinstance(called, ast.Name) and called.id in EFFECTS), room


@pytest.mark.parametrize(
    "room",
    [
        name
        for name in sorted(ROOMS)
        if name.startswith("vendors.") and name.endswith(".declarations")
    ],
)
def test_declarations_do_nothing(room: str) -> None:
    """A vendor's declarations are data and decisions: no I/O, no clock, no client."""
    found = set(find_imports(room, ROOMS[room], typing=True))
    assert not found & DOERS
    assert not {name for name in own(iter(found)) if name.startswith(("_async", "_sync", "_http"))}


def test_data_flows_one_way() -> None:
    """No room imports one that imports it back, however long the way round."""
    graph = {
        room: own(find_imports(room, tree, typing=False)) - {room} for room, tree in ROOMS.items()
    }
    done: set[str] = set()

    def follow(room: str, trail: tuple[str, ...]) -> None:
        assert room not in trail, " -> ".join((*trail, room))
        if room not in done:
            package = graph.get(f"{room}.__init__", set())
            for inner in sorted(graph.get(room, package)):
                follow(inner, (*trail, room))
            done.add(room)

    for room in graph:
        follow(room, ())


def test_shared_rooms_name_no_vendor() -> None:
    """A vendor's quirk is data of that vendor, never a name in a shared room."""
    vendors = set(VENDOR_PUBLIC)
    for room, tree in ROOMS.items():
        if not room.startswith(("vendors.", "sandbox.", "__init__")):
            for node in ast.walk(tree):
                if isinstance(node, ast.Compare):
                    texts = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
                    assert not vendors & texts, room


def test_size(capsys: pytest.CaptureFixture[str]) -> None:
    """Most modules of the façade have fewer than 250 lines; its size is shown."""
    lines = {
        room: len((FACADE / f"{room.replace('.', '/')}.py").read_text("utf-8").splitlines())
        for room in ROOMS
        if not room.startswith(("sandbox.", "contracts.", "cli.", "_sync."))
        and not room.endswith("._sync")
    }
    with capsys.disabled():
        sys.stdout.write(f"\nfaçade: {sum(lines.values()):,} lines in {len(lines)} modules\n")
    assert sum(count < 250 for count in lines.values()) / len(lines) > 0.8
