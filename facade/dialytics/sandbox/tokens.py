"""Opaque page tokens: a position, bound to the query that it was given for."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

_TAG = 12


class PageTokens:
    """Writes and reads tokens without keeping any: a token is its position and a keyed tag."""

    def __init__(self, seed: int) -> None:
        self._key = f"page token {seed}".encode()

    def seal(self, position: int, *binding: object) -> str:
        """Return a token for `position` (0 or more) that only the same binding can read."""
        body = position.to_bytes(8, "big", signed=True)
        return urlsafe_b64encode(body + self._tag(body, binding)).decode().rstrip("=")

    def unseal(self, token: str, *binding: object) -> int | None:
        """Return the position; None when the token is damaged or was given for another query."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            return None
        body, tag = raw[:8], raw[8:]
        if len(body) != 8 or not hmac.compare_digest(tag, self._tag(body, binding)):
            return None
        return int.from_bytes(body, "big", signed=True)

    def _tag(self, body: bytes, binding: tuple[object, ...]) -> bytes:
        text = repr(binding).encode("utf-8", "backslashreplace")
        return hashlib.blake2b(body + text, key=self._key, digest_size=_TAG).digest()
