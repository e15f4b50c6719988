"""Rows that were read together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

R = TypeVar("R")


class Rows(list[R]):
    """Rows that were read together, column by column.

    Attributes:
        columns: All their values of some attributes, which need not be taken out of them again.
    """

    __slots__ = ("columns",)

    def __init__(self, rows: Iterable[R], columns: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(rows)
        self.columns = columns
