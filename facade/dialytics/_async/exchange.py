"""One exchange: a request out, its whole response in."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import unquote, urlsplit

from attrs import define

from .._body import Body, Kept, packed_body
from .._declarations import ErrorRule, Operation
from .._http import (
    USER_AGENT,
    WIRE_ERRORS,
    AsyncConnections,
    Phase,
    Response,
    Timeout,
    ends_by_close,
    wire_error,
)
from .._messages import Meet, Reply, Request
from .._retry import Deadline
from .._sending import Sending
from .._spool import Spool, Stored
from .._tasks import AsyncSleep, async_undivided, async_within
from ..errors import DialyticsError, InvalidResponse, RequestTimeout, StatusError

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
        sleep: AsyncSleep,
        secrets: Sequence[str],
        meet: Meet | None = None,
    ) -> Reply:
        """Send one request and read the whole of its response, whatever it says.

        It is given up when ``sleep`` is stopped. ``meet`` is shown status and headers of a promised
        response before its body has come.
        """
        started = time.monotonic()
        self.deadline.begin(started)
        sending = Sending(self._left)
        exchange = partial(
            self._try, request, url, headers, operation, sending, sleep=sleep, meet=meet
        )
        outcome = await async_undivided(exchange)
        if sending.given_up:
            # What nobody wants any more has neither failed nor come.
            await sleep(0)
        if not isinstance(outcome, Reply):
            _log(request, operation, type(outcome).__name__, attempt, started)
            # Raised out here it does not hold on to the HTTP client's error, and so to the request.
            raise outcome
        if _logger.isEnabledFor(logging.INFO):
            identity = _find_id(outcome.headers.get("x-request-id"), request, operation, secrets)
            told = f"{outcome.status} (request {identity})"
            _log(request, operation, told, attempt, started)
        return outcome

    async def _try(
        self,
        request: Request,
        url: str,
        headers: Mapping[str, str],
        operation: Operation,
        sending: Sending,
        *,
        sleep: AsyncSleep,
        meet: Meet | None,
    ) -> Reply | DialyticsError:
        response: Response | None = None
        try:
            with sending:
                async with (
                    async_within(self._left(), sleep, sending.give_up),
                    self.connections.open().stream(
                        request.method,
                        url,
                        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers},
                        content=request.content,
                        timeout=self.timeout,
                        extensions=self.connections.extensions(self.timeout, sending),
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
            return self._judge(wire_error(error, phase, urlsplit(url).netloc))
        encoding = None if unpacked else names.get("content-encoding")
        try:
            body = _pack(raw, encoding, lenient=not promised)
        except InvalidResponse as error:
            return error
        # What is packed marks its own end, if anything has come.
        closed = ends_by_close(response) and not (body.encoding and body.size)
        return Reply(response.status_code, names, body, closed)

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


def refusal(
    reply: Reply,
    operation: Operation,
    rules: Sequence[ErrorRule],
    *,
    now: datetime,
    secrets: Sequence[str],
    request: Request | None = None,
) -> StatusError:
    """Return (not raise) the error that a reply is; of the caller's texts it shows none."""
    from .._problems import status_error  # noqa: PLC0415  # most clients never need it
    from .._vocabulary import knows  # noqa: PLC0415

    return status_error(
        reply.status,
        reply.headers,
        reply.body.read_leniently(),
        vendor=operation.vendor.name,
        operation=operation.name,
        now=now,
        rules=rules,
        secrets=secrets,
        sent=None if request is None else request.content,
        texts=() if request is None else _tell_texts(request, operation),
        knows=partial(knows, operation.vendor.name),
    )


def _tell_texts(request: Request, operation: Operation) -> list[str]:
    """Return the caller's own texts in a request's path and query.

    Not the range of time, and no short id of a project or bot: vendors name these for good reason.
    """
    from .._vocabulary import knows  # noqa: PLC0415  # for logs and errors only

    times, vendor = operation.window_query or (), operation.vendor.name
    query = [(name, value) for name, value in request.query.items() if name not in times]
    sent = [(n, one) for n, v in query for one in ([v] if isinstance(v, str) else v)]
    texts = [text for name, text in sent if text not in _SWITCHES and not knows(vendor, name, text)]
    parts = zip(operation.path.split("/"), request.path.split("/"), strict=False)
    ids = [unquote(part) for name, part in parts if name.startswith("{")]
    return [*texts, *(one for one in ids if len(one) >= _LONG_ID)]


def _find_id(
    text: str | None, request: Request, operation: Operation, secrets: Sequence[str]
) -> str:
    from .._redaction import find_texts, request_id  # noqa: PLC0415  # for logs and errors only

    said = find_texts(request.content, _tell_texts(request, operation)) if text else None
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
