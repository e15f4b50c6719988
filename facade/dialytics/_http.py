"""The only room that knows httpx: clients, and what its exceptions mean."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from typing import Literal, TypeAlias, TypeVar

import httpx

from ._version import __version__
from .errors import (
    ArgumentError,
    ConfigurationError,
    ConnectionFailed,
    DialyticsError,
    IncompleteBody,
    InvalidResponse,
    RequestTimeout,
    status_class,
)

Wire: TypeAlias = httpx.Client
AsyncWire: TypeAlias = httpx.AsyncClient
Response: TypeAlias = httpx.Response
Timeout: TypeAlias = float | httpx.Timeout | None
Proxy: TypeAlias = str | httpx.Proxy | None
Verify: TypeAlias = ssl.SSLContext | Literal[True]
Phase: TypeAlias = Literal["send", "read"]

W = TypeVar("W")

# CookieConflict and the closed client's RuntimeError have no common base with the rest.
WIRE_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
    RuntimeError,
    OSError,
    UnicodeError,
)
USER_AGENT = f"dialytics/{__version__}"
_CONNECT_SECONDS = 10.0


def new_timeout(timeout: Timeout, default: float) -> httpx.Timeout:
    """Return finite timeouts: so many seconds between bytes, less for connecting.

    Waiting for a free connection is our own queue, not the vendor's delay, and is not limited.

    Raises:
        ArgumentError: It is not a finite number of seconds above 0.
    """
    if isinstance(timeout, httpx.Timeout):
        return timeout
    seconds = default if timeout is None else timeout
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < inf:
        raise ArgumentError(f"timeout must be a finite number of seconds above 0; got {timeout!r}")
    return httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds), pool=None)


def new_wire(timeout: httpx.Timeout, proxy: Proxy, verify: Verify) -> Wire:
    """Return a pooled HTTP/1.1 client."""
    return _build(httpx.Client, timeout, proxy, verify)


def new_async_wire(timeout: httpx.Timeout, proxy: Proxy, verify: Verify) -> AsyncWire:
    """Return a pooled asynchronous HTTP/1.1 client."""
    return _build(httpx.AsyncClient, timeout, proxy, verify)


def check_verify(verify: object) -> None:
    """Refuse anything that would not verify the server's certificate.

    Raises:
        ConfigurationError: It is neither ``True`` nor an ``ssl.SSLContext``.
    """
    if verify is not True and not isinstance(verify, ssl.SSLContext):
        raise ConfigurationError(
            f"verify must be True or an ssl.SSLContext; got {type(verify).__name__}. For "
            "certificates of your own, pass ssl.create_default_context(cafile=...)"
        )


def _build(kind: Callable[..., W], timeout: httpx.Timeout, proxy: Proxy, verify: Verify) -> W:
    try:
        return kind(timeout=timeout, proxy=proxy, verify=verify)
    except (ValueError, TypeError, AttributeError, ImportError, OSError, httpx.InvalidURL) as error:
        reason = type(error).__name__
    # Outside of the handler: the error that it handles may hold a proxy's password.
    raise ConfigurationError(
        "the HTTP client cannot be set up: check proxy= and verify=, and the environment's "
        f"proxy variables ({reason})"
    )


def wire_error(  # noqa: PLR0911  # a table
    error: Exception, phase: Phase, host: str = "the server"
) -> DialyticsError:
    """Say in our own terms what went wrong, and whether the request may have been carried out.

    The texts of httpx's exceptions are left out: they may hold URLs.
    """
    kind = type(error).__name__
    reading = phase == "read"
    match error:
        case httpx.HTTPStatusError():
            status = error.response.status_code
            return status_class(status)(f"a hook of the HTTP client raised {kind}", status=status)
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return RequestTimeout(f"no connection to {host} within the timeout", sent=False)
        case httpx.TimeoutException() | TimeoutError():
            return RequestTimeout(f"no answer within the timeout ({kind})", sent=True)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():
            return ConfigurationError(
                "the URL cannot be used; check base_url and the ids in the path"
            )
        case httpx.ConnectError() | httpx.ProxyError():
            reason = _system_reason(error) or kind
            return ConnectionFailed(f"no connection to {host}: {reason}", sent=False)
        case httpx.DecodingError():
            return InvalidResponse("the body is not encoded in the way that it says")
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.StreamError() if reading:
            return IncompleteBody(f"the connection ended in the middle of the body ({kind})")
        case RuntimeError() if "client has been closed" in str(error):
            return ConfigurationError("the client has been closed; make a new one")
        case _:
            return ConnectionFailed(f"the connection failed ({kind})", sent=True)


def _system_reason(error: BaseException | None) -> str | None:
    """Return what the operating system or TLS said: no name server knows it, refused ..."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        error = error.__cause__ or error.__context__
    return None


_sending: ContextVar[bool] = ContextVar("dialytics_sending", default=False)


class _Silence(logging.Filter):
    """Drops the HTTP client's own records of our requests.

    Those of httpx show whole URLs, queries included; those of httpcore all response headers.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return not _sending.get()


# A logger's filter does not see what the loggers below it record, so each is named.
_LOGGERS = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
)
for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_Silence())


@contextmanager
def private_logging() -> Iterator[None]:
    """Keep the HTTP client's records of what happens inside out of the user's logs."""
    token = _sending.set(True)
    try:
        yield
    finally:
        _sending.reset(token)
