"""Cognigy.AI: the documented update and its error, and every scheme of authentication."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import PasswordGrant, errors
from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXAMPLES = Path(__file__).parent / "examples"
IDS = ("project_id", "contact_id", "session_id", "input_id")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox; the example breaks the vendor's own schema, which is what it is for."""
    with Sandbox(now=NOW) as running:
        yield running


def example(name: str) -> Any:
    """Return one of the documentation's examples."""
    text = (EXAMPLES / f"cognigy-update-analytics-record.{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def as_arguments(body: dict[str, Any]) -> dict[str, Any]:
    """Return the call's arguments for a documented body."""
    camel = {"project_id": "projectId", "contact_id": "contactId", "session_id": "sessionId"}
    names = {**camel, "input_id": "inputId", "properties": "properties"}
    assert {*names.values()} == {*body}
    return {ours: body[theirs] for ours, theirs in names.items()}


def test_example_is_sent_as_it_is(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """The documented body, slots as text included, arrives with exactly its values."""
    scripted = serve(lambda _: answer(status=204))
    with twin.open("Cognigy", api_key="key", base_url=scripted.url) as client:
        assert twin.wait(client.update_record(**as_arguments(example("request")))) is None
    (asked,) = scripted.asked
    assert (asked.method, asked.path, asked.query) == ("PATCH", "/new/v2.0/analytics", {})
    assert json.loads(asked.body) == example("request")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept"] == "application/json"
    assert asked.headers["x-api-key"] == "key"
    assert "authorization" not in asked.headers


def test_values_keep_their_types(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Numbers stay whole or broken, texts keep every character, null stays null."""
    scripted = serve(lambda _: answer(status=204))
    properties = {
        "intentScore": 0,
        "rating": 0.5,
        "slots": {"color": ["blue", None, 1e300]},
        "custom1": 'Größe \u2028 "42" 🙂\x00',
        "state": None,
        "inHandoverRequest": False,
        "unknownToUs": {"deep": [[[]]]},
    }
    with twin.open("Cognigy", api_key="key", base_url=scripted.url) as client:
        twin.wait(client.update_record(properties=properties))
    sent = json.loads(scripted.asked[0].body)
    assert sent == {"properties": properties}
    assert b'"intentScore":0,' in scripted.asked[0].body


def test_example_updates_the_sandbox(twin: Twin, box: Sandbox) -> None:
    """The documented body updates the record that its four ids name."""
    body = example("request")
    with twin.open("Cognigy", api_key="key", base_url=box.url("cognigy")) as client:
        twin.wait(client.update_record(**as_arguments(body)))
    assert box.cognigy_records[("projectId", "contactId", "sessionId", "inputId")] == body


@pytest.mark.parametrize("left_out", IDS)
def test_ids_are_optional(twin: Twin, serve: Serve, answer: type[Answer], left_out: str) -> None:
    """The vendor's document requires no id, so one that is not given is not sent."""
    scripted = serve(lambda _: answer(status=204))
    arguments = {**as_arguments(example("request")), left_out: None}
    with twin.open("Cognigy", api_key="key", base_url=scripted.url) as client:
        twin.wait(client.update_record(**arguments))
    first, _, rest = left_out.partition("_")
    assert f"{first}{rest.title()}" not in json.loads(scripted.asked[0].body)
    assert len(json.loads(scripted.asked[0].body)) == 4


def test_nothing_to_send_is_refused(twin: Twin, box: Sandbox) -> None:
    """An empty update, and one that JSON cannot hold, is refused before it is sent."""
    box.clear_requests()
    with twin.open("Cognigy", api_key="key", base_url=box.url("cognigy")) as client:
        with pytest.raises(errors.ArgumentError, match="nothing to update"):
            twin.wait(client.update_record())
        with pytest.raises(errors.ArgumentError, match="nothing to update"):
            twin.wait(client.update_record(properties={}))
        with pytest.raises(errors.ArgumentError, match="JSON"):
            twin.wait(client.update_record(properties={"at": object()}))
        with pytest.raises(errors.ArgumentError, match=r"set is no JSON; .* properties\.slots"):
            twin.wait(client.update_record(properties={"slots": {"a", "b"}}))
    assert box.requests == []


def test_example_error(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """The documented error, its code a number, comes out whole as BadRequest."""
    body = example("error")
    scripted = serve(lambda _: answer.json(body, 400))
    with (
        twin.open("Cognigy", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.BadRequest) as caught,
    ):
        twin.wait(client.update_record(project_id="p"))
    error = caught.value
    assert (error.status, error.title, error.detail) == (400, body["title"], body["detail"])
    assert (error.code, error.request_id) == ("1000", body["traceId"])
    assert (error.vendor, error.operation) == ("cognigy", "update_record")
    assert json.loads(error.body or "") == body


def test_body_over_the_limit(twin: Twin, box: Sandbox) -> None:
    """On a server of one's own a large body is sent, and its 413 comes out as PayloadTooLarge."""
    box.clear_requests()
    with (
        twin.open("Cognigy", api_key="key", base_url=box.url("cognigy")) as client,
        pytest.raises(errors.PayloadTooLarge),
    ):
        twin.wait(client.update_record(properties={"state": "x" * 70_000}))
    assert [request.status for request in box.requests] == [413]


def test_body_over_the_shared_hosts_limit_is_not_sent(twin: Twin) -> None:
    """On the vendor's shared hosts a body over 60 kB is refused without a request."""
    for base_url in (None, "https://api-app.cognigy.ai/new"):
        with (
            twin.open("Cognigy", api_key="key", base_url=base_url, timeout=0.001) as client,
            pytest.raises(errors.PayloadTooLarge) as caught,
        ):
            twin.wait(client.update_record(properties={"state": "x" * 62_000}))
        assert caught.value.status == 413


@pytest.mark.parametrize("suffix", ["", "/", "/new", "/new/"])
def test_base_url_with_or_without_new(twin: Twin, box: Sandbox, suffix: str) -> None:
    """The root is found whether or not the URL already ends in the API's path."""
    url = box.url("cognigy") + suffix
    box.clear_requests()
    with twin.open("Cognigy", api_key="key", base_url=url) as client:
        twin.wait(client.update_record(project_id="p"))
        assert repr(client) == f"<{type(client).__name__} {box.url('cognigy')}>"
    assert [(request.path, request.status) for request in box.requests] == [
        ("/new/v2.0/analytics", 204)
    ]


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({"api_key": "k"}, {"x-api-key": "k"}),
        ({"cxone_token": "t"}, {"x-cxone-authorization": "Bearer t"}),
        ({"cxone_token": "Bearer t"}, {"x-cxone-authorization": "Bearer t"}),
        ({"auth": "t"}, {"authorization": "Bearer t"}),
        ({"auth": "Bearer t"}, {"authorization": "Bearer t"}),
        ({"auth": lambda: "t"}, {"authorization": "Bearer t"}),
    ],
)
def test_schemes(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    settings: dict[str, Any],
    sent: dict[str, str],
) -> None:
    """Each scheme puts its credential into its own header and into no other, nor the URL."""
    scripted = serve(lambda _: answer(status=204))
    with twin.open("Cognigy", base_url=scripted.url, **settings) as client:
        twin.wait(client.update_record(project_id="p"))
    schemes = {"x-api-key", "x-cxone-authorization", "authorization"}
    (asked,) = scripted.asked
    assert {name: asked.headers[name] for name in schemes & {*asked.headers}} == sent
    assert asked.query == {}


@pytest.mark.parametrize("suffix", ["", "/new"])
def test_password_grant(twin: Twin, box: Sandbox, suffix: str) -> None:
    """A password grant's token comes from the host's root, once for several calls."""
    grant = PasswordGrant("me", "word", "client", "secret")
    box.clear_requests()
    with twin.open("Cognigy", oauth=grant, base_url=box.url("cognigy") + suffix) as client:
        for _ in range(3):
            twin.wait(client.update_record(project_id="p"))
    assert [request.path for request in box.requests] == [
        "/auth/oauth2/token",
        *["/new/v2.0/analytics"] * 3,
    ]


def test_wrong_password(twin: Twin, box: Sandbox) -> None:
    """A grant that the vendor refuses is Unauthorized, and the password is nowhere in it."""
    grant = PasswordGrant("me", "invalid", "client", "pst-secret")
    with (
        twin.open("Cognigy", oauth=grant, base_url=box.url("cognigy")) as client,
        pytest.raises(errors.Unauthorized) as caught,
    ):
        twin.wait(client.update_record(project_id="p"))
    assert "pst-secret" not in f"{caught.value!r}{caught.value}{caught.value.__dict__}"
