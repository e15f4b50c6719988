"""Sending: credentials, one exchange, and what a status means."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode

from .._auth import Auth, Credentials, TokenRequest
from .._declarations import ErrorRule, Operation, Vendor
from .._gates import Gate
from .._http import AsyncConnections, Timeout, new_timeout
from .._limits import check_size
from .._messages import Meet, Reply, Request
from .._options import CallOptions
from .._retry import Replay, RetryBudget, RetryPolicy
from .._tasks import (
    AsyncLock,
    AsyncSleep,
    AsyncStraggler,
    async_acquire,
    async_resolve,
    async_sleep,
)
from ..errors import IncompleteBody, InvalidResponse, StatusError, Unauthorized
from .attempts import AsyncAttempts
from .exchange import AsyncExchange, tell_texts

if TYPE_CHECKING:
    from .._stats import Effort

R = TypeVar("R")

# OAuth2 servers answer wrong credentials with 400 as well as 401 (RFC 6749, 5.2).
_TOKEN_RULES = (ErrorRule(400, r"", Unauthorized),)
_MOST_SECRETS = 24


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
        self._auth = auth
        self._auth_lock = AsyncLock()
        self._connections = connections
        self._attempts = AsyncAttempts(vendor, policy, gate, RetryBudget(policy.budget))
        self._exchanges = AsyncExchange(connections, timeout, self._attempts.deadline)
        self._max_body = max_body
        self._trust_close = trust_close
        self._now = now
        # What a vendor tells may be about credentials that were used before.
        self._secrets: deque[str] = deque(maxlen=_MOST_SECRETS)
        self.stragglers: list[AsyncStraggler] = []
        """Bulk calls' workers that a close has left in the middle of a request."""
        self._token_operation = Operation(
            vendor=vendor, name="token", method="POST", path="(token)", replay=Replay.READ
        )

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
    ) -> R:
        """Send until it works or there is no point; return what ``read`` makes of the reply.

        ``meet`` is shown status and headers of each successful response before its body has come.
        """
        sleep = sleep or async_sleep
        self.check(request, operation)

        async def try_once(attempt: int) -> R:
            reply = await self._send_once(request, operation, attempt, sleep, stats, meet=meet)
            return self._read(reply, operation, read, attempt)

        return await self._attempts.persist(operation, try_once, sleep, stats)

    def check(self, request: Request, operation: Operation) -> None:
        """Refuse what is too large to be sent.

        Raises:
            PayloadTooLarge: The body is over the vendor's limit.
        """
        size = len(request.content or b"")
        check_size(size, self._max_body, vendor=self._vendor.name, operation=operation.name)

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client is the user's own."""
        await self._connections.aclose()

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
            return await self._exchange(request, operation, credentials, attempt, meet=meet)

        credentials = await self._authorize(sleep)
        reply = await exchange(credentials)
        if reply.status in self._vendor.refused_statuses and await self._renew(credentials):
            credentials = await self._authorize(sleep)
            reply = await exchange(credentials)
        if reply.status in operation.success:
            return reply
        raise self._status_error(reply, operation, self._vendor.error_rules, request)

    async def _exchange(
        self,
        request: Request,
        operation: Operation,
        credentials: Credentials,
        attempt: int,
        *,
        meet: Meet | None,
    ) -> Reply:
        headers = {"Accept": operation.accept, **credentials.headers}
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        url = request.url(self._root, credentials.query)
        secrets = (*self._secrets, *request.secrets)
        reply = await self._exchanges.send(
            request, url, headers, operation, attempt, secrets=secrets, meet=meet
        )
        self._attempts.heed(reply.headers, self._now)
        return reply

    def _read(
        self, reply: Reply, operation: Operation, read: Callable[[Reply], R], attempt: int
    ) -> R:
        """Read a successful response, if it is known to have come to its end."""
        from .._decode.endings import is_garbled  # noqa: PLC0415  # the first client needs none

        end = reply.body.check()
        if operation.accept == "text/csv":
            # At last, the rows' reader has the say.
            self._check_csv(
                reply, end, doubting=attempt < min(1, self._attempts.policy.max_retries)
            )
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

    def _check_csv(self, reply: Reply, end: bytes, *, doubting: bool) -> None:
        from .._decode.endings import is_no_csv, may_be_cut  # noqa: PLC0415

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
        if doubting and may_be_cut(reply.body.pieces(), end):
            raise IncompleteBody("the CSV ends in the middle of a row")

    async def _authorize(self, sleep: AsyncSleep) -> Credentials:
        async with self._logging_in():
            due = self._auth.due(time.monotonic())
            if isinstance(due, TokenRequest):
                reply = await self._obtain_token(due, sleep)
                self._auth.accept(reply.body.read(), time.monotonic())
            elif due is not None:
                self._auth.accept(await async_resolve(due()), time.monotonic())
            credentials = self._auth.credentials()
            self._remember(credentials.secrets)
            return credentials

    def _remember(self, secrets: tuple[str, ...]) -> None:
        self._secrets.extend(one for one in secrets if one not in self._secrets)

    @asynccontextmanager
    async def _logging_in(self) -> AsyncGenerator[None]:
        if not await async_acquire(self._auth_lock, self._attempts.left()):
            raise self._attempts.deadline.exceeded(sent=False)
        try:
            yield
        finally:
            self._auth_lock.release()

    async def _renew(self, refused: Credentials) -> bool:
        async with self._logging_in():
            # Of several requests refused at once, the first renews the token for all.
            return self._auth.credentials() is not refused or self._auth.refuse()

    async def _obtain_token(self, due: TokenRequest, sleep: AsyncSleep) -> Reply:
        try:
            return await self._fetch_token(due, sleep)
        except Unauthorized:
            due.refused()
            other = self._auth.due(time.monotonic())
            if not isinstance(other, TokenRequest) or other.form == due.form:
                raise
        # It was a refresh token that is used up; the grant itself may still do.
        return await self._fetch_token(other, sleep)

    async def _fetch_token(self, due: TokenRequest, sleep: AsyncSleep) -> Reply:
        content = urlencode(due.form).encode()
        form = Request("POST", "", content=content)
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **due.headers,
        }
        operation = self._token_operation
        self._remember(due.secrets)

        async def try_once(attempt: int) -> Reply:
            await self._attempts.take_turn(sleep, None)
            reply = await self._exchanges.send(
                form, due.url, headers, operation, attempt, secrets=tuple(self._secrets)
            )
            if reply.status != 200:
                raise self._status_error(reply, operation, _TOKEN_RULES)
            return reply

        return await self._attempts.persist(operation, try_once, sleep, None)

    def _status_error(
        self,
        reply: Reply,
        operation: Operation,
        rules: tuple[ErrorRule, ...],
        request: Request | None = None,
    ) -> StatusError:
        from .._problems import status_error  # noqa: PLC0415  # most clients never need it

        own: tuple[str, ...] = () if request is None else request.secrets
        return status_error(
            reply.status,
            reply.headers,
            reply.body.read_leniently(),
            vendor=self._vendor.name,
            operation=operation.name,
            now=self._now(),
            rules=rules,
            secrets=(*self._secrets, *own),
            sent=None if request is None else request.content,
            texts=() if request is None else tell_texts(request, operation),
        )
