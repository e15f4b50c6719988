"""Chatlayer: what changes a bot's set-up, and the reports on its flows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dialytics import errors
from dialytics.sandbox import Sandbox
from dialytics.vendors.chatlayer import Edge, FlowStep, FlowStepDetails

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Any]], Raw]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK: dict[str, Any] = {"start": date(2026, 11, 1), "end": date(2026, 11, 8)}
SETTINGS: dict[str, Any] = {"token_id": "id", "token_secret": "secret", "now": lambda: NOW}
HOOK = {
    "target": "https://hooks.example/chat?key=t4rget",
    "secret": "hush-hush",
    "event_type": "TRACKING_EVENT",
}
_numbers = count()


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox that checks each request against the vendor's document."""
    with Sandbox(now=NOW) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def client(twin: Twin, box: Sandbox) -> Iterator[Any]:
    """A client of the sandbox, whose requests are counted from here."""
    with twin.open("Chatlayer", **SETTINGS, base_url=box.url("chatlayer")) as opened:
        box.clear_requests()
        yield opened


@pytest.fixture
def ask(twin: Twin, client: Any) -> Callable[..., Any]:
    """Return what calls a method by its name and waits for it."""
    return lambda name, *given, **named: twin.wait(getattr(client, name)(*given, **named))


@pytest.fixture
def bot() -> str:
    """A bot that no other test has set up."""
    return f"bot-{next(_numbers)}"


# Definitions.


@pytest.mark.parametrize("description", [None, "Money back, \u2028 “all of it”"])
def test_create_event_definition(
    twin: Twin, client: Any, bot: str, description: str | None
) -> None:
    """What is defined comes back, typed, and is among the definitions from then on."""
    made = twin.wait(client.create_event_definition(bot, event="refund", description=description))
    assert (made.bot_id, made.event, made.description) == (bot, "refund", description or "")
    assert made.created_at == NOW
    assert made.last_seen_at is None
    assert made in twin.collect(client.event_definitions(bot))


