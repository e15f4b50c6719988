"""Rows that cannot be read, for those who would rather collect them than stop."""

from __future__ import annotations

from attrs import Factory, field, frozen

from ._windows import Window
from .errors import InvalidResponse


def _find_position(row: BadRow) -> int | None:
    return row.error.position


@frozen(eq=False)
class BadRow:
    """A row that is not what the vendor's document promises, as ``on_bad_row`` gets it.

    Attributes:
        error: What is wrong with it; its text holds nothing of the row.
        position: The row's position in its page, from 0; by limit and offset among those that are
            new.
        page: The number of its page within the window, from 0.
        window: The date window that the page belongs to; ``None`` where a listing has none.
        key: The listing's key that was asked for, such as the culture; ``None`` where it has none.
        row: The row as it was decoded: a CSV row's cells, or a JSON value. It holds what people
            have said, so it is not in the ``repr``.
    """

    error: InvalidResponse
    position: int | None = field(init=False, default=Factory(_find_position, takes_self=True))
    page: int
    window: Window | None
    key: str | None
    row: object = field(repr=False)
