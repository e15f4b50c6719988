"""Changing what an answer holds, and sending less of it than was promised."""

from __future__ import annotations

import asyncio
import csv
import gzip
import socket
import struct
from collections.abc import Callable
from io import StringIO
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .faults import Framing, Reset, SlowDrip, Truncation

TRANSPORT = "dialytics.transport"
TOKEN_HEADER = "continuationToken"  # noqa: S105  # a header's name
# Closing a socket that does not linger sends RST instead of FIN.
_NO_LINGER = struct.pack("ii", 1, 0)
_RESET_AFTER = 0.01


class BrokenResponse(Response):
    """An answer whose bytes come slowly, or not all."""

    def __init__(self, whole: Response, effect: Reset | SlowDrip | Truncation) -> None:
        super().__init__(bytes(whole.body), whole.status_code)
        self.raw_headers = whole.raw_headers
        self._effect = effect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is to come of it."""
        match self._effect:
            case SlowDrip(pieces, seconds):
                await self._drip(send, pieces, seconds)
            case Reset(at):
                head = b"" if at is None else self._head("length")
                part = b"" if at is None else self._part(at)
                await self._hang_up(scope, receive, head + part, reset=True)
            case Truncation(at, framing, row_end, compressed):
                if compressed or row_end:
                    write_content(self, read_content(self), packed=compressed and not row_end)
                part = self._part(at)
                part = part[: part.rfind(b"\n") + 1] or part if row_end else part
                await self._cut(scope, receive, send, part, framing)

    async def _cut(
        self, scope: Scope, receive: Receive, send: Send, part: bytes, framing: Framing
    ) -> None:
        if framing == "whole":
            self.body = part
            self.headers["content-length"] = str(len(part))
            await super().__call__(scope, receive, send)
            return
        head = self._head(framing)
        if framing == "chunked" and part:
            part = b"%x\r\n%b\r\n" % (len(part), part)
        await self._hang_up(scope, receive, head + part, reset=False)

    async def _drip(self, send: Send, pieces: int, seconds: float) -> None:
        body = bytes(self.body)
        step = -(-len(body) // pieces)
        headers, status = self.raw_headers, self.status_code
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for start in range(0, len(body), step):
            await asyncio.sleep(seconds)
            piece, more = body[start : start + step], start + step < len(body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})

    def _part(self, at: float) -> bytes:
        return bytes(self.body)[: int(len(self.body) * at)]

    def _head(self, framing: Framing) -> bytes:
        """Return the head as bytes: the server would not send one that is not kept to."""
        lines = [b"HTTP/1.1 %d Broken" % self.status_code]
        lines += [b"%b: %b" % one for one in self.raw_headers if one[0] != b"content-length"]
        if framing == "length":
            lines.append(b"content-length: %d" % len(self.body))
        lines.append(b"transfer-encoding: chunked" if framing == "chunked" else b"x-broken: 1")
        return b"\r\n".join([*lines, b"", b""])

    async def _hang_up(self, scope: Scope, receive: Receive, sent: bytes, *, reset: bool) -> None:
        """Send bytes past the server, and end the connection."""
        transport: asyncio.Transport = scope[TRANSPORT]
        transport.write(sent)
        if reset:
            # Else the reset would overtake what was sent before it.
            await asyncio.sleep(_RESET_AFTER if sent else 0)
            abort(transport)
        else:
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def abort(transport: asyncio.Transport) -> None:
    """Reset a connection."""
    connection = transport.get_extra_info("socket")
    if not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def read_content(response: Response) -> bytes:
    """Return a response's body as it is meant."""
    body = bytes(response.body)
    return gzip.decompress(body) if "content-encoding" in response.headers else body


def write_content(response: Response, content: bytes, *, packed: bool | None = None) -> None:
    """Give a response another body, compressed if the old one was, or as asked for."""
    packed = "content-encoding" in response.headers if packed is None else packed
    if packed:
        response.headers["content-encoding"] = "gzip"
        content = gzip.compress(content, mtime=0)
    elif "content-encoding" in response.headers:
        del response.headers["content-encoding"]
    response.body = content
    response.headers["content-length"] = str(len(content))


def compress_members(response: Response) -> None:
    """Compress a body as two gzip members."""
    content = read_content(response)
    half = len(content) // 2
    write_content(response, content[:half], packed=True)
    response.body = bytes(response.body) + gzip.compress(content[half:], mtime=0)
    response.headers["content-length"] = str(len(response.body))


def replace_rows(response: Response, change: Callable[[list[Any]], list[Any]]) -> None:
    """Give a page of rows, in CSV or JSON, others."""
    content = read_content(response)
    if response.headers.get("content-type", "").startswith("text/csv"):
        header, *rows = csv.reader(StringIO(content.decode(), newline=""))
        text = StringIO(newline="")
        csv.writer(text).writerows([header, *change(rows)])
        write_content(response, text.getvalue().encode())
        return
    whole = msgspec.json.decode(content)
    if isinstance(whole, list):
        whole = change(whole)
    else:
        whole |= {name: change(value) for name, value in whole.items() if isinstance(value, list)}
    write_content(response, msgspec.json.encode(whole))


def spoil_row(at: float) -> Callable[[list[Any]], list[Any]]:
    """Return what spoils one row of a page, in the first of its lists that has any."""
    done: list[bool] = []

    def change(rows: list[Any]) -> list[Any]:
        if done or not rows:
            return rows
        done.append(True)
        spoiled = min(int(len(rows) * at), len(rows) - 1)
        row = rows[spoiled]
        bad = [*row, "one too many"] if isinstance(row, list) else msgspec.json.encode(row).decode()
        return [*rows[:spoiled], bad, *rows[spoiled + 1 :]]

    return change


def replace_token(response: Response, token: str) -> None:
    """Name another next page, in the header or in the JSON object that a page is."""
    whole = None
    if response.headers.get("content-type", "").startswith("application/json"):
        whole = msgspec.json.decode(read_content(response))
    if not isinstance(whole, dict):
        response.headers[TOKEN_HEADER] = token
        return
    if "pagination" in whole:
        whole["pagination"] = {"has_more": True, "start_cursor": token, "end_cursor": token}
    else:
        whole["next_page_token"] = token
    write_content(response, msgspec.json.encode(whole))
