"""The only room that knows httpx: clients, and what its exceptions mean."""

from __future__ import annotations

import base64
import re
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import inf
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar
from urllib.request import getproxies

import httpx

from ._headers import encode_headers
from ._sending import LONGEST_SECONDS, Remainder
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
OwnRequest: TypeAlias = httpx.Request
Response: TypeAlias = httpx.Response
Finite: TypeAlias = httpx.Timeout
Limits: TypeAlias = httpx.Limits
Timeout: TypeAlias = float | httpx.Timeout | None
Proxy: TypeAlias = str | httpx.Proxy | None
Verify: TypeAlias = ssl.SSLContext | Literal[True]
# It is not known where nothing was told of it.
Phase: TypeAlias = Literal["connect", "send", "read"] | None

if TYPE_CHECKING:
    from anyio import CancelScope

    from ._messages import Request

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


def wire_errors() -> tuple[type[Exception], ...]:
    """Return all that may be raised while a request is sent, also what httpx passes on."""
    # Whoever sends has loaded it.
    from h11 import ProtocolError  # noqa: PLC0415

    if "socksio" not in sys.modules:
        return (*WIRE_ERRORS, ProtocolError)
    # Where there is a SOCKS proxy, its client is there too; what is too long for it overflows.
    # Another thread may be importing it at this moment.
    with suppress(ImportError):
        from socksio import SOCKSError  # noqa: PLC0415

        return (*WIRE_ERRORS, ProtocolError, SOCKSError, OverflowError)
    return (*WIRE_ERRORS, ProtocolError)


USER_AGENT = f"dialytics/{__version__}"
# They say which answer is asked for, and how a request is framed: no user's client has a say in it.
_OURS = frozenset(
    b"content-length content-encoding content-range transfer-encoding te trailer upgrade "
    b"expect range if-range if-match if-none-match if-modified-since if-unmodified-since".split()
)
_parse = lru_cache(maxsize=32)(httpx.URL)
_SENDING = frozenset({"POST", "PUT", "PATCH"})
_CONNECT_SECONDS = 10.0
# What a proxy says after it may be anything.
_STATUS = re.compile(r"[1-5]\d\d\b", re.ASCII)


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
    seconds = min(seconds, LONGEST_SECONDS)
    return httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds), pool=None)


def limit_timeouts(timeout: Timeout, left: Callable[[], float]) -> Mapping[str, float | None]:
    """Return a request's timeouts, within what is left of its call's time."""
    own = httpx.Timeout(timeout).as_dict()
    # The HTTP client looks each timeout up when it begins to connect, write or read.
    return own if left() == inf else Remainder(own, left)


def pass_by() -> NoReturn:
    """Let the pool send a request, of which nothing is sent yet, on another connection."""
    from httpcore import ConnectionNotAvailable  # noqa: PLC0415  # httpx has loaded it by then

    raise ConnectionNotAvailable


def new_scope(*, shield: bool = False) -> CancelScope:
    """Return a block of asynchronous code that can be ended, but for what cleans up.

    ``shield``: as one that nobody ends from outside.
    """
    # Only asynchronous clients need it, and load it anyway.
    from anyio import CancelScope  # noqa: PLC0415

    return CancelScope(shield=shield)


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
    extensions: dict[str, Any],
    home: str,
) -> OwnRequest:
    """Return a request as we say it; a user's client may only add headers to it.

    The client's own way to build it would parse and merge everything several times.
    """
    # What follows a path may be somebody's words.
    place = httpx.URL(url) if "?" in url else _parse(url)
    content = request.content or b""
    own = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", **headers}
    if content or request.method in _SENDING:
        own["Content-Length"] = str(len(content))
    built = httpx.Request(
        request.method,
        place,
        headers=_merge(wire, encode_headers(own), place.netloc, home),
        cookies=wire.cookies,
        stream=httpx.ByteStream(content),
        extensions=extensions,
    )
    # A user's hook may want to see it.
    built.read()
    return built


def _merge(
    wire: Wire | AsyncWire, ours: list[tuple[bytes, bytes]], host: bytes, home: str
) -> list[tuple[bytes, bytes]]:
    """Add to our headers what a user's client has to add.

    Its ``Host`` goes before the URL's where that is the host of ``home``, and one that comes with
    the credentials before both: gateways and tunnels go by it.
    """
    said = _OURS.union([name.lower() for name, _ in ours])
    if b"host" not in said and ("host" not in wire.headers or host != _parse(home).netloc):
        ours.append((b"Host", host))
        said |= {b"host"}
    return [one for one in wire.headers.raw if one[0].lower() not in said] + ours


