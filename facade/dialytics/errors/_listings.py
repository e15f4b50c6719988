"""What goes wrong in listings, beyond their single requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._base import DialyticsError

if TYPE_CHECKING:
    from .._checkpoints import Checkpoint
    from .._windows import Window


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
