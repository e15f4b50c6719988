"""OAuth2: grants, renewal, refusals, and answers that cannot be used."""

from __future__ import annotations

import json
from traceback import format_exception
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import ClientCredentials, PasswordGrant, RefreshGrant
from dialytics._auth import (
    Auth,
    FixedAuth,
    ProvidedAuth,
    bearer,
)
from dialytics._oauth import OAuth, TokenRequest
from dialytics.errors import ArgumentError, InvalidResponse

MARK: Final = "quasimodo"
URL: Final = "https://tokens.example/oauth2/token"
FORM: Final = {
    "grant_type": "password",
    "username": "u",
    "password": MARK,
    "client_id": "c",
    "client_secret": "hush",
}


def answer(**fields: object) -> bytes:
    return json.dumps({"access_token": "t1", **fields}).encode()


def sent(auth: Auth) -> str | None:
    return auth.credentials().headers.get("Authorization")


def test_nothing_shows_a_secret() -> None:
    """No repr of anything that holds a secret shows it."""
    oauth = OAuth(URL, FORM)
    oauth.accept(answer(access_token=MARK, refresh_token=MARK), 0.0)
    holders = [
        bearer(MARK),
        FixedAuth(bearer(MARK)),
        ProvidedAuth(lambda: MARK, bearer),
        oauth,
        TokenRequest(URL, FORM),
        ClientCredentials("id", MARK),
        PasswordGrant("user", MARK, "id", MARK),
        RefreshGrant(MARK, "id", MARK, MARK),
    ]
    assert MARK not in repr(holders)


def test_grants_are_posted_first() -> None:
    """Without a token the grant's form is due, and its secrets are known to it."""
    auth = OAuth(URL, FORM)
    due = auth.due(0.0)
    assert due is not None
    assert (due.url, due.form) == (URL, FORM)
    assert set(due.secrets) == {MARK, "hush"}
    assert auth.credentials().headers == {}


@given(st.integers(1, 100_000), st.floats(0, 1e6))
def test_tokens_are_renewed_before_they_expire(lifetime: int, clock: float) -> None:
    """A token is kept until ten minutes before its end, or for half its life if that is longer."""
    for seconds in (lifetime, str(lifetime)):
        auth = OAuth(URL, FORM)
        auth.accept(answer(expires_in=seconds), clock)
        reserve = min(600.0, lifetime / 2)
        assert auth.due(clock) is None
        assert auth.due(clock + (lifetime - reserve) * 0.99) is None
        assert auth.due(clock + lifetime - reserve + 0.001) is not None
        assert auth.due(clock + lifetime) is not None


@pytest.mark.parametrize(
    "fields", [{}, {"expires_in": None}, {"expires_in": 0}, {"expires_in": ""}]
)
def test_tokens_without_lifetime_last_an_hour(fields: dict[str, object]) -> None:
    """A token endpoint that names no lifetime means an hour."""
    auth = OAuth(URL, FORM)
    auth.accept(answer(**fields), 0.0)
    assert auth.due(2_999.0) is None
    assert auth.due(3_001.0) is not None


def test_credentials_name_all_secrets() -> None:
    """What is sent with a token knows the token and the form's secrets, so all can be redacted."""
    auth = OAuth(URL, FORM)
    auth.accept(answer(), 0.0)
    assert sent(auth) == "Bearer t1"
    assert {"t1", MARK, "hush"} <= set(auth.credentials().secrets)
    assert auth.credentials() is auth.credentials()


def test_refused_refresh_tokens_are_dropped() -> None:
    """A refresh token is due until it is refused; then the grant is, and the token never again."""
    auth = OAuth(URL, FORM)
    auth.accept(answer(refresh_token="r1", expires_in=100), 0.0)
    assert auth.refuse()
    assert auth.credentials().headers == {}
    due = auth.due(1.0)
    assert due is not None
    assert due.form == {
        "grant_type": "refresh_token",
        "refresh_token": "r1",
        "client_id": "c",
        "client_secret": "hush",
    }
    assert set(due.secrets) == {"r1", "hush"}
    # Asking alone, by a call that then fails or is cancelled, must not lose it.
    assert getattr(auth.due(1.0), "form", None) == due.form
    due.refused()
    again = auth.due(1.0)
    assert again is not None
    assert again.form == FORM
    again.refused()
    auth.accept(answer(access_token="t2"), 1.0)
    assert sent(auth) == "Bearer t2"
    auth.refuse()
    assert getattr(auth.due(1.0), "form", None) == FORM


