"""Every error that dialytics raises: one tree, the same for each vendor.

::

    DialyticsError
    ├─ ConfigurationError
    ├─ ArgumentError (ValueError)
    │  └─ WindowError
    ├─ ConnectionFailed
    │  ├─ RequestTimeout (TimeoutError)
    │  └─ DeadlineExceeded (TimeoutError)
    ├─ StatusError
    │  ├─ BadRequest 400
    │  │  └─ UnknownProject 400
    │  ├─ Unauthorized 401
    │  ├─ PaymentRequired 402
    │  ├─ Forbidden 403
    │  ├─ NotFound 404
    │  ├─ MethodNotAllowed 405
    │  ├─ Conflict 409
    │  ├─ PayloadTooLarge 413
    │  ├─ Unprocessable 422
    │  ├─ RateLimited 429
    │  ├─ ClientError
    │  ├─ UnexpectedStatus
    │  └─ ServerError
    │     ├─ NotSupported 501
    │     ├─ BadGateway 502
    │     ├─ Unavailable 503
    │     └─ GatewayTimeout 504
    ├─ InvalidResponse
    │  └─ IncompleteBody
    ├─ PaginationLoop
    ├─ UnstableListing
    ├─ PositionLost
    ├─ WindowsFailed
    └─ CheckpointMismatch

In parentheses: the builtin that a class also is; the number: the status that :func:`status_class`
maps to it. Errors can be pickled and copied, and hold no secret and no connection. ``str(error)``
is one line, whatever the vendor wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from ._checkpoints import Checkpoint
    from ._windows import Window

__all__ = [
    "ArgumentError",
    "BadGateway",
    "BadRequest",
    "CheckpointMismatch",
    "ClientError",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "DeadlineExceeded",
    "DialyticsError",
    "FailedWindow",
    "Forbidden",
    "GatewayTimeout",
    "IncompleteBody",
    "InvalidResponse",
    "MethodNotAllowed",
    "NotFound",
    "NotSupported",
    "PaginationLoop",
    "PayloadTooLarge",
    "PaymentRequired",
    "PositionLost",
    "RateLimited",
    "RequestTimeout",
    "ServerError",
    "StatusError",
    "Unauthorized",
    "Unavailable",
    "UnexpectedStatus",
    "UnknownProject",
    "Unprocessable",
    "UnstableListing",
    "WindowError",
    "WindowsFailed",
    "status_class",
]

_SHOWN: Final = 300
_BODY: Final = 2_000


class DialyticsError(Exception):
    """Base of every error here; catch it to catch them all.

    Attributes:
        message: what happened, in our own words.
        vendor: the vendor's short name, or None where no vendor is involved.
        operation: the operation that failed, or None.
        checkpoint: in a listing, the place to resume after; None elsewhere.
        window: in a listing over a range, the window that failed; None elsewhere.
        key: in a listing with keys, such as cultures, the one that failed; None elsewhere.
        tries: how often the request was tried; None where none was.
    """

    def __init__(
        self,
        message: str,
        *,
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.vendor = vendor
        self.operation = operation
        self.checkpoint = checkpoint
        self.window: Window | None = None
        self.key: str | None = None
        self.tries: int | None = None

    def __str__(self) -> str:
        source = " ".join(filter(None, (self.vendor, self.operation)))
        line = ": ".join(filter(None, (_one_line(source), *self._statements())))
        places = (("window", self.window), ("key", self.key))
        told = [*self._facts(), *((name, value) for name, value in places if value is not None)]
        if self.tries is not None and self.tries > 1:
            told.append(("tries", self.tries))
        facts = ", ".join(f"{name} {_cut(str(value))}" for name, value in told)
        return f"{line} ({facts})" if facts else line

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args` alone; keyword-only arguments would be lost.
        return _restore, (type(self), self.args, self.__dict__)

    def _statements(self) -> list[str]:
        return [_one_line(self.message)]

    def _facts(self) -> list[tuple[str, object]]:
        return []


class ConfigurationError(DialyticsError):
    """A setting or credential is missing or contradicts another; raised before any request.

    Set the argument or environment variable that the message names.
    """


class ArgumentError(DialyticsError, ValueError):
    """An argument is of the wrong kind or out of range; raised at the call, before any request.

    Correct the argument that the message names.
    """


class WindowError(ArgumentError):
    """A date range that the vendor would surely refuse; raised before any request.

    The message names the nearest range that is acceptable; ``clip=True`` narrows instead.
    """


class ConnectionFailed(DialyticsError):
    """No complete exchange with the vendor took place: DNS, connect, TLS, send, receive.

    Retried where the operation allows it, so what reaches you has failed several times. Check the
    network, the proxy and the vendor's status.

    Attributes:
        sent: whether the request may have reached the vendor. False: surely not, so it can be sent
            again; True: it may have been carried out; None: unknown, to be treated as True.
    """

    def __init__(
        self,
        message: str,
        *,
        sent: bool | None = None,
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, operation=operation, checkpoint=checkpoint)
        self.sent = sent


class RequestTimeout(ConnectionFailed, TimeoutError):
    """One attempt took longer than its timeout; retried like other connection failures.

    Raise ``timeout=``, or ask for less at once (a shorter window, a smaller page).
    """


class DeadlineExceeded(ConnectionFailed, TimeoutError):
    """The time given to a whole call or iteration (``deadline=``) is over, or a wait would pass it.

    Never retried. ``__cause__`` is the failure of the last try, if there was one. In a listing or a
    bulk call, resume from ``checkpoint``.
    """


class StatusError(DialyticsError):
    """The vendor, or something on the way to it, answered with a status that is no success.

    Which fields are filled depends on the vendor (Cognigy and Inkeep: RFC 7807 and their
    additions; DigitalCX: plain text; Chatlayer: the gRPC gateway's shape, if any); an absent one
    is None.

    Attributes:
        status: the HTTP status.
        title: the vendor's short name for the problem, or the title of a proxy's HTML page.
        detail: the vendor's explanation of this occurrence; at most 300 characters of it are in
            ``str(error)``.
        code: the vendor's error code, numbers as text (Cognigy's ``"1000"``).
        request_id: the vendor's request or trace id; support teams ask for it.
        retry_after: seconds the vendor asked to wait, counted from the response.
        body: the body without what may be somebody's data, at most 2,000 characters; not in
            ``str(error)`` or ``repr``.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        title: str | None = None,
        detail: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: str | None = None,
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, operation=operation, checkpoint=checkpoint)
        self.status = status
        self.title = title
        self.detail = detail
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = None if body is None else body[:_BODY]

    def _statements(self) -> list[str]:
        told = (_one_line(self.message), _cut(self.title or ""), _cut(self.detail or ""))
        # Vendors repeat themselves: Inkeep's title and detail are often the status's own phrase.
        first, *rest = [*filter(None, dict.fromkeys(told))] or [""]
        return [f"{self.status} {first}".rstrip(), *rest]

    def _facts(self) -> list[tuple[str, object]]:
        facts = (("code", self.code), ("request", self.request_id))
        return [(name, value) for name, value in facts if value]


