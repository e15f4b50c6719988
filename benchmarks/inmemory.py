"""The site behind httpx without a network: what is left is what clients and decoders take."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx

from .site import Answer, Site

_PIECE = 1 << 16


def cut(answer: Answer) -> Iterator[bytes]:
    """Yield a body in pieces of the size that httpx reads from a socket."""
    for part in answer.parts:
        for begin in range(0, len(part), _PIECE):
            yield bytes(part[begin : begin + _PIECE])


class InMemory(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers requests of either kind of httpx client."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer at once."""
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        content = request.content if request.method == "POST" else b""
        answer = self._site.answer(target, request.headers, content)
        stream = _Stream(answer)
        return httpx.Response(answer.status, headers=dict(answer.headers), stream=stream)


class _Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return cut(self._answer)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in cut(self._answer):
            yield piece
