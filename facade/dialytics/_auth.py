"""Authentication without I/O: what to send, and when a token is due."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable
from urllib.parse import quote

from attrs import Factory, define, frozen

from .errors import ArgumentError

if TYPE_CHECKING:
    from ._oauth import TokenRequest

TokenProvider: TypeAlias = Callable[[], str] | Callable[[], Awaitable[str]]
"""A callable that returns a token; the asynchronous clients also take one that is awaited."""


@frozen(eq=False, repr=False)
class Credentials:
    """What one request carries: headers and, where asked for, query parameters."""

    headers: Mapping[str, str] = Factory(dict)
    query: Mapping[str, str] = Factory(dict)
    secrets: tuple[str, ...] = ()


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