def test_description_is_left_out(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Only what is given goes into the body."""
    scripted = serve(lambda _: answer.json({"event_definition": {"id": "d"}}))
    with twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client:
        made = twin.wait(client.create_event_definition("bot", event="refund"))
    assert made.id == "d"
    assert json.loads(scripted.asked[0].body) == {"event": "refund"}


# Subscriptions.


@pytest.mark.parametrize("names", [None, "login", ["login", "nps"], ()])
def test_create_subscription(twin: Twin, client: Any, bot: str, names: Any) -> None:
    """A subscription is stored with what was said, version v1, and without its secret."""
    made = twin.wait(client.create_subscription(bot, **HOOK, event_names=names))
    assert (made.bot_id, made.target, made.event_type) == (bot, HOOK["target"], "TRACKING_EVENT")
    assert (made.version, made.status, made.created_at) == ("v1", "enabled", NOW)
    assert made.event_names == ((names,) if isinstance(names, str) else tuple(names or ()))
    assert HOOK["secret"] not in repr(made) + str(made.to_dict())
    assert twin.collect(client.subscriptions(bot)) == [made]


@pytest.mark.parametrize(
    "more", [{}, {"event_names": []}, {"event_names": ["a", "b"], "version": "v2"}]
)
def test_subscriptions_body(
    twin: Twin, serve: Serve, answer: type[Answer], more: dict[str, Any]
) -> None:
    """The body holds what was said, and v1 unless another version was."""
    scripted = serve(lambda _: answer.json({"subscription": {"id": "s"}}))
    with twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client:
        twin.wait(client.create_subscription("bot", **HOOK, **more))
    assert json.loads(scripted.asked[0].body) == {**HOOK, "version": "v1", **more}


def test_delete_subscription(twin: Twin, client: Any, bot: str) -> None:
    """What is deleted is gone, alone; deleting it again is NotFound."""
    kept, gone = (twin.wait(client.create_subscription(bot, **HOOK)) for _ in range(2))
    assert twin.wait(client.delete_subscription(bot, gone.id)) is None
    assert twin.collect(client.subscriptions(bot)) == [kept]
    with pytest.raises(errors.NotFound) as caught:
        twin.wait(client.delete_subscription(bot, gone.id))
    assert caught.value.operation == "delete_subscription"


def test_lost_answer_of_a_deletion(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A deletion is sent again; where the first one had worked, the second says NotFound."""
    replies = iter([["reset"], answer(b"{}", 404)])
    raw = serve_raw(lambda _: next(replies))
    settings = {**SETTINGS, "max_retries": 1, "base_url": raw.url}
    with (
        twin.open("Chatlayer", **settings) as client,
        pytest.raises(errors.NotFound),
    ):
        twin.wait(client.delete_subscription("bot", "s"))
    assert [asked.method for asked in raw.asked] == ["DELETE", "DELETE"]


@pytest.mark.parametrize("content", [b"{}", b"", b"null", b"gone"])
def test_any_answer_of_a_deletion(
    twin: Twin, serve: Serve, answer: type[Answer], content: bytes
) -> None:
    """What a deletion answers is documented nowhere, so that only its status counts."""
    scripted = serve(lambda _: answer(content))
    with twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client:
        assert twin.wait(client.delete_subscription("bot", "s/1")) is None
    assert scripted.asked[0].path == "/v1/bots/bot/subscriptions/s%2F1"


# Creations.

CREATIONS: dict[str, dict[str, Any]] = {
    "create_event_definition": {"event": "refund"},
    "create_subscription": HOOK,
}


@pytest.mark.parametrize("name", CREATIONS)
@pytest.mark.parametrize("lost", [["reset"], ["close"], 429, 500, 503])
def test_creations_are_sent_once(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], name: str, lost: Any
) -> None:
    """What may have been created is not sent again: each time would make another one."""
    raw = serve_raw(lambda _: lost if isinstance(lost, list) else answer(b"{}", lost))
    with (
        twin.open("Chatlayer", **{**SETTINGS, "max_retries": 3, "base_url": raw.url}) as client,
        pytest.raises((errors.ConnectionFailed, errors.StatusError)) as caught,
    ):
        twin.wait(getattr(client, name)("bot", **CREATIONS[name]))
    assert len(raw.asked) == 1
    assert getattr(caught.value, "sent", None) is not False


@pytest.mark.parametrize("name", CREATIONS)
@pytest.mark.parametrize("body", [{}, {"event_definition": None, "subscription": None}])
def test_creations_without_an_answer(
    twin: Twin, serve: Serve, answer: type[Answer], name: str, body: dict[str, Any]
) -> None:
    """A success that does not hold what was created is InvalidResponse, and not sent again."""
    scripted = serve(lambda _: answer.json(body))
    with (
        twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client,
        pytest.raises(errors.InvalidResponse, match="what was created"),
    ):
        twin.wait(getattr(client, name)("bot", **CREATIONS[name]))
    assert len(scripted.asked) == 1


TOKEN_URL = "https://hooks.example/u?token=hook%20token&for=q"


def test_secrets_stay_out_of_errors(
    twin: Twin, serve: Serve, answer: type[Answer], caplog: pytest.LogCaptureFixture
) -> None:
    """A subscription's secret and URL are in no error, also where the vendor repeats them."""
    caplog.set_level("DEBUG")
    scripted = serve(
        lambda asked: answer.json(
            {"code": 3, "message": f"bad: {asked.body.decode()} hook token", "details": []}, 400
        )
    )
    with (
        twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client,
        pytest.raises(errors.BadRequest) as caught,
    ):
        twin.wait(client.create_subscription("bot", **{**HOOK, "target": TOKEN_URL}))
    error = caught.value
    shown = " ".join([str(error), repr(error), error.detail or "", error.body or "", caplog.text])
    assert HOOK["secret"] not in shown
    assert "token" not in shown
    assert "[redacted]" in (error.detail or "")
    assert error.code == "3"