def test_refresh_tokens_are_kept_until_replaced() -> None:
    """An answer without a refresh token leaves the one it was had with in use."""
    auth = OAuth(URL, FORM)
    for number, refresh in enumerate(["r1", None, None, "r2", None]):
        auth.accept(answer(refresh_token=refresh), 0.0)
        auth.refuse()
        due = auth.due(0.0)
        assert due is not None
        assert due.form["refresh_token"] == ("r1" if number < 3 else "r2")


def test_token_to_begin_with() -> None:
    """A token from elsewhere is used until it is refused; then the form is posted."""
    auth = OAuth(URL, FORM, {"organisation-id": "o"}, bearer("t0", MARK))
    assert auth.due(1e12) is None
    assert sent(auth) == "Bearer t0"
    assert auth.refuse()
    due = auth.due(1e12)
    assert due is not None
    assert (due.form, due.headers) == (FORM, {"organisation-id": "o"})


@pytest.mark.parametrize("refresh", [None, "", 7, ["r"]])
def test_refresh_tokens_are_texts(refresh: object) -> None:
    """What is no refresh token is ignored: the grant is posted instead."""
    auth = OAuth(URL, FORM)
    auth.accept(answer(refresh_token=refresh), 0.0)
    auth.refuse()
    due = auth.due(0.0)
    assert due is not None
    assert due.form == FORM


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"<html>quasimodo</html>",
        b"\xff\xfe\xff",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"quasimodo"',
        b"{}",
        b'{"access_token": null}',
        b'{"access_token": ""}',
        b'{"access_token": ["quasimodo"]}',
        b'{"access_token": "quasi\\nmodo"}',
        b'{"access_token": "quasimodo\\r\\n"}',
        b'{"access_token": " quasimodo"}',
        b'{"access_token": "quasim\\u00f6do"}',
        b'{"access_token": "quasimodo", "expires_in": "soon"}',
        b'{"access_token": "quasimodo", "expires_in": -1}',
        b'{"access_token": "quasimodo", "expires_in": NaN}',
        b'{"access_token": "quasimodo", "expires_in": Infinity}',
        b'{"access_token": "quasimodo", "expires_in": [1]}',
        b'{"access_token": "quasimodo", "expires_in": 1' + b"0" * 400 + b"}",
    ],
)
def test_other_answers_are_refused_unshown(reply: bytes) -> None:
    """An answer without a usable token raises InvalidResponse and shows nothing of itself."""
    auth = OAuth(URL, FORM)
    with pytest.raises(InvalidResponse, match="no usable access_token") as caught:
        auth.accept(reply, 0.0)
    shown = [repr(caught.value), repr(vars(caught.value)), *format_exception(caught.value)]
    assert MARK not in "".join(shown)
    assert auth.due(0.0) is not None


@pytest.mark.parametrize("name", ["client_id", "client_secret", "password", "refresh_token"])
@pytest.mark.parametrize("wrong", ["", " {}", "{}\n", "{}\ud800", 7, None])
def test_forms_are_clean(name: str, wrong: Any) -> None:
    """A credential that a form could not carry, or that was copied badly, is refused unshown."""
    value = wrong.format("quasimodo") if isinstance(wrong, str) else wrong
    with pytest.raises(ArgumentError, match=f"^{name} (cannot be used|must be a text)") as caught:
        OAuth("https://tokens.example", {"grant_type": "password", name: value})
    assert "quasimodo" not in f"{caught.value!r} {vars(caught.value)}"
