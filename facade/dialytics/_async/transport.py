"""Sending: credentials, one exchange, and what a status means."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Self, TypeVar

from .._auth import Auth, Credentials
from .._connections import AsyncConnections
from .._declarations import Operation, Vendor
from .._gates import Gate
from .._http import Timeout, new_timeout
from .._limits import check_size
from .._messages import Meet, Reply, Request
from .._options import CallOptions
from .._retry import DoubtedBodyError, Replay, RetryBudget, RetryPolicy
from .._tasks import AsyncSleep, AsyncStraggler, async_sleep
from ..errors import IncompleteBody, InvalidResponse
from .attempts import AsyncAttempts
from .exchange import AsyncExchange, refusal
from .login import AsyncLogin

if TYPE_CHECKING:
    from .._stats import Effort

R = TypeVar("R")


class AsyncTransport:
    """Sends a vendor's requests."""

    def __init__(
        self,
        *,
        vendor: Vendor,
        root: str,
        auth: Auth,
        connections: AsyncConnections,
        timeout: Timeout,
        policy: RetryPolicy,
        gate: Gate,
        max_body: int | None,
        trust_close: bool,
        now: Callable[[], datetime],
    ) -> None:
        self._vendor = vendor
        self._root = root
        self._login = AsyncLogin(vendor, auth, now)
        self._connections = connections
        self._attempts = AsyncAttempts(vendor, policy, gate, RetryBudget(policy.budget))
        self._exchanges = AsyncExchange(connections, timeout, self._attempts.deadline)
        self._max_body = max_body
        self._trust_close = trust_close
        self._now = now
        self.stragglers: list[AsyncStraggler] = []
        """Bulk calls' workers that a close has left in the middle of a request."""

    def configured(self, options: CallOptions) -> Self:
        """Return this transport with a call's own timeout, retries and deadline.

        All else is shared. A deadline begins with the first request that is sent with it.
        """
        if not options.keys() & CallOptions.__annotations__.keys():
            return self
        other = copy(self)
        own = options.get("timeout")
        timeout = self._exchanges.timeout if own is None else new_timeout(own, 0)
        other._attempts = attempts = self._attempts.configured(options)  # noqa: SLF001  # our own copy
        other._exchanges = AsyncExchange(self._connections, timeout, attempts.deadline)  # noqa: SLF001  # our own copy
        return other

    async def send(
        self,
        request: Request,
        operation: Operation,
        read: Callable[[Reply], R],
        sleep: AsyncSleep | None = None,
        stats: Effort | None = None,
        *,
        meet: Meet | None = None,
        late: int | None = None,
        sure: Callable[[Reply], bool] | None = None,
    ) -> R:
        """Send until it works or there is no point; return what ``read`` makes of the reply.

        ``meet`` is shown status and headers of each successful response before its body has come.
        What times out is tried again ``late`` times at most. CSV that looks cut is asked for once
        more, unless ``sure`` knows better.
        """
        sleep = sleep or async_sleep
        self.check(request, operation)
        doubts = operation.accept == "text/csv" and self._attempts.policy.max_retries > 0

        async def try_once(attempt: int) -> R:
            nonlocal doubts
            reply = await self._send_once(request, operation, attempt, sleep, stats, meet=meet)
            end = self._check(reply, operation)
            if doubts and _may_be_cut(reply, end, sure):
                # If it comes again, the rows' reader has the say.
                doubts = False
                raise DoubtedBodyError("the CSV ends in the middle of a row")
            return _read(reply, operation, read)

        return await self._attempts.persist(operation, try_once, sleep, stats, late)

    def check(self, request: Request, operation: Operation) -> None:
        """Refuse what is too large to be sent.

        Raises:
            PayloadTooLarge: The body is over the vendor's limit.
        """
        size = len(request.content or b"")
        check_size(size, self._max_body, vendor=self._vendor.name, operation=operation.name)

    async def _send_once(
        self,
        request: Request,
        operation: Operation,
        attempt: int,
        sleep: AsyncSleep,
        stats: Effort | None,
        *,
        meet: Meet | None,
    ) -> Reply:
        async def exchange(credentials: Credentials) -> Reply:
            await self._attempts.take_turn(sleep, stats)
            if stats is not None:
                stats.count_request()
            return await self._exchange(request, operation, credentials, attempt, sleep, meet=meet)

        async def authorize() -> Credentials:
            return await self._login.authorize(self._attempts, self._exchanges, sleep)

        credentials = await authorize()
        reply = await exchange(credentials)
        refused = reply.status in self._vendor.refused_statuses
        if refused and await self._login.renew(self._attempts, credentials):
            reply = await exchange(await authorize())
        if reply.status in operation.success:
            return reply
        rules, secrets = self._vendor.error_rules, self._secrets(request)
        raise refusal(reply, operation, rules, now=self._now(), secrets=secrets, request=request)

    async def _exchange(
        self,
        request: Request,
        operation: Operation,
        credentials: Credentials,
        attempt: int,
        sleep: AsyncSleep,
        *,
        meet: Meet | None,
    ) -> Reply:
        headers = {"Accept": operation.accept, **credentials.headers}
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        url = request.url(self._root, credentials.query)
        secrets = self._secrets(request)
        # What changes something comes to its end: what is sent afterwards must not overtake it.
        ends = sleep if operation.replay is Replay.READ else async_sleep
        reply = await self._exchanges.send(
            request, url, headers, operation, attempt, sleep=ends, secrets=secrets, meet=meet
        )
        self._attempts.heed(reply.headers, self._now)
        return reply

    def _secrets(self, request: Request) -> tuple[str, ...]:
        return (*self._login.secrets, *self._connections.secrets, *request.secrets)

    def _check(self, reply: Reply, operation: Operation) -> bytes:
        """See that a successful response has come to its end; return the last bytes of it."""
        end = reply.body.check()
        if operation.accept == "text/csv":
            self._check_csv(reply)
        return end

    def _check_csv(self, reply: Reply) -> None:
        from .._decode.endings import is_no_csv  # noqa: PLC0415

        if reply.closed and not self._trust_close:
            raise IncompleteBody(
                "only the connection's close marked the end of the CSV, so it may be cut; if the "
                "server always does so, make the client with trust_connection_close=True",
                closed=True,
            )
        if is_no_csv(reply.body.pieces()):
            error = InvalidResponse("the response is not the CSV that was asked for")
            error.garbled = True
            raise error


def _read(reply: Reply, operation: Operation, read: Callable[[Reply], R]) -> R:
    """Read a successful response; tell one that was cut from one that is wrong."""
    from .._decode.endings import is_garbled  # noqa: PLC0415  # the first client needs none

    try:
        return read(reply)
    except IncompleteBody:
        raise
    except InvalidResponse as error:
        if not is_garbled(reply, operation.accept):
            raise
        if not reply.closed or "html" in reply.media_type:
            error.garbled = True
            raise
        problem = error.message
    # It is cut more likely than wrong.
    raise IncompleteBody(f"{problem}; the connection's close ended it", closed=True)


def _may_be_cut(reply: Reply, end: bytes, sure: Callable[[Reply], bool] | None) -> bool:
    from .._decode.endings import may_be_cut  # noqa: PLC0415  # as above

    if reply.status == HTTPStatus.NO_CONTENT or not may_be_cut(reply.body.pieces(), end):
        return False
    return sure is None or not sure(reply)
