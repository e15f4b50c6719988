"""One exchange: a request out, its whole response in."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from attrs import define

from .._body import Body, Kept, packed_body
from .._connections import AsyncConnections
from .._declarations import ErrorRule, Operation
from .._headers import told_size
from .._http import (
    WIRE_ERRORS,
    AsyncWire,
    OwnRequest,
    Phase,
    Response,
    Timeout,
    ends_by_close,
    find_response,
    own_request,
    read_headers,
    wire_error,
    wire_errors,
)
from .._messages import Meet, Reply, Request
from .._retry import Deadline
from .._sending import Sending
from .._spool import Spool, Stored
from .._tasks import AsyncSleep, async_undivided, async_within, end_late
from ..errors import DialyticsError, InvalidResponse, RequestTimeout, StatusError

_logger = logging.getLogger("dialytics")
_LONGEST_ERROR_BODY = 1 << 16


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
        sending = Sending(self._left, connects=self.connections.tells)
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
            from .._own_texts import find_id  # noqa: PLC0415  # for logs only

            identity = find_id(outcome.headers.get("x-request-id"), request, operation, secrets)
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
        own: OwnRequest | None = None
        try:
            with sending:
                wire = self.connections.open()
                extensions = self.connections.extensions(self.timeout, sending)
                home = self.connections.home
                own = own_request(
                    wire, request, url, headers=headers, extensions=extensions, home=home
                )
                async with (
                    async_within(self._left(), sleep, sending.give_up),
                    aclosing(await self._begin(wire, own, sending)) as response,
                ):
                    return await self._receive(response, operation, meet)
        except wire_errors() as error:
            refused = find_response(error, own)
            if refused is not None and refused.status_code not in operation.success:
                return await self._receive(refused, operation, meet)
            phase: Phase = "connect" if sending.connects else "send" if sending.begun else None
            phase = phase if response is None else "read"
            return self._judge(wire_error(error, phase, urlsplit(url).netloc))

    async def _begin(self, wire: AsyncWire, own: OwnRequest, sending: Sending) -> Response:
        """Send a request; return the response, whose body is to come."""
        try:
            # The user's client may know credentials of its own.
            return await wire.send(own, stream=True, auth=None, follow_redirects=False)
        except BaseException:
            await self.connections.mend(wire, own, sending)
            raise

    async def _receive(
        self, response: Response, operation: Operation, meet: Meet | None
    ) -> Reply | InvalidResponse:
        headers = read_headers(response)
        promised = response.status_code in operation.success
        if promised and meet is not None:
            meet(response.status_code, headers)
        # A transport, or a hook, of the user's own may have read and unpacked it.
        encoding = None if response.is_stream_consumed else headers.get("content-encoding")
        raw = await self._read(response, headers, None if promised else _LONGEST_ERROR_BODY)
        try:
            body = _pack(raw, encoding, lenient=not promised)
        except InvalidResponse as error:
            return error
        # What is packed marks its own end, if anything has come.
        closed = ends_by_close(response, headers) and not (body.encoding and body.size)
        return Reply(response.status_code, headers, body, closed)

    def _left(self) -> float:
        return self.deadline.left(time.monotonic())

    def _judge(self, failure: DialyticsError) -> DialyticsError:
        """Tell a timeout of one try from the end of the time that the call has."""
        if isinstance(failure, RequestTimeout) and self.deadline.is_over(time.monotonic()):
            return self.deadline.exceeded(sent=failure.sent)
        return failure

    async def _read(
        self, response: Response, headers: Mapping[str, str], limit: int | None
    ) -> Kept | Stored:
        """Return the body; where there is a limit, as much of it as can be had."""
        if response.is_stream_consumed:
            return Kept([response.content[:limit]])
        spool = Spool(told_size(headers) if limit is None else 0)
        try:
            async for piece in response.aiter_raw():
                spool.append(piece)
                if limit is not None and spool.size >= limit:
                    break
                # Each piece may come in time, and the whole never.
                end_late(self._left())
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
    from .._own_texts import tell_own_texts  # noqa: PLC0415  # most clients never need them
    from .._problems import status_error  # noqa: PLC0415
    from .._vocabulary import knows, knows_query  # noqa: PLC0415

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
        texts=() if request is None else tell_own_texts(request, operation),
        knows=partial(
            knows_query if operation.path.startswith("/query/") else knows, operation.vendor.name
        ),
    )


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
