"""Authentication without I/O: what to send, when a token is due, how to read the reply."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import Protocol, TypeAlias, runtime_checkable
from urllib.parse import quote

from attrs import Factory, define, frozen

from .errors import ArgumentError, InvalidResponse

TokenProvider: TypeAlias = Callable[[], str] | Callable[[], Awaitable[str]]
"""A callable that returns a token; the asynchronous clients also take one that is awaited."""

# A token must outlive the request that it is sent with, or the download dies in the middle.
_RESERVE_SECONDS = 600.0
_SECRET_FIELDS = frozenset({"client_secret", "password", "refresh_token"})


def _do_nothing() -> None:
    """Have no other way."""


@frozen(eq=False, repr=False)
class Credentials:
    """What one request carries: headers and, where asked for, query parameters."""

    headers: Mapping[str, str] = Factory(dict)
    query: Mapping[str, str] = Factory(dict)
    secrets: tuple[str, ...] = ()


@frozen(eq=False, repr=False)
class TokenRequest:
    """The form that has to be posted to obtain a token."""

    url: str
    form: Mapping[str, str]
    headers: Mapping[str, str] = Factory(dict)
    refused: Callable[[], None] = _do_nothing
    """Called when the endpoint refuses it: what is due then may still do."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown of it."""
        return tuple(value for key, value in self.form.items() if key in _SECRET_FIELDS)


@runtime_checkable
class Auth(Protocol):
    """One authentication scheme with its state."""

    def credentials(self) -> Credentials:
        """Return what the next request carries."""
        ...

    def due(self, clock: float) -> TokenRequest | TokenProvider | None:
        """Return what has to be done first: post a form, call a provider, or nothing."""
        ...

    def accept(self, reply: bytes | str, clock: float) -> None:
        """Take the token endpoint's body or the provider's token."""
        ...

    def refuse(self) -> bool:
        """Note that the vendor refused the credentials; tell whether new ones can be had."""
        ...


@frozen(eq=False, repr=False)
class FixedAuth:
    """Credentials that never change: an API key, a Basic pair, a token obtained elsewhere."""

    fixed: Credentials

    def credentials(self) -> Credentials:
        return self.fixed

    def due(self, clock: float) -> None:
        return None

    def accept(self, reply: bytes | str, clock: float) -> None:
        raise AssertionError("fixed credentials ask for nothing")

    def refuse(self) -> bool:
        return False


@define(eq=False, repr=False)
class ProvidedAuth:
    """A token from the user's callable, kept until the vendor refuses it."""

    provider: TokenProvider
    dress: Callable[[str], Credentials]
    _current: Credentials | None = None

    def credentials(self) -> Credentials:
        return self._current or Credentials()

    def due(self, clock: float) -> TokenProvider | None:
        return self.provider if self._current is None else None

    def accept(self, reply: bytes | str, clock: float) -> None:
        if not isinstance(reply, str):
            raise ArgumentError(
                f"the auth callable returned {type(reply).__name__}; it must return a text"
            )
        self._current = self.dress(reply)

    def refuse(self) -> bool:
        self._current = None
        return True


@define(eq=False, repr=False)
class OAuth:
    """OAuth2 tokens: posts a grant's form, refreshes before expiry and after a refusal.

    A token that it begins with is used until it is refused, since its lifetime is unknown.
    """

    url: str
    form: Mapping[str, str]
    headers: Mapping[str, str] = Factory(dict)
    _current: Credentials | None = None
    _refresh_token: str | None = None
    _expires: float = inf

    def __attrs_post_init__(self) -> None:
        for name, value in self.form.items():
            require_clean(name, value)

    def credentials(self) -> Credentials:
        return self._current or Credentials()

    def due(self, clock: float) -> TokenRequest | None:
        if self._current is not None and clock < self._expires:
            return None
        if self._refresh_token is None:
            return TokenRequest(self.url, self.form, self.headers)
        client = {key: value for key, value in self.form.items() if key.startswith("client_")}
        refresh = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, **client}
        return TokenRequest(self.url, refresh, self.headers, self._drop_refresh_token)

    def accept(self, reply: bytes | str, clock: float) -> None:
        token, lifetime, refresh = _read_token(reply)
        self._current = bearer(token, *TokenRequest(self.url, self.form).secrets)
        # An answer without a refresh token leaves the one it was had with valid (RFC 6749, 6).
        self._refresh_token = refresh or self._refresh_token
        self._expires = clock + lifetime - min(_RESERVE_SECONDS, lifetime / 2)

    def refuse(self) -> bool:
        self._current = None
        return True

    def _drop_refresh_token(self) -> None:
        # Used up, it must not stand in the way of the grant.
        self._refresh_token = None


