"""One exchange: a request out, its whole response in."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from attrs import define

from .._body import Body, Kept, packed_body
from .._declarations import Operation
from .._http import (
    USER_AGENT,
    WIRE_ERRORS,
    AsyncConnections,
    Phase,
    Response,
    Timeout,
    ends_by_close,
    private_sending,
    wire_error,
)
from .._messages import Meet, Reply, Request
from .._retry import Deadline
from .._spool import Spool, Stored
from .._tasks import async_within
from ..errors import DialyticsError, InvalidResponse, RequestTimeout

_logger = logging.getLogger("dialytics")
_LONGEST_ERROR_BODY = 1 << 16
_LONG_ID = 8
_SWITCHES = frozenset({"true", "false"})


@define(eq=False)
class AsyncExchange:
    """Exchanges over one HTTP client."""

    connections: AsyncConnections
    timeout: Timeout
    deadline: Deadline

    async def send(
        self,
        request: Request,
        url: str,
        headers: Mapping[str, str],
        operation: Operation,
        attempt: int,
        *,
        secrets: Sequence[str],
        meet: Meet | None = None,
    ) -> Reply:
        """Send one request and read the whole of its response, whatever it says.

        ``meet`` is shown status and headers of a promised response before its body has come.
        """
        started = time.monotonic()
        self.deadline.begin(started)
        response: Response | None = None
        try:
            with private_sending(self._left):
                async with (
                    async_within(self.deadline.left(started)),
                    self.connections.open().stream(
                        request.method,
                        url,
                        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers},
                        content=request.content,
                        timeout=self.timeout,
                        extensions=self.connections.extensions(self.timeout, self._left),
                        follow_redirects=False,
                    ) as response,
                ):
                    names = {name.lower(): value for name, value in response.headers.items()}
                    promised = response.status_code in operation.success
                    if promised and meet is not None:
                        meet(response.status_code, names)
                    # A transport, or a hook, of the user's own may have read and unpacked it.
                    unpacked = response.is_stream_consumed
                    raw = await self._read(response, None if promised else _LONGEST_ERROR_BODY)
        except WIRE_ERRORS as error:
            phase: Phase = "send" if response is None else "read"
            failure = self._judge(wire_error(error, phase, urlsplit(url).netloc))
            _log(request, operation, type(failure).__name__, attempt, started)
        else:
            if _logger.isEnabledFor(logging.INFO):
                identity = _find_id(names.get("x-request-id"), request, operation, secrets)
                outcome = f"{response.status_code} (request {identity})"
                _log(request, operation, outcome, attempt, started)
            encoding = None if unpacked else names.get("content-encoding")
            body = _pack(raw, encoding, lenient=not promised)
            # What is packed marks its own end, if anything has come.
            closed = ends_by_close(response) and not (body.encoding and body.size)
            return Reply(response.status_code, names, body, closed)
        # Raised out here it does not hold on to the HTTP client's error, and so to the request.
        raise failure

    def _left(self) -> float:
        return self.deadline.left(time.monotonic())

    def _judge(self, failure: DialyticsError) -> DialyticsError:
        """Tell a timeout of one try from the end of the time that the call has."""
        if isinstance(failure, RequestTimeout) and self.deadline.is_over(time.monotonic()):
            return self.deadline.exceeded(sent=failure.sent)
        return failure

    async def _read(self, response: Response, limit: int | None) -> Kept | Stored:
        """Return the body; where there is a limit, as much of it as can be had."""
        if response.is_stream_consumed:
            return Kept([response.content[:limit]])
        length = response.headers.get("content-length", "")
        spool = Spool(int(length) if limit is None and length.isdecimal() else 0)
        try:
            async for piece in response.aiter_raw():
                spool.append(piece)
                if limit is not None and spool.size >= limit:
                    break
                if self._left() <= 0:
                    # Each piece may come in time, and the whole never.
                    raise TimeoutError
        except WIRE_ERRORS:
            # A failure's status tells more than that its body broke off.
            if limit is None:
                raise
        return spool.close()


def _pack(raw: Kept | Stored, encoding: str | None, *, lenient: bool) -> Body:
    try:
        return packed_body(raw, encoding)
    except InvalidResponse:
        if not lenient:
            raise
        return Body(b"")


def tell_texts(request: Request, operation: Operation) -> list[str]:
    """Return the caller's own texts in a request's path and query.

    Not the range of time, and no short id of a project or bot: vendors name these for good reason.
    """
    times = operation.window_query or ()
    query = [value for name, value in request.query.items() if name not in times]
    texts = [one for value in query for one in ([value] if isinstance(value, str) else value)]
    texts = [text for text in texts if text not in _SWITCHES]
    parts = zip(operation.path.split("/"), request.path.split("/"), strict=False)
    ids = [unquote(part) for name, part in parts if name.startswith("{")]
    return [*texts, *(one for one in ids if len(one) >= _LONG_ID)]


def _find_id(
    text: str | None, request: Request, operation: Operation, secrets: Sequence[str]
) -> str:
    from .._redaction import find_texts, request_id  # noqa: PLC0415  # for logs and errors only

    said = find_texts(request.content, tell_texts(request, operation)) if text else None
    return request_id(text, secrets, said) or "-"


def _log(
    request: Request, operation: Operation, outcome: str, attempt: int, started: float
) -> None:
    _logger.info(
        "%s %s %s: %s in %.3f s, attempt %d",
        operation.vendor.name,
        request.method,
        operation.path,
        outcome,
        time.monotonic() - started,
        attempt + 1,
    )
