"""Sending: credentials, one exchange, what a status means, and trying again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from copy import copy
from datetime import datetime
from typing import Self, TypeVar
from urllib.parse import urlencode

from attrs import evolve

from .._auth import Auth, Credentials, TokenRequest
from .._declarations import ErrorRule, Operation, Vendor
from .._http import AsyncWire, Timeout, new_timeout
from .._limits import RateLimit, Throttle, check_size
from .._messages import Meet, Reply, Request
from .._options import CallOptions
from .._retry import Replay, RetryPolicy, delay
from .._stats import Effort
from .._tasks import (
    AsyncLock,
    AsyncSleep,
    AsyncStraggler,
    AsyncTry,
    async_resolve,
    async_sleep,
)
from ..errors import DialyticsError, RateLimited, StatusError, Unauthorized
from .exchange import AsyncExchange

R = TypeVar("R")

# OAuth2 servers answer wrong credentials with 400 as well as 401 (RFC 6749, 5.2).
_TOKEN_RULES = (ErrorRule(400, r"", Unauthorized),)


class AsyncTransport:
    """Sends a vendor's requests."""

    def __init__(
        self,
        *,
        vendor: Vendor,
        root: str,
        auth: Auth,
        wire: AsyncWire,
        owns_wire: bool,
        timeout: Timeout,
        policy: RetryPolicy,
        rate_limit: RateLimit | None,
        max_body: int | None,
        now: Callable[[], datetime],
    ) -> None:
        self._vendor = vendor
        self._root = root
        self._auth = auth
        self._auth_lock = AsyncLock()
        self._wire = wire
        self._owns_wire = owns_wire
        self._exchanges = AsyncExchange(wire, timeout)
        self._policy = policy
        self._throttle = Throttle(rate_limit)
        self._throttle_lock = threading.Lock()
        self._max_body = max_body
        self._now = now
        self.stragglers: list[AsyncStraggler] = []
        """Bulk calls' workers that a close has left in the middle of a request."""
        self._token_operation = Operation(
            vendor=vendor, name="token", method="POST", path="(token)", replay=Replay.READ
        )

    def configured(self, options: CallOptions) -> Self:
        """Return this transport with a call's own timeout and retries; all else is shared."""
        if not options.keys() & CallOptions.__annotations__.keys():
            return self
        other = copy(self)
        if (timeout := options.get("timeout")) is not None:
            other._exchanges = AsyncExchange(self._wire, new_timeout(timeout, 0))  # noqa: SLF001  # our own copy
        if "max_retries" in options:
            other._policy = evolve(self._policy, max_retries=options["max_retries"])  # noqa: SLF001  # our own copy
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
            if stats is not None:
                stats.count_request()
            return read(await self._send_once(request, operation, attempt, sleep, meet=meet))

        return await self._persist(operation, try_once, sleep, stats)

    def check(self, request: Request, operation: Operation) -> None:
        """Refuse what is too large to be sent.

        Raises:
            PayloadTooLarge: The body is over the vendor's limit.
        """
        size = len(request.content or b"")
        check_size(size, self._max_body, vendor=self._vendor.name, operation=operation.name)

    async def aclose(self) -> None:
        """Close the connections, unless the HTTP client is the user's own."""
        if self._owns_wire:
            await self._wire.aclose()

    async def _persist(
        self,
        operation: Operation,
        try_once: AsyncTry[R],
        sleep: AsyncSleep,
        stats: Effort | None,
    ) -> R:
        attempt = 0
        while True:
            try:
                return await try_once(attempt)
            except DialyticsError as error:
                error.vendor = error.vendor or self._vendor.name
                error.operation = error.operation or operation.name
                if error.operation != operation.name:
                    # Obtaining the token failed, and has had its own tries.
                    raise
                if stats is not None:
                    stats.count_failure(error)
                wait = delay(
                    self._policy,
                    attempt=attempt,
                    error=error,
                    replay=operation.replay,
                    random=random.random(),  # noqa: S311  # jitter is no secret
                )
                if wait is None:
                    raise
                if isinstance(error, RateLimited):
                    self._throttle.pause(time.monotonic() + wait)
            if stats is not None:
                stats.count_retry(wait)
            await sleep(wait)
            attempt += 1

    async def _send_once(
        self,
        request: Request,
        operation: Operation,
        attempt: int,
        sleep: AsyncSleep,
        *,
        meet: Meet | None,
    ) -> Reply:
        credentials = await self._authorize(sleep)
        reply = await self._exchange(request, operation, credentials, attempt, sleep, meet=meet)
        if reply.status in self._vendor.refused_statuses and await self._renew(credentials):
            credentials = await self._authorize(sleep)
            reply = await self._exchange(request, operation, credentials, attempt, sleep, meet=meet)
        if reply.status in operation.success:
            reply.body.check()
            return reply
        secrets = (*credentials.secrets, *request.secrets)
        raise self._status_error(reply, operation, secrets, self._vendor.error_rules)

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
        await self._take_turn(sleep)
        headers = {"Accept": operation.accept, **credentials.headers}
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        url = request.url(self._root, credentials.query)
        return await self._exchanges.send(request, url, headers, operation, attempt, meet=meet)

    async def _take_turn(self, sleep: AsyncSleep) -> None:
        with self._throttle_lock:
            wait = self._throttle.reserve(time.monotonic())
        while wait > 0:
            await sleep(wait)
            with self._throttle_lock:
                now = time.monotonic()
                wait = self._throttle.reserve(now) if self._throttle.is_paused(now) else 0

    async def _authorize(self, sleep: AsyncSleep) -> Credentials:
        async with self._auth_lock:
            due = self._auth.due(time.monotonic())
            if isinstance(due, TokenRequest):
                reply = await self._obtain_token(due, sleep)
                self._auth.accept(reply.body.read(), time.monotonic())
            elif due is not None:
                self._auth.accept(await async_resolve(due()), time.monotonic())
            return self._auth.credentials()

    async def _renew(self, refused: Credentials) -> bool:
        async with self._auth_lock:
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

        async def try_once(attempt: int) -> Reply:
            reply = await self._exchanges.send(form, due.url, headers, operation, attempt)
            if reply.status != 200:
                raise self._status_error(reply, operation, due.secrets, _TOKEN_RULES)
            return reply

        return await self._persist(operation, try_once, sleep, None)

    def _status_error(
        self,
        reply: Reply,
        operation: Operation,
        secrets: tuple[str, ...],
        rules: tuple[ErrorRule, ...],
    ) -> StatusError:
        from .._problems import status_error  # noqa: PLC0415  # most clients never need it

        return status_error(
            reply.status,
            reply.headers,
            reply.body.read_leniently(),
            vendor=self._vendor.name,
            operation=operation.name,
            now=self._now(),
            rules=rules,
            secrets=secrets,
        )
