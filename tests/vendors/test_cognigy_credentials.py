"""Cognigy.AI: every scheme that the operation allows, and that no key or token is ever shown."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from traceback import format_exception
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from dialytics import PasswordGrant, errors
from dialytics.sandbox import Sandbox
from dialytics.testing import no_waits
from dialytics.vendors.cognigy import RefreshGrant

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "k3y+/=&quasimodo"
SPELLINGS = (KEY, "k3y%2B%2F%3D%26quasimodo", "quasimodo")
PASSWORD = PasswordGrant("me", "word", "client", "secret")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox."""
    with Sandbox(now=NOW) as running:
        yield running


@pytest.mark.parametrize("from_environment", [True, False])
def test_key_in_the_query(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    monkeypatch: pytest.MonkeyPatch,
    *,
    from_environment: bool,
) -> None:
    """Asked for, the key goes into the query, whole, and into no header."""
    settings = {"api_key": KEY}
    if from_environment:
        monkeypatch.setenv("DIALYTICS_COGNIGY_API_KEY", KEY)
        settings = {}
    scripted = serve(lambda _: answer(status=204))
    with twin.open("Cognigy", api_key_in="query", base_url=scripted.url, **settings) as client:
        twin.wait(client.update_record(project_id="p"))
    (asked,) = scripted.asked
    assert (asked.query, asked.path) == ({"api_key": KEY}, "/new/v2.0/analytics")
    assert not {"x-api-key", "authorization", "x-cxone-authorization"} & {*asked.headers}


def test_sandbox_takes_the_key_in_the_query(twin: Twin, box: Sandbox) -> None:
    """The vendor's other place for the key works as the header does."""
    url = box.url("cognigy")
    with twin.open("Cognigy", api_key="key", api_key_in="query", base_url=url) as client:
        twin.wait(client.update_record(project_id="p"))


@pytest.mark.parametrize("status", [204, 302, 400, 401, 403, 429, 500])
def test_key_in_the_query_is_never_shown(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    """No log of any library, no error and no repr shows it, also where the vendor repeats it."""
    caplog.set_level(logging.DEBUG)
    place = f"/new/v2.0/analytics?api_key={SPELLINGS[1]}"
    problem = {"title": KEY, "detail": f"in {place}", "instance": place, "traceId": SPELLINGS[1]}

    def script(_: Asked) -> Answer:
        if status == 204:
            return answer(status=204)
        reply = answer.json(problem, status)
        return answer(reply.body, status, {**reply.headers, "location": place})

    scripted = serve(script)
    shown = []
    with twin.open("Cognigy", api_key=KEY, api_key_in="query", base_url=scripted.url) as client:
        shown += [repr(client), repr(client._transport), repr(client._transport._login._auth)]
        (outcome,) = twin.collect(client.update_records([{"project_id": "p"}]))
    assert len(scripted.asked) == 1
    assert getattr(outcome.error, "status", 204) == status
    if outcome.error is not None:
        shown += [repr(outcome), str(outcome.error), *format_exception(outcome.error)]
        shown += [repr(vars(outcome.error)), repr(pickle.dumps(outcome.error))]
    text = "".join([*shown, caplog.text, *(repr(vars(one)) for one in caplog.records)])
    assert not [spelling for spelling in SPELLINGS if spelling in text]


def test_key_in_the_query_is_not_in_failures_of_the_connection(
    twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    """An error without an answer names the host and not the URL."""
    caplog.set_level(logging.DEBUG)
    url = "http://127.0.0.1:9"
    with (
        twin.open("Cognigy", api_key=KEY, api_key_in="query", base_url=url) as client,
        pytest.raises(errors.ConnectionFailed) as caught,
    ):
        twin.wait(client.update_record(project_id="p"))
    text = "".join([caplog.text, repr(vars(caught.value)), *format_exception(caught.value)])
    assert "127.0.0.1:9" in text
    assert not [spelling for spelling in SPELLINGS if spelling in text]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"auth": "Basic dXNlcjpwYXNz"}, "Basic"),
        ({"auth": "basic dXNlcjpwYXNz"}, "Basic"),
        ({"cxone_token": "Basic dXNlcjpwYXNz"}, "Basic"),
        ({"api_key": "k", "api_key_in": "body"}, "'header' or 'query'"),
        ({"api_key": "k", "api_key_in": None}, "'header' or 'query'"),
        ({"auth": "t", "api_key_in": "query"}, "goes with api_key, not with auth"),
        ({"cxone_token": "t", "api_key_in": "query"}, "not with cxone_token"),
        ({"api_key_in": "query"}, "DIALYTICS_COGNIGY_API_KEY"),
        ({"oauth": PASSWORD, "auth": "t"}, "one of oauth and auth"),
        ({"oauth": ("refresh", "token")}, "PasswordGrant or a RefreshGrant; got tuple"),
    ],
)
def test_refused_settings(twin: Twin, settings: dict[str, Any], message: str) -> None:
    """Basic, two schemes at once, and a place for a key that there is none of are refused."""
    with pytest.raises(errors.ConfigurationError, match=message) as caught:
        twin.find("Cognigy")(**settings)
    assert caught.value.vendor == "cognigy"
    assert "dXNl" not in "".join(format_exception(caught.value))


