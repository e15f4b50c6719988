"""One exchange: a request out, its whole response in."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import define

from .._body import Body, packed_body
from .._declarations import Operation
from .._http import (
    USER_AGENT,
    WIRE_ERRORS,
    AsyncWire,
    Phase,
    Response,
    Timeout,
    private_logging,
    wire_error,
)
from .._messages import Meet, Reply, Request
from .._spool import Spool, Stored
from ..errors import InvalidResponse

_logger = logging.getLogger("dialytics")
_LONGEST_ERROR_BODY = 1 << 16


@define(eq=False)
class AsyncExchange:
    """Exchanges over one HTTP client."""

    wire: AsyncWire
    timeout: Timeout

    async def send(
        self,
        request: Request,
        url: str,
        headers: Mapping[str, str],
        operation: Operation,
        attempt: int,
        *,
        meet: Meet | None = None,
    ) -> Reply:
        """Send one request and read the whole of its response, whatever it says.

        ``meet`` is shown status and headers of a promised response before its body has come.
        """
        started = time.monotonic()
        response: Response | None = None
        try:
            with private_logging():
                async with self.wire.stream(
                    request.method,
                    url,
                    headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers},
                    content=request.content,
                    timeout=self.timeout,
                    follow_redirects=False,
                ) as response:
                    names = {name.lower(): value for name, value in response.headers.items()}
                    promised = response.status_code in operation.success
                    if promised and meet is not None:
                        meet(response.status_code, names)
                    raw = await _read(response, None if promised else _LONGEST_ERROR_BODY)
        except WIRE_ERRORS as error:
            phase: Phase = "send" if response is None else "read"
            failure = wire_error(error, phase, urlsplit(url).netloc)
            _log(request, operation, type(failure).__name__, attempt, started)
        else:
            outcome = f"{response.status_code} (request {names.get('x-request-id', '-')})"
            _log(request, operation, outcome, attempt, started)
            return Reply(response.status_code, names, _pack(raw, names, lenient=not promised))
        # Raised out here it does not hold on to the HTTP client's error, and so to the request.
        raise failure


async def _read(response: Response, limit: int | None) -> bytes | Stored:
    """Return the body; where there is a limit, as much of it as can be had."""
    spool = Spool()
    try:
        async for piece in response.aiter_raw():
            spool.append(piece)
            if limit is not None and spool.size >= limit:
                break
    except WIRE_ERRORS:
        # A failure's status tells more than that its body broke off.
        if limit is None:
            raise
    return spool.close()


def _pack(raw: bytes | Stored, headers: Mapping[str, str], *, lenient: bool) -> Body:
    try:
        return packed_body(raw, headers.get("content-encoding"))
    except InvalidResponse:
        if not lenient:
            raise
        return Body(b"")


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
