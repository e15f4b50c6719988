"""Every listing of every vendor, how it is opened, and what the sandbox knows to be in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

import httpx
from attrs import frozen

from dialytics.sandbox import Sandbox

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = datetime(2026, 10, 1, tzinfo=UTC)
HORIZON = datetime(2026, 8, 23, tzinfo=UTC)
BOT = "bot"
WINDOWS = 8
_DAY = timedelta(days=1)
_DEFINITIONS = 13

Stability: TypeAlias = Literal["fixed", "live", "append", "shifting", "export"]


@frozen
class Case:
    """A listing: what opens it, what identifies its rows, and how its rows come to be more.

    Times that a listing asks for follow from how many windows it is read in; 0: it has none.
    """

    name: str
    client: str
    open: Callable[[Any, int, dict[str, Any]], Any]
    truth: Callable[[Sandbox, int], list[Any]]
    stability: Stability
    windows: int = 0
    key: str = "id"
    size: int | None = 4

    @property
    def style(self) -> str:
        """How it pages and what its rows come in, roughly."""
        return self.stability if self.stability in {"export", "shifting"} else self.client

    def options(self) -> dict[str, Any]:
        """Return the options that make it have several pages, and its windows run at once."""
        options = {} if self.size is None else {"page_size": self.size}
        return options if self.windows < 2 else {**options, "concurrency": self.windows}

    def read_key(self, row: Any) -> Any:
        """Return what identifies a row."""
        return row[self.key] if isinstance(row, dict) else getattr(row, self.key)


@contextmanager
def run_sandbox() -> Iterator[Sandbox]:
    """Run a sandbox whose listings have some pages each."""
    with Sandbox(
        now=NOW,
        rows_per_day=12,
        page_rows=5,
        events_per_day=12,
        conversations=26,
        validate=False,
    ) as box:
        with box.client(_find("Chatlayer")) as chatlayer:
            for number in range(_DEFINITIONS):
                chatlayer.create_event_definition(BOT, event=f"event-{number}", description="-")
                chatlayer.create_subscription(
                    BOT, target="https://example.com", secret="-", event_type="MESSAGE_EVENT"
                )
        yield box


def _find(name: str) -> Any:
    import dialytics  # noqa: PLC0415  # as tests find classes, by name

    return getattr(dialytics, name)


def _within(windows: int, start: datetime = START) -> dict[str, Any]:
    return {"start": start, "end": start + timedelta(days=windows)}


def _interactions(**more: Any) -> Callable[[Any, int, dict[str, Any]], Any]:
    def open_listing(client: Any, windows: int, options: dict[str, Any]) -> Any:
        start = more.get("start", START)
        asked = {"culture": "en", **more, **_within(windows, start), **options}
        return client.interactions(**asked)

    return open_listing


def _log_ids(box: Sandbox, windows: int, start: datetime = START) -> list[Any]:
    within = _within(windows, start)
    return [row["LogId"] for row in box.interactions("en", within["start"], within["end"])]


def _log_ids_by_culture(box: Sandbox, windows: int) -> list[Any]:
    return [
        row["LogId"]
        for day in range(windows)
        for culture in ("en", "nl")
        for row in box.interactions(
            culture, START + timedelta(days=day), START + timedelta(days=day + 1)
        )
    ]


def _event_ids(box: Sandbox, windows: int) -> list[Any]:
    within = _within(windows)
    return [event["id"] for event in box.events(BOT, "LIVE", within["start"], within["end"])]


def _intent_ids(box: Sandbox, windows: int) -> list[Any]:
    query = {"version": "LIVE", "first": "100"}
    query |= {f"{name}_time": moment.isoformat() for name, moment in _within(windows).items()}
    answer = httpx.get(
        f"{box.url('chatlayer')}/v1/bots/{BOT}/intents", params=query, auth=("demo", "demo")
    )
    return [item["intent_id"] for item in answer.json()["data"]]


def _intent_ids_backward(box: Sandbox, windows: int) -> list[Any]:
    found, size = _intent_ids(box, windows), 4
    ends = range(len(found), 0, -size)
    return [name for end in ends for name in found[max(0, end - size) : end]]


def _kept(box: Sandbox, kind: Literal["definitions", "subscriptions"]) -> list[Any]:
    return [item["id"] for item in getattr(box._chatlayer._registry, kind)(BOT)]


def _stored(box: Sandbox, kind: Literal["conversations", "feedback"]) -> list[Any]:
    return [item["id"] for item in getattr(box._inkeep._store, kind)]


def _feedback_ids(box: Sandbox) -> list[Any]:
    """Return feedback as pages of two lists have it, each list with its own limit."""
    kinds: dict[str, list[Any]] = {"positive": [], "negative": []}
    for item in box._inkeep._store.feedback:
        kinds[item["type"]].append(item["id"])
    longest = max(map(len, kinds.values()))
    return [
        identifier
        for start in range(0, longest, 4)
        for one in kinds.values()
        for identifier in one[start : start + 4]
    ]


def _exported(box: Sandbox, view: str) -> list[Any]:
    return [str(row["id"]) for row in box._inkeep._queries._views[f"{view}_view"].rows()]


def _export(view: str, method: str) -> Case:
    query = {"select": [{"type": "field", "field": name} for name in ("id", "projectId")]}
    return Case(
        method,
        "Inkeep",
        lambda client, _, options: getattr(client, method)(query, **options),
        lambda box, _: _exported(box, view),
        "export",
    )


def _list_cases(windows: int) -> list[Case]:
    many = f"-{windows}"
    return [
        Case(
            f"interactions{many}",
            "DigitalCX",
            _interactions(),
            _log_ids,
            "fixed",
            windows,
            "log_id",
            None,
        ),
        Case(
            f"events{many}",
            "Chatlayer",
            lambda client, days, options: client.events(BOT, **_within(days), **options),
            _event_ids,
            "fixed",
            windows,
        ),
        Case(
            f"interactions-json{many}",
            "DigitalCX",
            _interactions(accept="json"),
            _log_ids,
            "fixed",
            windows,
            "log_id",
            None,
        ),
    ]


CASES = [
    *_list_cases(1),
    *_list_cases(WINDOWS),
    Case(
        "interactions-unordered",
        "DigitalCX",
        _interactions(ordered=False),
        _log_ids,
        "fixed",
        WINDOWS,
        "log_id",
        None,
    ),
    Case(
        "interactions-live",
        "DigitalCX",
        lambda client, _, options: client.interactions(culture="en", start=NOW - _DAY, **options),
        lambda box, _: [
            row["LogId"] for row in box.interactions("en", NOW - _DAY, NOW - timedelta(minutes=5))
        ],
        "live",
        2,
        "log_id",
        None,
    ),
    Case(
        "events-live",
        "Chatlayer",
        lambda client, _, options: client.events(BOT, start=NOW - _DAY, **options),
        lambda box, _: [
            row["id"] for row in box.events(BOT, "LIVE", NOW - _DAY, NOW - timedelta(minutes=1))
        ],
        "live",
        2,
    ),
    Case(
        "interactions-cultures",
        "DigitalCX",
        _interactions(culture=["en", "nl"]),
        _log_ids_by_culture,
        "fixed",
        4,
        "log_id",
        None,
    ),
    Case(
        "interactions-horizon",
        "DigitalCX",
        _interactions(start=HORIZON),
        lambda box, windows: _log_ids(box, windows, HORIZON),
        "fixed",
        1,
        "log_id",
        None,
    ),
    Case(
        "event_definitions",
        "Chatlayer",
        lambda client, _, options: client.event_definitions(BOT, **options),
        lambda box, _: _kept(box, "definitions"),
        "append",
    ),
    Case(
        "subscriptions",
        "Chatlayer",
        lambda client, _, options: client.subscriptions(BOT, **options),
        lambda box, _: _kept(box, "subscriptions"),
        "append",
    ),
    Case(
        "intents",
        "Chatlayer",
        lambda client, days, options: client.intents(BOT, **_within(7), **options),
        lambda box, _: _intent_ids(box, 7),
        "fixed",
        0,
        "intent_id",
    ),
    Case(
        "intents-backward",
        "Chatlayer",
        lambda client, days, options: client.intents(
            BOT, direction="backward", **_within(7), **options
        ),
        lambda box, _: _intent_ids_backward(box, 7),
        "fixed",
        0,
        "intent_id",
    ),
    Case(
        "conversations",
        "Inkeep",
        lambda client, _, options: client.conversations(**options),
        lambda box, _: _stored(box, "conversations"),
        "shifting",
    ),
    Case(
        "feedback",
        "Inkeep",
        lambda client, _, options: client.feedback(**options),
        lambda box, _: _feedback_ids(box),
        "shifting",
    ),
    _export("conversations", "export_conversations"),
    _export("events", "export_events"),
    _export("feedback", "export_feedback"),
    _export("semantic_threads", "export_semantic_threads"),
]