def test_basic_from_a_callable_is_refused(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A Basic value that a callable returns is refused when it is asked, and nothing is sent."""
    scripted = serve(lambda _: answer(status=204))
    with (
        twin.open("Cognigy", auth=lambda: "Basic dXNlcjpwYXNz", base_url=scripted.url) as client,
        pytest.raises(errors.ConfigurationError, match="Management-UI"),
    ):
        twin.wait(client.update_record(project_id="p"))
    assert scripted.asked == []


def test_cxone_token_from_the_environment(
    twin: Twin, serve: Serve, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an API key the environment's CXone token is used."""
    monkeypatch.setenv("DIALYTICS_COGNIGY_CXONE_TOKEN", "t")
    scripted = serve(lambda _: answer(status=204))
    with twin.open("Cognigy", base_url=scripted.url) as client:
        twin.wait(client.update_record(project_id="p"))
    assert scripted.asked[0].headers["x-cxone-authorization"] == "Bearer t"
    with pytest.raises(errors.ConfigurationError, match="credentials are missing"):
        twin.find("Cognigy")(api_key_in="query")


class Tokens:
    """A vendor that knows which access and which refresh token are valid."""

    def __init__(self, answer: type[Answer], access: str, refresh: str, *, rotates: bool) -> None:
        self.answer = answer
        self.access = access
        self.refresh = refresh
        self.rotates = rotates
        self.forms: list[dict[str, str]] = []
        self.headers: list[str | None] = []

    def __call__(self, asked: Asked) -> Answer:
        """Answer an update, or issue the next tokens."""
        if asked.path != "/auth/oauth2/token":
            known = asked.headers.get("authorization") == f"Bearer {self.access}"
            return self.answer(status=204 if known else 401)
        form = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
        self.forms.append(form)
        self.headers.append(asked.headers.get("organisation-id"))
        if form.get("refresh_token", self.refresh) != self.refresh:
            return self.answer.json({"error": "invalid_grant"}, 400)
        count = len(self.forms)
        self.access = f"access-{count}"
        issued: dict[str, object] = {"access_token": self.access, "expires_in": 3600}
        if self.rotates:
            self.refresh = issued["refresh_token"] = f"refresh-{count}"
        return self.answer.json(issued)


@pytest.mark.parametrize("rotates", [True, False])
@pytest.mark.parametrize("secret", ["hush", None])
def test_refresh_token(
    twin: Twin, serve: Serve, answer: type[Answer], *, rotates: bool, secret: str | None
) -> None:
    """A refresh token fetches tokens again and again, also where each answer brings a new one."""
    tokens = Tokens(answer, "none", "refresh-0", rotates=rotates)
    scripted = serve(tokens)
    grant = RefreshGrant("refresh-0", "client", secret, organisation_id="org")
    with twin.open("Cognigy", oauth=grant, base_url=f"{scripted.url}/new") as client:
        for _ in range(4):
            twin.wait(client.update_record(project_id="p"))
            twin.wait(client.update_record(project_id="p"))
            tokens.access = "expired"
    sent = {"grant_type": "refresh_token", "client_id": "client"}
    sent |= {} if secret is None else {"client_secret": secret}
    assert tokens.forms == [
        {**sent, "refresh_token": f"refresh-{number if rotates else 0}"} for number in range(4)
    ]
    assert tokens.headers == ["org"] * 4


def test_refresh_token_with_its_access_token(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """The token of the authorization-code flow is used first, and refreshed when it is refused."""
    tokens = Tokens(answer, "access-0", "refresh-0", rotates=False)
    scripted = serve(tokens)
    grant = RefreshGrant("refresh-0", "client", access_token="access-0")
    with twin.open("Cognigy", oauth=grant, base_url=scripted.url) as client:
        twin.wait(client.update_record(project_id="p"))
        assert tokens.forms == []
        tokens.access = "expired"
        twin.wait(client.update_record(project_id="p"))
    assert len(tokens.forms) == 1
    paths = [asked.path.rpartition("/")[2] for asked in scripted.asked]
    assert paths == ["analytics", "analytics", "token", "analytics"]


def test_used_up_refresh_token(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A refresh token that the vendor refuses is Unauthorized, after one try, and not shown."""
    tokens = Tokens(answer, "none", "another", rotates=False)
    scripted = serve(tokens)
    grant = RefreshGrant(KEY, "client", "pst-secret")
    with (
        twin.open("Cognigy", oauth=grant, base_url=scripted.url) as client,
        pytest.raises(errors.Unauthorized) as caught,
    ):
        twin.wait(client.update_record(project_id="p"))
    assert len(scripted.asked) == 1
    text = "".join([repr(vars(caught.value)), *format_exception(caught.value)])
    assert not [one for one in (*SPELLINGS, "pst-secret") if one in text]


@pytest.mark.parametrize("garbage", [b"<html>busy</html>", b"", b'{"access_tok'])
def test_garbled_tokens_are_asked_for_again(
    twin: Twin, serve: Serve, answer: type[Answer], garbage: bytes
) -> None:
    """A token endpoint's answer that is no JSON is tried again, and told when that is of no use."""
    tokens = Tokens(answer, "none", "refresh-0", rotates=True)
    left = [2]

    def script(asked: Asked) -> Answer:
        if asked.path == "/auth/oauth2/token" and left[0]:
            left[0] -= 1
            return answer(garbage, 200, {"content-type": "application/json"})
        return tokens(asked)

    scripted = serve(script)
    settings: dict[str, Any] = {
        "oauth": RefreshGrant("refresh-0", "client"),
        "base_url": scripted.url,
        "max_retries": 3,
    }
    with no_waits(), twin.open("Cognigy", **settings) as client:
        twin.wait(client.update_record(project_id="p"))
    assert [asked.path.rpartition("/")[2] for asked in scripted.asked].count("token") == 3
    left[0] = 9
    scripted.asked.clear()
    with (
        no_waits(),
        twin.open("Cognigy", **settings) as client,
        pytest.raises(errors.InvalidResponse, match="no usable access_token") as caught,
    ):
        twin.wait(client.update_record(project_id="p", max_retries=1))
    assert caught.value.garbled
    assert len(scripted.asked) == 2


def test_tokens_that_no_header_holds(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A token that cannot be sent is the vendor's fault, not an argument's: asked for once."""
    scripted = serve(lambda _: answer.json({"access_token": "one\ntwo"}))
    grant = RefreshGrant("refresh-0", "client")
    with (
        twin.open("Cognigy", oauth=grant, base_url=scripted.url) as client,
        pytest.raises(errors.InvalidResponse, match="no usable access_token"),
    ):
        twin.wait(client.update_record(project_id="p"))
    assert len(scripted.asked) == 1


def test_password_grant_names_the_organisation(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """The organisation goes with the request for a token, where it is given, and nowhere else."""
    tokens = Tokens(answer, "none", "r", rotates=False)
    scripted = serve(tokens)
    for organisation in ("org", None):
        grant = PasswordGrant("me", "word", "client", "secret", organisation_id=organisation)
        with twin.open("Cognigy", oauth=grant, base_url=scripted.url) as client:
            twin.wait(client.update_record(project_id="p"))
    assert tokens.headers == ["org", None]
    others = [asked for asked in scripted.asked if asked.path != "/auth/oauth2/token"]
    assert not any("organisation-id" in asked.headers for asked in others)


def test_sandbox_refreshes(twin: Twin, box: Sandbox) -> None:
    """The sandbox's own refresh token serves as that of the authorization-code flow."""
    url = box.url("cognigy")
    with twin.open("Cognigy", oauth=RefreshGrant("r", "client"), base_url=url) as client:
        twin.wait(client.update_record(project_id="p"))