def bearer(token: str, *secrets: str) -> Credentials:
    """Dress a token as ``Authorization: Bearer``; a ready header value stays as it is."""
    if not isinstance(token, str):
        raise ArgumentError(f"the token must be a text; got {type(token).__name__}")
    value = token if " " in token else f"Bearer {token}"
    return header("Authorization", value, token, token.rpartition(" ")[2], *secrets)


def basic(username: str, password: str) -> Credentials:
    """Dress a pair as HTTP Basic."""
    pair = base64.b64encode(f"{username}:{password}".encode()).decode()
    return header("Authorization", f"Basic {pair}", password, pair)


def require_clean(name: str, value: str) -> None:
    """Refuse a credential that is no text, or was not copied as it is."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be a text; got {type(value).__name__}")
    if not value or not value.isprintable() or value != value.strip():
        raise ArgumentError(
            f"{name} cannot be used: it is empty, begins or ends with a space, or holds characters "
            "that cannot be printed; check how it was read or copied"
        )


def header(name: str, value: str, *secrets: str) -> Credentials:
    """Put a value into a header, refusing what no header can hold."""
    _require_sendable(name, value)
    # Of "Basic dXNl..." the second word alone is as secret as the whole.
    own = tuple(dict.fromkeys((value, value.rpartition(" ")[2])))
    return Credentials(headers={name: value}, secrets=secrets or own)


def query(name: str, value: str) -> Credentials:
    """Put a value into the URL's query; only for those who ask for it, since URLs get logged."""
    _require_sendable(name, value)
    # Whatever repeats the URL shows the value in the way that it is written there.
    own = tuple(dict.fromkeys((value, quote(value, safe=""))))
    return Credentials(query={name: value}, secrets=own)


def _require_sendable(name: str, value: str) -> None:
    if not isinstance(value, str):
        raise ArgumentError(f"the credential for {name} must be a text; got {type(value).__name__}")
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise ArgumentError(
            f"the credential for {name} cannot be sent: it is empty, begins or ends with a space, "
            "or holds characters outside printable ASCII; check how it was read or copied"
        )


def make_auth(auth: str | TokenProvider | Auth, dress: Callable[[str], Credentials]) -> Auth:
    """Return the scheme for what a user passes as ``auth=``.

    A text is a token or a ready header value, a callable returns one.
    """
    if isinstance(auth, str):
        return FixedAuth(dress(auth))
    if isinstance(auth, Auth):
        return auth
    if callable(auth):
        return ProvidedAuth(auth, dress)
    raise ArgumentError(
        f"auth must be a text, a callable that returns one, or an auth object; "
        f"got {type(auth).__name__}"
    )


def _read_token(reply: bytes | str) -> tuple[str, float, str | None]:
    try:
        fields = json.loads(reply)
        token = fields["access_token"]
        # Entra ID v1 sends the lifetime as text.
        lifetime = float(fields.get("expires_in") or 3600)
        refresh = fields.get("refresh_token")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise InvalidResponse("the token endpoint's answer holds no usable access_token") from None
    # What no header can hold is the endpoint's fault, and not an argument's.
    sendable = isinstance(token, str) and token.isascii() and token.isprintable()
    if not sendable or not token or token != token.strip() or not 0 < lifetime < float("inf"):
        raise InvalidResponse("the token endpoint's answer holds no usable access_token")
    return token, lifetime, refresh if isinstance(refresh, str) and refresh else None
