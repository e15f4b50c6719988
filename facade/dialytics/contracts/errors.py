"""The errors of this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._report import Report

__all__ = ["ContractError", "StaleSuppressionError"]


class ContractError(ValueError):
    """Something that cannot be compared: what it was, why, and what to do instead.

    The command ends with exit code 2 on it.
    """


class StaleSuppressionError(ContractError):
    """A suppression that is expired, or that matches no change any more.

    Attributes:
        report: The report without what the other suppressions accept.
    """

    def __init__(self, message: str, report: Report) -> None:
        """Take what to say, and the report that is there all the same."""
        super().__init__(message, report)
        self.report = report

    def __str__(self) -> str:
        """Return the message."""
        return str(self.args[0])