def test_returned_secrets_are_not_kept(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Should the vendor return a subscription's secret, it is neither on the row nor in extra."""
    row = {"id": "1", "status": "enabled", "secret": "plainsecret", "colour": "red"}
    scripted = serve(
        lambda asked: answer.json(
            {"subscription": row} if asked.method == "POST" else {"subscriptions": [row]}
        )
    )
    with twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client:
        made = twin.wait(client.create_subscription("bot", **HOOK))
        (listed,) = twin.collect(client.subscriptions("bot"))
    for one in (made, listed):
        assert one.extra == {"colour": "red"}
        assert one.to_dict() == {"id": "1", "status": "enabled", "colour": "red"}


@pytest.mark.parametrize(
    ("name", "wrong", "problem"),
    [
        ("create_subscription", {"target": "http://hooks.example"}, "target must be an https"),
        ("create_subscription", {"target": "https://[hooks"}, "target must be an https"),
        ("create_subscription", {"target": "https:hooks"}, "target must be an https"),
        ("create_subscription", {"target": ""}, "target must be one text"),
        ("create_subscription", {"secret": ""}, "secret must be one text"),
        ("create_subscription", {"secret": b"bytes"}, "secret must be one text"),
        ("create_subscription", {"event_type": None}, "event_type must be one text"),
        ("create_subscription", {"version": 1}, "version must be one text"),
        ("create_subscription", {"event_names": ["a", 1]}, "event_names must be"),
        ("create_subscription", {"event_names": {"a"}}, "event_names must be"),
        ("create_subscription", {"secrets": "x"}, "no option secrets"),
        ("create_event_definition", {"event": " "}, "event must be one text"),
        ("create_event_definition", {"description": 5}, "description must be one text"),
    ],
)
def test_wrong_creations(
    ask: Callable[..., Any], box: Sandbox, name: str, wrong: dict[str, Any], problem: str
) -> None:
    """What cannot be created is refused before anything is sent, naming it and never its value."""
    with pytest.raises(errors.ArgumentError, match=problem) as caught:
        ask(name, "bot", **{**CREATIONS[name], **wrong})
    assert "hooks" not in str(caught.value)
    assert caught.value.operation == name
    assert box.requests == []


# Flows.


def ask_raw(box: Sandbox, below: str, **query: Any) -> Any:
    """Return what the server sends for the week."""
    asked = {
        "start_time": "2026-11-01T00:00:00.000Z",
        "end_time": "2026-11-08T00:00:00.000Z",
        **query,
    }
    url = f"{box.url('chatlayer')}/v1/bots/bot{below}"
    return httpx.get(url, params=asked, auth=("id", "secret")).json()


@pytest.mark.parametrize("path", [(), "welcome", ["welcome", "menu"]])
def test_flows(twin: Twin, box: Sandbox, client: Any, path: Any) -> None:
    """The steps behind a path are the server's, the path goes out node by node, in one request."""
    steps = twin.wait(client.flows("bot", path=path, **WEEK))
    sent = [value for name, value in box.requests[0].query if name == "path"]
    assert sent == ([path] if isinstance(path, str) else list(path))
    assert len(box.requests) == 1
    nodes = ask_raw(box, "/flows", version="LIVE", path=sent)["nodes"]
    assert steps == tuple(FlowStep(node["occurrences"], node["id"]) for node in nodes)
    assert steps[-1].id == "DROPOFF"


def test_flow_step_details(twin: Twin, box: Sandbox, client: Any) -> None:
    """A step's counts are the server's."""
    details = twin.wait(client.flow_step_details("bot", "menu", **WEEK))
    assert isinstance(details, FlowStepDetails)
    assert len(box.requests) == 1
    assert details.to_dict() == ask_raw(box, "/flows/menu", version="LIVE")


@pytest.mark.parametrize("edge_type", ["sources", "targets"])
@pytest.mark.parametrize("version", ["LIVE", "DRAFT"])
def test_flow_step_edges(
    twin: Twin, box: Sandbox, client: Any, edge_type: str, version: str
) -> None:
    """A step's edges are the server's; the version stands in the path, not in the query."""
    edges = twin.wait(client.flow_step_edges("bot", "menu", edge_type, version=version, **WEEK))
    (request,) = box.requests
    assert request.path.endswith(f"/v1/bots/bot/{version}/flows/menu/edges")
    assert "version" not in dict(request.query)
    assert dict(request.query)["type"] == edge_type
    said = ask_raw(box, f"/{version}/flows/menu/edges", type=edge_type)["edges"]
    assert edges == tuple(Edge(one["count"], one["id"], one["type"]) for one in said)


def test_flow_filters(twin: Twin, box: Sandbox, client: Any) -> None:
    """Filters are sent with each report on flows."""
    asked = {**WEEK, "channel_type": ["web", "whatsapp"], "language": "nl", "tz": "Asia/Tokyo"}
    twin.wait(client.flows("bot", **asked))
    twin.wait(client.flow_step_details("bot", "menu", **asked))
    twin.wait(client.flow_step_edges("bot", "menu", "sources", **asked))
    for request in box.requests:
        query = dict(request.query)
        assert (query["channel_type"], query["language"]) == ("web,whatsapp", "nl")
        assert query["start_time"] == "2026-10-31T15:00:00.000Z"
    assert len(box.requests) == 3


@pytest.mark.parametrize(
    ("call", "problem"),
    [
        (lambda client: client.flows("bot", path=["menu", 1], **WEEK), "path must be"),
        (lambda client: client.flows("bot", path=None, **WEEK), "path must be"),
        (lambda client: client.flows("bot", path=[""], **WEEK), "path must be"),
        (lambda client: client.flows("bot", bucket="1d", **WEEK), "no option bucket"),
        (lambda client: client.flow_step_details("bot", "..", **WEEK), "step_id must not be"),
        (lambda client: client.flow_step_edges("bot", "a", "", **WEEK), "edge_type must be"),
        (
            lambda client: client.flow_step_edges("bot", "a", "sources", version="..", **WEEK),
            "version must not be",
        ),
    ],
)
def test_wrong_arguments_of_flows(
    twin: Twin, box: Sandbox, client: Any, call: Callable[[Any], Any], problem: str
) -> None:
    """What cannot be asked for is refused before anything is sent, naming it."""
    with pytest.raises(errors.ArgumentError, match=problem):
        twin.wait(call(client))
    assert box.requests == []


@pytest.mark.parametrize(
    ("name", "given"),
    [("flows", ()), ("flow_step_details", ("a",)), ("flow_step_edges", ("a", "targets"))],
)
def test_calls_have_their_own_retries(
    twin: Twin, serve: Serve, answer: type[Answer], name: str, given: tuple[str, ...]
) -> None:
    """The retries of a call hold for its request."""
    scripted = serve(lambda _: answer(status=503))
    with (
        twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client,
        pytest.raises(errors.Unavailable),
    ):
        twin.wait(getattr(client, name)("bot", *given, **WEEK, max_retries=1))
    assert len(scripted.asked) == 2


def test_zeros_that_are_left_out(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Counts that a gateway leaves out are None, those that it writes as text numbers."""
    replies = iter([{}, {"nodes": [{"id": "a"}, {"id": "b", "occurrences": "7"}]}, {}, {}])
    scripted = serve(lambda _: answer.json(next(replies)))
    with twin.open("Chatlayer", **SETTINGS, base_url=scripted.url) as client:
        assert twin.wait(client.flows("bot", **WEEK)) == ()
        assert [one.occurrences for one in twin.wait(client.flows("bot", **WEEK))] == [None, 7]
        assert twin.wait(client.flow_step_edges("bot", "a", "targets", **WEEK)) == ()
        assert twin.wait(client.flow_step_details("bot", "a", **WEEK)).to_dict() == {}


def test_step_details_are_the_vendors() -> None:
    """The row class of a step's details has the fields that the vendor's document has."""
    names = {column.name for column in FlowStepDetails.COLUMNS}
    assert names == {"message_count", "drop_off_count", "conversation_count"}
