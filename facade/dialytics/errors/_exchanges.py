"""No complete exchange: what fails on the way, and bodies that are not what was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._base import DialyticsError

if TYPE_CHECKING:
    from .._checkpoints import Checkpoint


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
