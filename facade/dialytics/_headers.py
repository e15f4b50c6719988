"""Headers as they are sent, and what they say; no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .errors import ArgumentError

# RFC 9110, 5.1 and 5.5; of what is not ASCII nobody knows how it is to be read.
_NAME = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")
_MOST_DIGITS = 18


def encode_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as they are sent.

    Raises:
        ArgumentError: One cannot be sent; the value is not shown.
    """
    return [_encode(name, value) for name, value in headers.items()]


def _encode(name: object, value: object) -> tuple[bytes, bytes]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ArgumentError(f"{name!a} is no header's name; check what the auth object gives")
    if not isinstance(value, str):
        raise ArgumentError(
            f"the header {name} must be a text; got {type(value).__name__}; check what the auth "
            "object gives"
        )
    if not _VALUE.fullmatch(value):
        raise ArgumentError(
            f"the header {name} cannot be sent: it begins or ends with a space, or holds "
            "characters outside printable ASCII; check what the auth object gives"
        )
    return name.encode(), value.encode()


def told_size(headers: Mapping[str, str]) -> int:
    """Return how many bytes a response says that its body has; 0 where it cannot be told."""
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) <= _MOST_DIGITS else 0
