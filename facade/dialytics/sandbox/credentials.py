"""Which credentials the sandbox takes, and the reserved words that make it refuse.

Any well-formed credential of the right scheme is accepted. These words, all documented here and
nowhere else, are not:

| Word | Where | Answer |
|---|---|---|
| `invalid` | a token, key, id, secret, user name, password | 401; DigitalCX data: 403 with a body |
| `expired` | a token or key | as an expired token: 401; DigitalCX: 403 with a body |
| `limited` | a DigitalCX token, or the client id it is for | no role: user columns stay empty |
| `web-...` | an Inkeep key's prefix | a Web key: only where the spec allows one, else 403 |
| `unknown` | DigitalCX customer or project key | 400 "Customer key ... does not exist." |
| `unknown` | Chatlayer bot or team id | 404 |

Errors of the library do not show credentials, and so show none of these words: an OAuth2 server's
`invalid_grant` is `[redacted]_grant` where the password was `invalid`.

A token that looks like one of the sandbox's own (`sandbox-...`) must have been issued by it, and
expires by the sandbox's clock.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import frozen

from .draws import digest

INVALID = "invalid"
EXPIRED = "expired"
LIMITED = "limited"
UNKNOWN = "unknown"
WEB_PREFIX = "web-"
ISSUED_PREFIX = "sandbox-"
_KEPT = 10_000
_TOKEN = re.compile(r"[A-Za-z0-9._~+/:-]+=*")


@frozen(repr=False)
class Grant:
    """What is known of an issued token: whom it was given to, until when."""

    holder: str
    expires: datetime


class TokenDesk:
    """Issues access tokens and tells good ones from bad ones, by the sandbox's clock."""

    def __init__(self, seed: int, now: Callable[[], datetime]) -> None:
        self._seed = seed
        self._now = now
        self._issued = 0
        self._grants: OrderedDict[str, Grant] = OrderedDict()

    def issue(self, holder: str, lifetime: timedelta) -> str:
        """Return a new token for `holder`; no two are the same."""
        self._issued += 1
        token = ISSUED_PREFIX + digest(self._seed, "access token", self._issued).hex()[:48]
        self._grants[token] = Grant(holder, self._now() + lifetime)
        while len(self._grants) > _KEPT:
            self._grants.popitem(last=False)
        return token

    def holder(self, token: str) -> str | None:
        """Return whom a good token stands for (itself, if we did not issue it); None if bad."""
        if token in (INVALID, EXPIRED) or not _TOKEN.fullmatch(token):
            return None
        if not token.startswith(ISSUED_PREFIX):
            return token
        grant = self._grants.get(token)
        return grant.holder if grant and self._now() < grant.expires else None


def read_bearer(header: str | None) -> str | None:
    """Return the token of a `Bearer ...` header value, None if it is not of that form."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def read_basic(header: str | None) -> tuple[str, str] | None:
    """Return (id, secret) of a `Basic ...` header value, None if it is not of that form."""
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        return None
    name, colon, secret = text.partition(":")
    return (name, secret) if name and colon and secret else None