class BadRequest(StatusError):
    """400: the vendor does not accept the request. Correct what ``detail`` names."""


class UnknownProject(BadRequest):
    """400 from DigitalCX: the customer or project key does not exist, *or* you have no access.

    The vendor gives one answer for both. Check the two keys, then the rights of the credentials.
    """


class Unauthorized(StatusError):
    """401: the credentials are missing, wrong or expired, also after one refresh. Renew them."""


class PaymentRequired(StatusError):
    """402: the plan's quota is used up (Cognigy). Ask the owner of the account."""


class Forbidden(StatusError):
    """403: the credentials are not allowed to do this.

    DigitalCX also answers 403 to a bad token. Check the credentials, then their rights.
    """


class NotFound(StatusError):
    """404: no such resource, or one that these credentials may not see. Check the ids."""


class MethodNotAllowed(StatusError):
    """405: this server does not offer the operation. Check the base URL and its version."""


class Conflict(StatusError):
    """409: the request contradicts the present state. Read that state, then decide."""


class PayloadTooLarge(StatusError):
    """413: the body is over the limit; also raised before sending where the limit is declared.

    Send it in smaller parts. In a listing the response is: its windows are halved before this is
    raised, so ask for less.
    """


class Unprocessable(StatusError):
    """422: the request is well formed but its values are refused. Correct what ``detail`` names."""


class RateLimited(StatusError):
    """429: too many requests, still so after the retries, or ``retry_after`` is above the cap.

    Wait ``retry_after`` seconds (if it is given), or lower the concurrency or the rate limit.
    """


class ClientError(StatusError):
    """Another 4xx, without a class of its own here. Read ``status`` and ``detail``."""


class UnexpectedStatus(StatusError):
    """A status that no document promises: 1xx, 3xx, an undocumented 2xx, or out of range.

    Check the base URL and the proxy first: redirects are not followed.
    """


class ServerError(StatusError):
    """500 or another 5xx: the vendor failed, not you; most of them are retried first.

    Try later; give ``request_id`` to the vendor's support if it lasts.
    """


class NotSupported(ServerError):
    """501: the server knows no such operation; not retried. Check the base URL's version."""


class BadGateway(ServerError):
    """502: a proxy got no usable answer from the vendor, also after the retries. Try later."""


