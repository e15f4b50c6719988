"""The one error of this room."""

from __future__ import annotations

__all__ = ["ContractError"]


class ContractError(ValueError):
    """Something that cannot be compared: what it was, why, and what to do instead.

    The command ends with exit code 2 on it.
    """
