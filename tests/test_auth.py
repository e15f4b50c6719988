"""Credentials: what is sent, when tokens are due, and what is never shown."""

from __future__ import annotations

import base64
from traceback import format_exception
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._auth import (
    Auth,
    Credentials,
    FixedAuth,
    ProvidedAuth,
    basic,
    bearer,
    header,
    make_auth,
    query,
)
from dialytics._oauth import OAuth
from dialytics.errors import ArgumentError

MARK: Final = "quasimodo"
PRINTABLE: Final = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


def sent(auth: Auth) -> str | None:
    return auth.credentials().headers.get("Authorization")


@given(PRINTABLE)
def test_tokens_are_dressed_as_bearer(token: str) -> None:
    """A bare token goes out as Bearer; a ready header value stays as it is; both are secrets."""
    for value in (token, f"Bearer {token}", f"Basic {token}"):
        found = bearer(value)
        assert found.headers == {"Authorization": value if " " in value else f"Bearer {token}"}
        assert token in found.secrets
        assert found.query == {}


@given(st.text(), st.text())
def test_pairs_are_dressed_as_basic(username: str, password: str) -> None:
    """Basic is the pair in UTF-8 and base64; password and encoded pair are secrets."""
    found = basic(username, password)
    kind, _, encoded = found.headers["Authorization"].partition(" ")
    assert kind == "Basic"
    assert base64.b64decode(encoded).decode() == f"{username}:{password}"
    assert {password, encoded} <= set(found.secrets)


@pytest.mark.parametrize(
    "value", ["", " ", f" {MARK}", f"{MARK}\n", f"{MARK}\r\nX: y", f"{MARK}é", "\0"]
)
def test_unsendable_values_are_refused_unshown(value: str) -> None:
    """What no header can hold is refused at the call, without showing it."""
    for dress in (
        bearer,
        lambda value: header("X-API-Key", value),
        lambda value: query("api_key", value),
    ):
        with pytest.raises(ArgumentError, match="cannot be sent") as caught:
            dress(value)
        assert MARK not in "".join([repr(caught.value), *format_exception(caught.value)])


def test_headers_and_queries_are_secrets() -> None:
    """A key in a header or query is its own secret unless others are named."""
    assert header("X-API-Key", "k").secrets == ("k",)
    assert header("X-API-Key", "Key k", "k").secrets == ("k",)
    assert header("Authorization", "Basic dXNl").secrets == ("Basic dXNl", "dXNl")
    assert (query("key", "k").query, query("key", "k").headers) == ({"key": "k"}, {})
    assert query("key", "k").secrets == ("k",)
    assert query("key", "k+/=").secrets == ("k+/=", "k%2B%2F%3D")


def test_fixed_credentials_never_change() -> None:
    """Fixed credentials are never due and cannot be renewed."""
    auth: Auth = FixedAuth(bearer("t"))
    assert auth.due(0.0) is None
    assert not auth.refuse()
    assert sent(auth) == "Bearer t"


def test_provided_tokens_are_kept_until_refused() -> None:
    """The user's callable is due at first and after each refusal, and not in between."""
    auth = ProvidedAuth(lambda: "unused", bearer)
    assert auth.credentials().headers == {}
    assert auth.due(0.0) is auth.provider
    auth.accept("t1", 0.0)
    assert auth.due(1e9) is None
    assert auth.credentials() is auth.credentials()
    assert sent(auth) == "Bearer t1"
    assert auth.refuse()
    assert auth.due(0.0) is auth.provider
    auth.accept("Basic x", 0.0)
    assert sent(auth) == "Basic x"


@pytest.mark.parametrize("token", [None, 7, MARK.encode()])
def test_provided_tokens_are_texts(token: Any) -> None:
    """A callable that returns no text is named by the type that it returned."""
    auth = ProvidedAuth(lambda: "unused", bearer)
    with pytest.raises(ArgumentError, match=f"returned {type(token).__name__};") as caught:
        auth.accept(token, 0.0)
    assert MARK not in repr(caught.value)


def test_any_kind_of_auth_is_taken() -> None:
    """A text is dressed, a callable is asked, an auth object is taken as it is."""
    ready = FixedAuth(Credentials({"X": "y"}))
    assert make_auth(ready, bearer) is ready
    assert sent(make_auth("t", bearer)) == "Bearer t"
    provided = make_auth(lambda: "t", bearer)
    assert isinstance(provided, ProvidedAuth)
    assert all(
        isinstance(auth, Auth) for auth in (ready, provided, OAuth("https://tokens.example", {}))
    )


@pytest.mark.parametrize("auth", [None, 7, MARK.encode(), [MARK]])
def test_other_auth_is_refused(auth: Any) -> None:
    """Anything else raises at the call, named by its type."""
    with pytest.raises(ArgumentError, match=f"got {type(auth).__name__}$") as caught:
        make_auth(auth, bearer)
    assert MARK not in repr(caught.value)
