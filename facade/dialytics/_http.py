"""The only room that knows httpx: clients, and what its exceptions mean."""

from __future__ import annotations

import base64
import os
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeAlias, TypeVar
from urllib.request import getproxies
from weakref import WeakSet

import httpx

from ._messages import Request
from ._sending import SHORTEST_SECONDS, AsyncWatch, Sending, silence
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

if TYPE_CHECKING:
    from anyio import CancelScope

W = TypeVar("W", Wire, AsyncWire)

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
# The system takes no more; it is three weeks.
_LONGEST_SECONDS = 2_000_000.0


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
    seconds = min(seconds, _LONGEST_SECONDS)
    return httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds), pool=None)


class _Remainder(Mapping[str, float | None]):
    """Timeouts, each cut to what is left of a call's time when its phase begins."""

    def __init__(self, timeout: httpx.Timeout, left: Callable[[], float]) -> None:
        self._own = timeout.as_dict()
        self._left = left

    def __getitem__(self, phase: str) -> float | None:
        own, left = self._own[phase], max(self._left(), SHORTEST_SECONDS)
        return own if left == inf else min(_LONGEST_SECONDS if own is None else own, left)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


def _limit_timeouts(timeout: Timeout, left: Callable[[], float]) -> dict[str, Any]:
    # The HTTP client looks each timeout up when it begins to connect, write or read.
    return {"timeout": _Remainder(httpx.Timeout(timeout), left)}


def pass_by() -> NoReturn:
    """Let the pool send a request, of which nothing is sent yet, on another connection."""
    from httpcore import ConnectionNotAvailable  # noqa: PLC0415  # httpx has loaded it by then

    raise ConnectionNotAvailable


def new_scope() -> CancelScope:
    """Return a block of asynchronous code that can be ended, but for what cleans up."""
    # Only asynchronous clients need it, and load it anyway.
    from anyio import CancelScope  # noqa: PLC0415

    return CancelScope()


def end_after(seconds: float | None) -> AbstractContextManager[CancelScope]:
    """Return such a block that ends with ``TimeoutError`` when it is time."""
    from anyio import fail_after  # noqa: PLC0415

    return fail_after(seconds)


def own_request(
    wire: Wire | AsyncWire,
    request: Request,
    url: str,
    *,
    headers: Mapping[str, str],
    timeout: Timeout,
    extensions: dict[str, Any],
) -> httpx.Request:
    """Return a request as we say it; a user's client may only add headers to it."""
    built = wire.build_request(
        request.method,
        url,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers},
        content=request.content,
        timeout=timeout,
        extensions=extensions,
    )
    if wire.params:
        # The client's own have taken the place of ours.
        built.url = httpx.URL(url)
    return built


def ends_by_close(response: Response) -> bool:
    """Tell whether nothing but the connection's close marked the end of the body.

    Only HTTP/1 has such bodies. A transport of the user's own that does not say what it speaks is
    believed.
    """
    if response.extensions.get("http_version") not in {b"HTTP/1.1", b"HTTP/1.0"}:
        return False
    if response.status_code in {204, 304} or "content-length" in response.headers:
        return False
    return "chunked" not in response.headers.get("transfer-encoding", "")


class _Connections(Generic[W]):
    """A pooled HTTP/1.1 client, made when it is first needed, or the user's own.

    Certificates take longer to load than all of the library.

    Args:
        given: The user's own; it is not closed.
    """

    _kind: type[W]

    def __init__(
        self, timeout: httpx.Timeout, proxy: Proxy, verify: Verify, given: W | None = None
    ) -> None:
        self._settings = (timeout, proxy, verify)
        self._given: W | None = given
        self._lock = threading.Lock()
        self._made: W | None = None
        self._closed = False
        self._under_way: WeakSet[Sending] = WeakSet()
        self._watch = AsyncWatch()
        self.secrets: tuple[str, ...] = ()
        """What must never be shown of proxies' addresses."""
        silence()
        if given is None and (proxy is not None or _environment_tells()):
            # What may be wrong is told at once.
            self.open()
            self.secrets = tuple(_proxy_secrets(proxy))

    def open(self) -> W:
        """Return the client.

        Raises:
            ConfigurationError: It cannot be set up, or has been closed.
        """
        if self._given is not None:
            return self._given
        with self._lock:
            if self._closed:
                raise ConfigurationError("the client has been closed; make a new one")
            if self._made is None:
                self._made = _build(self._kind, *self._settings)
            return self._made

    def _shut(self) -> W | None:
        with self._lock:
            self._closed = True
            return self._made


class Connections(_Connections[Wire]):
    """Those of a synchronous client."""

    _kind = httpx.Client

    def extensions(self, timeout: Timeout, sending: Sending) -> dict[str, Any]:
        """Return what makes a request end with its call's time, or when it is given up.

        That holds for each use of a connection that was made for one of our requests.
        """
        if self._given is None:
            with self._lock:
                self._under_way.add(sending)
            if self._closed:
                sending.give_up()
        return {**_limit_timeouts(timeout, sending.left), "trace": sending.watch}

    def close(self) -> None:
        """Close them; there are none afterwards."""
        if (wire := self._shut()) is not None:
            with self._lock:
                under_way = list(self._under_way)
            for sending in under_way:
                # The pool does not know of a connection that is still being made.
                sending.give_up()
            wire.close()


class AsyncConnections(_Connections[AsyncWire]):
    """Those of an asynchronous client."""

    _kind = httpx.AsyncClient

    def extensions(self, timeout: Timeout, sending: Sending) -> dict[str, Any]:
        """Return what makes a request end with its call's time."""
        return {**_limit_timeouts(timeout, sending.left), "trace": self._watch}

    async def aclose(self) -> None:
        """Close them; there are none afterwards."""
        if (wire := self._shut()) is not None:
            self._watch.closed = True
            await wire.aclose()


def _environment_tells() -> bool:
    """Tell whether the environment has a say in how connections are made."""
    files = [os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    missing = any(path and not os.path.exists(path) for path in files)  # noqa: PTH110  # as httpx
    return missing or any(name.lower().endswith("_proxy") for name in os.environ)


def _proxy_secrets(proxy: Proxy) -> Iterator[str]:
    told = getproxies() if proxy is None else {"all": proxy}
    for one in (told[name] for name in ("http", "https", "all") if name in told):
        auth = (httpx.Proxy(one) if isinstance(one, str) else one).auth
        if auth is not None:
            yield auth[1]
            yield base64.b64encode(":".join(auth).encode()).decode()


def check_verify(verify: object) -> None:
    """Refuse anything that would not verify the server's certificate.

    Raises:
        ConfigurationError: It is neither ``True`` nor an ``ssl.SSLContext``, or one with
            ``CERT_NONE``.
    """
    if verify is not True and not isinstance(verify, ssl.SSLContext):
        raise ConfigurationError(
            f"verify must be True or an ssl.SSLContext; got {type(verify).__name__}. For "
            "certificates of your own, pass ssl.create_default_context(cafile=...)"
        )
    if verify is not True and verify.verify_mode == ssl.CERT_NONE:
        raise ConfigurationError(
            "verify= is an ssl.SSLContext with CERT_NONE, so that anybody could read the "
            "credentials; for certificates of your own, pass ssl.create_default_context(cafile=...)"
        )


def _build(kind: Callable[..., W], timeout: httpx.Timeout, proxy: Proxy, verify: Verify) -> W:
    try:
        # No cookies are kept: what a server sets is no business of the next request.
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return kind(timeout=timeout, proxy=proxy, verify=verify, cookies=jar)
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
