"""Answers whose status is no success: a class for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._base import DialyticsError, cut, one_line

if TYPE_CHECKING:
    from .._checkpoints import Checkpoint

_BODY: Final = 2_000


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
        told = (one_line(self.message), cut(self.title or ""), cut(self.detail or ""))
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
