"""Ways to spoil a response: bytes, encodings, JSON, CSV and headers, all of them drawn."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any, TypeAlias

from attrs import evolve, frozen

Body: TypeAlias = Callable[[random.Random, bytes], bytes]

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    -(2**63) - 1,
    10**30,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    "0",
    "-0",
    "1e400",
    "nan",
    "null",
    "true",
    "2026-10-01",
    "2026-10-01T25:00:00Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59.999999+23:59",
    "0001-01-01T00:00:00+23:59",
    "\x00",
    "\u2028",
    "\ud800",
    "\U0001f600",
    "x" * 5000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"a": {"b": [1, "c", None]}},
)
TEXTS = (
    b"",
    b" ",
    b"null",
    b"true",
    b"17",
    b'"text"',
    b"[]",
    b"{}",
    b"[null]",
    b"[{}]",
    b"{" * 3,
    b"[" * 200,
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>...</body></html>",
    b"<?xml version='1.0'?><e/>",
    b"\x00" * 100,
    b"\xff\xfe\x00",
    b"\xef\xbb\xbf",
    b"1e999999",
    b'{"a":1e999,"total":1e308}',
    b"9" * 5000,
    b"id,type\r\n",
    b'"',
    b",,,,\n,,,,\n",
)
MEDIA = (
    "",
    "text/html",
    "text/plain",
    "text/csv",
    "text/csv; charset=utf-16",
    "application/json",
    "application/problem+json",
    "application/json; charset=latin-1",
    "application/octet-stream",
    "multipart/mixed; boundary=x",
    "\xff",
)
NAMES = ("continuationtoken", "retry-after", "x-request-id", "date", "content-encoding", "x-odd")
WORDS = ("", "0", "-1", "nan", "1e9", "x" * 3000, "gzip", "br", "gzip, gzip", "\xe9", "a b", "None")
STATUSES: tuple[int, ...] = (200, 200, *range(200, 207), 299, 301, 304, *range(400, 419), 429)
STATUSES += (500, 501, 502, 503, 504, 520, 599)


@frozen
class Response:
    """What a server sends."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_json(self) -> bool:
        return any("json" in value for name, value in self.headers if name == "content-type")

    def with_header(self, name: str, value: str | None) -> Response:
        """Return it with another value of a header, or without the header."""
        rest = tuple(pair for pair in self.headers if pair[0] != name)
        return evolve(self, headers=rest if value is None else (*rest, (name, value)))


# Bytes


def flip(draw: random.Random, body: bytes) -> bytes:
    """Change some bits."""
    changed = bytearray(body)
    for _ in range(draw.choice((1, 1, 2, 8))):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def cut(draw: random.Random, body: bytes) -> bytes:
    """Leave out the end, at a line's end or anywhere."""
    if draw.random() < 0.3 and (ends := [n for n, byte in enumerate(body) if byte == 10]):
        return body[: draw.choice(ends) + draw.randrange(2)]
    return body[: draw.randrange(len(body) + 1)]


def insert(draw: random.Random, body: bytes) -> bytes:
    """Put something in."""
    place = draw.randrange(len(body) + 1)
    marks = (b'"', b",", b"\n", b"\r", b"\x00", b"\xe2\x80\xa8", b"\xff", b"\\", b"{", b"]", b";")
    new = draw.choice((*marks, draw.randbytes(draw.randrange(1, 40)), draw.choice(TEXTS)[:500]))
    return body[:place] + new + body[place:]


def move(draw: random.Random, body: bytes) -> bytes:
    """Leave out a part, or put it in twice, or elsewhere."""
    start, end = sorted(draw.randrange(len(body) + 1) for _ in range(2))
    part, rest = body[start:end], body[:start] + body[end:]
    place = draw.randrange(len(rest) + 1)
    return draw.choice((rest, body + part, rest[:place] + part + rest[place:]))


def replace(draw: random.Random, body: bytes) -> bytes:
    """Send something else."""
    return draw.choice((*TEXTS, draw.randbytes(draw.randrange(300))))


def recode(draw: random.Random, body: bytes) -> bytes:
    """Write the text in another encoding."""
    text = body.decode("utf-8", "replace")
    name = draw.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7", "cp1252", "utf-8-sig"))
    return text.encode(name, "replace")


