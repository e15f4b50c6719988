"""Cognigy.AI in the sandbox, over real sockets."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from dialytics.sandbox import Sandbox

from .conftest import NOW

KEY = {"X-API-Key": "key"}
IDS = {"projectId": "p", "contactId": "c", "sessionId": "s", "inputId": "i"}


def patch(box: Sandbox, http: httpx.Client, body: Any = None, **request: Any) -> httpx.Response:
    """Update a record."""
    request.setdefault("headers", KEY)
    if "content" not in request:
        request["json"] = body
    return http.patch(f"{box.url('cognigy')}/new/v2.0/analytics", **request)


def test_update_is_kept_and_merged(box: Sandbox, http: httpx.Client) -> None:
    """An update answers 204 without a body and merges into the record of its four ids."""
    first = patch(box, http, {**IDS, "properties": {"rating": 1, "custom1": "a"}})
    patch(box, http, {**IDS, "properties": {"custom1": "b", "slots": "any"}})
    record = box.cognigy_records["p", "c", "s", "i"]
    assert (first.status_code, first.content) == (204, b"")
    assert record["properties"] == {"rating": 1, "custom1": "b", "slots": "any"}


def test_missing_ids_are_empty_in_the_key(box: Sandbox, http: httpx.Client) -> None:
    """No id is required, as in the vendor's document."""
    assert patch(box, http, {"projectId": "only"}).status_code == 204
    assert ("only", "", "", "") in box.cognigy_records


@pytest.mark.parametrize("content", [b"", b" ", b"{}"])
def test_empty_payload(box: Sandbox, http: httpx.Client, content: bytes) -> None:
    """An empty payload is answered with the documented problem: 400, numeric code 1000, a trace."""
    headers = {**KEY, "content-type": "application/json"}
    response = patch(box, http, content=content, headers=headers)
    problem = response.json()
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    assert problem["traceId"].startswith("api--")
    assert {**problem, "traceId": ""} == {
        "type": "Bad Request",
        "title": "Bad Request Error",
        "status": 400,
        "detail": "Validation failed. Missing payload.",
        "instance": "/v2.0/analytics",
        "code": 1000,
        "traceId": "",
        "details": {},
    }


@pytest.mark.parametrize(
    "content",
    [b"{", b"[1]", b'"text"', b'{"properties": []}', b'{"properties": {"rating": "good"}}'],
)
def test_bad_payloads(box: Sandbox, http: httpx.Client, content: bytes) -> None:
    """What is no JSON object, or breaks the declared types, is refused and not kept."""
    before = dict(box.cognigy_records)
    headers = {**KEY, "content-type": "application/json"}
    assert patch(box, http, content=content, headers=headers).status_code == 400
    assert box.cognigy_records == before


def test_long_custom_field(box: Sandbox, http: httpx.Client) -> None:
    """A custom field may have 1,024 characters and no more."""
    assert patch(box, http, {**IDS, "properties": {"custom10": "x" * 1024}}).status_code == 204
    refused = patch(box, http, {**IDS, "properties": {"custom10": "x" * 1025}})
    assert (refused.status_code, refused.json()["code"]) == (400, 1005)


def test_payload_limit(box: Sandbox, http: httpx.Client) -> None:
    """More than 60 kB is answered with 413."""
    fits = {**IDS, "properties": {"slots": {"text": "x" * 61_000}}}
    over = {**IDS, "properties": {"slots": {"text": "x" * 62_000}}}
    assert patch(box, http, fits).status_code == 204
    refused = patch(box, http, over)
    assert (refused.status_code, refused.json()["code"]) == (413, 413)


@pytest.mark.parametrize(
    "request_",
    [
        {"headers": {"X-API-Key": "key"}},
        {"params": {"api_key": "key"}, "headers": {}},
        {"headers": {"x-cxone-authorization": "Bearer token"}},
        {"headers": {"authorization": "Bearer token"}},
    ],
)
def test_four_credentials(box: Sandbox, http: httpx.Client, request_: dict[str, Any]) -> None:
    """Each of the four documented alternatives is enough, and none breaks the specification."""
    before = len(box.violations)
    assert patch(box, http, IDS, **request_).status_code == 204
    assert len(box.violations) == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic YTpi"},
        {"authorization": "token"},
        {"X-API-Key": "invalid"},
        {"X-API-Key": "expired"},
        {"x-cxone-authorization": "token"},
    ],
)
def test_refused_credentials(box: Sandbox, http: httpx.Client, headers: dict[str, str]) -> None:
    """Basic, malformed, reserved and missing credentials are answered with 401."""
    response = patch(box, http, IDS, headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, 401)


def test_other_methods_and_paths(box: Sandbox, http: httpx.Client) -> None:
    """Unknown paths and methods are answered with Cognigy's own problems."""
    url = f"{box.url('cognigy')}/new/v2.0"
    wrong_method = http.get(f"{url}/analytics", headers=KEY)
    nowhere = http.get(f"{url}/flows", headers=KEY)
    assert (wrong_method.status_code, wrong_method.json()["code"]) == (405, 1013)
    assert wrong_method.headers["allow"] == "PATCH"
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, 1002)
    assert "logLevel" in nowhere.json()


def test_password_tokens(http: httpx.Client) -> None:
    """The password grant gives a token that expires by the clock and can be refreshed."""
    with Sandbox(now=NOW) as box:
        url = f"{box.url('cognigy')}/auth/oauth2/token"
        form = {"grant_type": "password", "client_id": "a", "client_secret": "b"}
        token = http.post(url, data={**form, "username": "u", "password": "p"}).json()
        bearer = {"authorization": f"Bearer {token['access_token']}"}
        assert patch(box, http, IDS, headers=bearer).status_code == 204
        box.set_now(NOW + timedelta(seconds=token["expires_in"]))
        assert patch(box, http, IDS, headers=bearer).status_code == 401
        form = {"grant_type": "refresh_token", "client_id": "a", "client_secret": "b"}
        renewed = http.post(url, data={**form, "refresh_token": token["refresh_token"]}).json()
        bearer = {"authorization": f"Bearer {renewed['access_token']}"}
        assert patch(box, http, IDS, headers=bearer).status_code == 204


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "password", "client_id": "a"}, "invalid_request"),
        (
            {"grant_type": "password", "client_id": "a", "username": "u", "password": "invalid"},
            "invalid_grant",
        ),
        (
            {"grant_type": "refresh_token", "client_id": "a", "refresh_token": "sandbox-forged"},
            "invalid_grant",
        ),
    ],
)
def test_refused_grants(box: Sandbox, http: httpx.Client, form: dict[str, str], error: str) -> None:
    """Grants that are unknown, incomplete or wrong are refused with an OAuth error."""
    response = http.post(f"{box.url('cognigy')}/auth/oauth2/token", data=form)
    assert response.status_code in (400, 401)
    assert response.json()["error"] == error