def read_headers(response: Response) -> dict[str, str]:
    """Return a response's headers, their names in lower case."""
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def ends_by_close(response: Response, headers: Mapping[str, str]) -> bool:
    """Tell whether nothing but the connection's close marked the end of the body.

    Only HTTP/1 has such bodies. A transport of the user's own that does not say what it speaks is
    believed.
    """
    if response.extensions.get("http_version") not in {b"HTTP/1.1", b"HTTP/1.0"}:
        return False
    if response.status_code in {204, 304} or "content-length" in headers:
        return False
    return "chunked" not in headers.get("transfer-encoding", "")


def proxy_secrets(proxy: Proxy) -> Iterator[str]:
    """Yield what must never be shown of proxies' addresses."""
    told = getproxies() if proxy is None else {"all": proxy}
    for one in (told[name] for name in ("http", "https", "all") if name in told):
        auth = None
        # What is no proxy's address is not used either.
        with suppress(ValueError, httpx.InvalidURL):
            auth = (_read_proxy(one) if isinstance(one, str) else one).auth
        if auth is not None:
            yield auth[1]
            yield base64.b64encode(":".join(auth).encode()).decode()


def _read_proxy(address: str) -> httpx.Proxy:
    # In the environment it needs no scheme.
    return httpx.Proxy(address if "://" in address else f"http://{address}")


def build(
    kind: Callable[..., W], timeout: Finite, proxy: Proxy, verify: Verify, limits: Limits
) -> W:
    """Make an HTTP client of one kind.

    Raises:
        ConfigurationError: It cannot be set up.
    """
    try:
        # No cookies are kept: what a server sets is no business of the next request.
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=()))
        return kind(timeout=timeout, proxy=proxy, verify=verify, cookies=jar, limits=limits)
    except (ValueError, TypeError, AttributeError, ImportError, OSError, httpx.InvalidURL) as error:
        problem = _say_what_to_check(error)
    # Outside of the handler: the error that it handles may hold a proxy's password.
    raise ConfigurationError(f"the HTTP client cannot be set up: {problem}")


def _say_what_to_check(error: Exception) -> str:
    match error:
        case ImportError():
            return "a SOCKS proxy needs the package socksio; install httpx with its extra 'socks'"
        case OSError():
            reason = _system_reason(error) or type(error).__name__
            return f"the certificates of SSL_CERT_FILE or SSL_CERT_DIR cannot be read ({reason})"
        case _:
            return (
                "check proxy= and the environment's proxy variables, which must be URLs such as "
                f"http://host:8080 ({type(error).__name__})"
            )


def find_response(error: Exception, own: OwnRequest | None) -> Response | None:
    """Return the response of our own request, where a hook has raised for its status."""
    if isinstance(error, httpx.HTTPStatusError):
        # It may have been raised without its request, or made by what is no client.
        with suppress(RuntimeError, AttributeError):
            return error.response if error.request is own else None
    return None


def wire_error(  # noqa: PLR0911  # a table
    error: Exception, phase: Phase, host: str = "the server"
) -> DialyticsError:
    """Say in our own terms what went wrong, and whether the request may have been carried out.

    The texts of httpx's exceptions are left out: they may hold URLs.
    """
    kind = type(error).__name__
    reading, sent = phase == "read", phase != "connect"
    # A hook, or another way that a user's transport tries, may have no connection after ours.
    waits = phase in {None, "connect"}
    match error:
        case httpx.HTTPStatusError(response=httpx.Response(status_code=int(status))):
            return status_class(status)(f"a hook of the HTTP client raised {kind}", status=status)
        case httpx.ConnectTimeout() | httpx.PoolTimeout() if waits:
            return RequestTimeout(f"no connection to {host} within the timeout", sent=False)
        case httpx.TimeoutException() | TimeoutError():
            told = f"no answer within the timeout ({kind})"
            return RequestTimeout(
                told if sent else f"no connection to {host} within the timeout", sent=sent
            )
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():
            return ConfigurationError(
                "the URL cannot be used; check base_url and the ids in the path"
            )
        case httpx.ProxyError() if waits and (answer := _STATUS.match(str(error))):
            return ConnectionFailed(
                f"no connection to {host}: the proxy answered {answer[0]}", sent=False
            )
        case httpx.ConnectError() | httpx.ProxyError() if waits:
            reason = _system_reason(error) or kind
            return ConnectionFailed(f"no connection to {host}: {reason}", sent=False)
        case httpx.DecodingError():
            return InvalidResponse("the body is not encoded in the way that it says")
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.StreamError() if reading:
            return IncompleteBody(f"the connection ended in the middle of the body ({kind})")
        case RuntimeError() if "client has been closed" in str(error):
            return ConfigurationError(
                "the client, or its http_client=, has been closed; make a new one"
            )
        case _:
            return ConnectionFailed(f"the connection failed ({kind})", sent=sent)


def _system_reason(error: BaseException | None) -> str | None:
    """Return what the operating system or TLS said: no name server knows it, refused ..."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        error = error.__cause__ or error.__context__
    return None
