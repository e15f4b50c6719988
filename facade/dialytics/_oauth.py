"""OAuth2 without I/O: which form is due, and how to read the reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from math import inf

from attrs import Factory, define, frozen

from ._auth import Credentials, bearer, require_clean
from .errors import InvalidResponse

# A token must outlive the request that it is sent with, or the download dies in the middle.
_RESERVE_SECONDS = 600.0
_SECRET_FIELDS = frozenset({"client_secret", "password", "refresh_token"})


def _do_nothing() -> None:
    """Have no other way."""


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