class Unavailable(ServerError):
    """503: overloaded or in maintenance, also after the retries. Wait ``retry_after`` seconds."""


class GatewayTimeout(ServerError):
    """504: a proxy gave up waiting for the vendor. Ask for less at once (a shorter window)."""


class InvalidResponse(DialyticsError):
    """A body, or one row of it, that is not what the vendor's document promises.

    Retried first where the whole body is something else. In a listing, the rows before it have been
    handed out, and ``checkpoint`` stands before it.

    Attributes:
        position: the row's position in its page, counted from 0; None if no one row is at fault.
        column: the name of the column or field at fault; None if unknown.
        garbled: whether the whole body is something else, such as a proxy's page, or cannot be
            parsed.
    """

    def __init__(
        self,
        message: str,
        *,
        position: int | None = None,
        column: str | None = None,
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, operation=operation, checkpoint=checkpoint)
        self.position = position
        self.column = column
        self.garbled = False

    def _facts(self) -> list[tuple[str, object]]:
        facts = (("row", self.position), ("column", self.column))
        told = [(name, value) for name, value in facts if value is not None]
        return [(name, value) for name, value in told if f"{name} {value}" not in self.message]


class IncompleteBody(InvalidResponse):
    """The body ended before its end: cut in transit, or its compression never finished.

    Retried first, unless it shows only while rows are handed out: then resume. If it lasts, ask for
    less at once (a shorter window).

    Attributes:
        closed: True where nothing but the connection's close marked the end, so that the body may
            have been whole; if the server always does so, see ``trust_connection_close``. None
            elsewhere.
    """

    def __init__(
        self,
        message: str,
        *,
        closed: bool | None = None,
        position: int | None = None,
        column: str | None = None,
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(
            message,
            position=position,
            column=column,
            vendor=vendor,
            operation=operation,
            checkpoint=checkpoint,
        )
        self.closed = closed


class PaginationLoop(DialyticsError):
    """The vendor sent a continuation token or a page a second time; going on would never end.

    Report it to the vendor; ``checkpoint`` stands after the last good row.
    """


class UnstableListing(DialyticsError):
    """A list that is paged by limit and offset was changed in each of several rounds of reading it.

    Or the vendor gives one row a page, so that nobody can see whether it has changed. The rows that
    came are right, others may be missing. Read it anew when less is written, or read an export,
    which is one response. ``checkpoint`` stands after the last row, but a list that has moved since
    then cannot be resumed: that is a ``PositionLost``.
    """


class PositionLost(DialyticsError):
    """A window or list was read again, and the row that was last handed out is not in it any more.

    Where to go on is not known then. Read the window that ``window`` names anew, in a call of its
    own (a listing without windows: all of it), and put its rows in the place of those you have.
    """


class FailedWindow(NamedTuple):
    """A window of a listing that failed for good.

    Attributes:
        key: its key, such as the culture; None where the listing has none.
        window: its range; None where the listing has none.
        error: why it failed.
    """

    key: str | None
    window: Window | None
    error: DialyticsError


class WindowsFailed(DialyticsError):
    """Some windows failed for good; all others are done (``on_window_error="continue"``).

    Resume from ``checkpoint`` to read those that failed, and only those.

    Attributes:
        failures: each window that failed, with its error.
    """

    def __init__(
        self,
        message: str,
        *,
        failures: tuple[FailedWindow, ...] = (),
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(message, vendor=vendor, operation=operation, checkpoint=checkpoint)
        self.failures = failures


class CheckpointMismatch(DialyticsError):
    """``resume=`` got a checkpoint of another operation, other arguments or another version.

    Resume with the arguments that the checkpoint was made with, or start anew.
    """


_BY_STATUS: Final[dict[int, type[StatusError]]] = {
    400: BadRequest,
    401: Unauthorized,
    402: PaymentRequired,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    413: PayloadTooLarge,
    422: Unprocessable,
    429: RateLimited,
    501: NotSupported,
    502: BadGateway,
    503: Unavailable,
    504: GatewayTimeout,
}


def status_class(status: int) -> type[StatusError]:
    """Return the class for an HTTP status; defined for every integer.

    Other 4xx are :class:`ClientError`, other 5xx :class:`ServerError`, all else
    :class:`UnexpectedStatus`.
    """
    if named := _BY_STATUS.get(status):
        return named
    if 400 <= status <= 499:
        return ClientError
    return ServerError if 500 <= status <= 599 else UnexpectedStatus


def _one_line(text: str) -> str:
    """Keep a vendor's line breaks and terminal escapes out of logs."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cut(text: str) -> str:
    line = _one_line(text[: 4 * _SHOWN])
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _restore(
    cls: type[DialyticsError], args: tuple[Any, ...], state: dict[str, Any]
) -> DialyticsError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error
