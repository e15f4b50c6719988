"""A client's credentials: obtained by one call for all, before requests and after refusals."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urlencode

from .._auth import Auth, Credentials
from .._declarations import ErrorRule, Operation, Vendor
from .._messages import Reply, Request
from .._oauth import TokenRequest
from .._retry import Replay
from .._tasks import AsyncLock, AsyncSleep, async_acquire, async_resolve, async_sleep
from ..errors import InvalidResponse, Unauthorized
from .attempts import AsyncAttempts
from .exchange import AsyncExchange, refusal

# OAuth2 servers answer wrong credentials with 400 as well as 401 (RFC 6749, 5.2).
_RULES = (ErrorRule(400, r"", Unauthorized),)
_MOST_SECRETS = 24


class AsyncLogin:
    """Shared by all calls of a client, each with its own attempts and exchanges."""

    def __init__(self, vendor: Vendor, auth: Auth, now: Callable[[], datetime]) -> None:
        self._auth = auth
        self._lock = AsyncLock()
        self._now = now
        # What a vendor tells may be about credentials that were used before.
        self._secrets: deque[str] = deque(maxlen=_MOST_SECRETS)
        self._operation = Operation(
            vendor=vendor, name="token", method="POST", path="(token)", replay=Replay.READ
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(self._secrets)

    async def authorize(
        self, attempts: AsyncAttempts, exchanges: AsyncExchange, sleep: AsyncSleep
    ) -> Credentials:
        """Return what the next request carries, obtaining a token if one is due."""
        async with self._alone(attempts):
            due = self._auth.due(time.monotonic())
            if isinstance(due, TokenRequest):
                reply = await self._obtain_token(due, attempts, exchanges, sleep)
                self._auth.accept(reply.body.read(), time.monotonic())
            elif due is not None:
                self._auth.accept(await async_resolve(due()), time.monotonic())
            credentials = self._auth.credentials()
            self._remember(credentials.secrets)
            return credentials

    async def renew(self, attempts: AsyncAttempts, refused: Credentials) -> bool:
        """Note that the vendor refused credentials; tell whether there are others."""
        async with self._alone(attempts):
            # Of several requests refused at once, the first renews the token for all.
            return self._auth.credentials() is not refused or self._auth.refuse()

    def _remember(self, secrets: tuple[str, ...]) -> None:
        self._secrets.extend(one for one in secrets if one not in self._secrets)

    @asynccontextmanager
    async def _alone(self, attempts: AsyncAttempts) -> AsyncGenerator[None]:
        if not await async_acquire(self._lock, attempts.left()):
            raise attempts.deadline.exceeded(sent=False)
        try:
            yield
        finally:
            self._lock.release()

    async def _obtain_token(
        self,
        due: TokenRequest,
        attempts: AsyncAttempts,
        exchanges: AsyncExchange,
        sleep: AsyncSleep,
    ) -> Reply:
        try:
            return await self._fetch_token(due, attempts, exchanges, sleep)
        except Unauthorized:
            due.refused()
            other = self._auth.due(time.monotonic())
            if not isinstance(other, TokenRequest) or other.form == due.form:
                raise
        # It was a refresh token that is used up; the grant itself may still do.
        return await self._fetch_token(other, attempts, exchanges, sleep)

    async def _fetch_token(
        self,
        due: TokenRequest,
        attempts: AsyncAttempts,
        exchanges: AsyncExchange,
        sleep: AsyncSleep,
    ) -> Reply:
        form = Request("POST", "", content=urlencode(due.form).encode())
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
            **due.headers,
        }
        operation = self._operation
        self._remember(due.secrets)

        async def try_once(attempt: int) -> Reply:
            await attempts.take_turn(sleep, None)
            secrets = (*self.secrets, *exchanges.connections.secrets)
            # It comes to its end: a refresh token may be used up, and its successor lost.
            reply = await exchanges.send(
                form, due.url, headers, operation, attempt, sleep=async_sleep, secrets=secrets
            )
            if reply.status != 200:
                raise refusal(reply, operation, _RULES, now=self._now(), secrets=secrets)
            _check(reply)
            return reply

        return await attempts.persist(operation, try_once, sleep, None)


def _check(reply: Reply) -> None:
    """Refuse a token endpoint's answer that another try may better: no JSON, or cut."""
    from .._decode.endings import is_garbled  # noqa: PLC0415  # the first client needs none

    if is_garbled(reply, "application/json"):
        error = InvalidResponse("the token endpoint's answer holds no usable access_token")
        error.garbled = True
        raise error