# JSON


def retype(draw: random.Random, body: bytes) -> bytes:
    """Change the structure of JSON at some places."""
    try:
        value = json.loads(body)
        for _ in range(draw.choice((1, 1, 2, 5))):
            value = _change(draw, value)
        text = json.dumps(value, ensure_ascii=draw.random() < 0.7)
    except (ValueError, RecursionError):
        # What another change has nested too deeply for this one counts, too.
        return flip(draw, body)
    return text.encode("utf-8", "surrogatepass")


def _change(draw: random.Random, value: Any) -> Any:
    places = [*_places(value)]
    if not places or draw.random() < 0.1:
        return draw.choice((_value(draw), [value], {"data": value}))
    holder, key = draw.choice(places)
    what = draw.randrange(6)
    if what == 0:
        del holder[key]
    elif what == 1 and isinstance(holder, dict):
        holder[draw.choice((key.upper(), key.title(), f"{key}_", "", "new"))] = holder.pop(key)
    elif what == 2 and isinstance(holder, list):
        holder.insert(key, _value(draw))
    elif what == 3:
        other, name = draw.choice(places)
        # A copy: what holds itself is no JSON.
        holder[key] = json.loads(json.dumps(other[name]))
    else:
        holder[key] = _value(draw)
    return value


def _value(draw: random.Random) -> Any:
    # A copy: it may be changed in its turn.
    return deepcopy(draw.choice(VALUES))


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    rest = [value]
    while rest:
        one = rest.pop()
        keys = (
            one.keys() if isinstance(one, dict) else range(len(one) if isinstance(one, list) else 0)
        )
        for key in keys:
            found.append((one, key))
            rest.append(one[key])
    return found


# CSV


def rewrite(draw: random.Random, body: bytes) -> bytes:
    """Change the cells of a CSV, or how they are written."""
    try:
        rows = [*csv.reader(io.StringIO(body.decode(), newline=""))]
    except (UnicodeDecodeError, csv.Error):
        return flip(draw, body)
    for _ in range(draw.choice((1, 1, 2, 5))):
        if rows:
            _change_row(draw, rows)
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream,
        delimiter=draw.choice((",", ",", ",", ";", "\t", "|", ":")),
        lineterminator=draw.choice(("\r\n", "\n", "\r")),
        quoting=draw.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL)),
    )
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8", "surrogatepass")


def _change_row(draw: random.Random, rows: list[list[str]]) -> None:
    row = draw.choice((rows[0], draw.choice(rows)))
    cell = draw.choice([str(value) for value in VALUES])
    match draw.randrange(7):
        case 0:
            row.append(cell)
        case 1 if row:
            row.pop(draw.randrange(len(row)))
        case 2:
            draw.shuffle(row)
        case 3:
            rows.remove(row)
        case 4:
            rows.insert(draw.randrange(len(rows) + 1), [*draw.choice(rows)])
        case 5:
            rows.insert(draw.randrange(len(rows) + 1), [])
        case _ if row:
            row[draw.randrange(len(row))] = cell


# Whole responses

BYTES: tuple[Body, ...] = (flip, cut, insert, move, replace, recode)


def spoil(draw: random.Random, response: Response) -> Response:
    """Return a response with one or more things wrong with it."""
    shaped = retype if response.is_json else rewrite
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        change = draw.choice((shaped, shaped, shaped, *BYTES))
        response = evolve(response, body=change(draw, response.body))
    if draw.random() < 0.25:
        response = _spoil_head(draw, response)
    if draw.random() < 0.15:
        response = _pack(draw, response)
    return response


def _spoil_head(draw: random.Random, response: Response) -> Response:
    match draw.randrange(4):
        case 0:
            return evolve(response, status=draw.choice(STATUSES))
        case 1:
            return response.with_header("content-type", draw.choice((None, *MEDIA)))
        case _:
            return response.with_header(draw.choice(NAMES), draw.choice((None, *WORDS)))


def _pack(draw: random.Random, response: Response) -> Response:
    packed = gzip.compress(response.body, 1)
    packed = draw.choice((packed, packed, flip(draw, packed), cut(draw, packed), packed + packed))
    return evolve(response, body=packed).with_header("content-encoding", "gzip")
