"""Readers of responses that are no listing's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from ._messages import Reply

R = TypeVar("R")


def read_row(row_class: type[R]) -> Callable[[Reply], R]:
    """Return a reader of responses that are one object with some of the row class's fields."""
    from ._decode.json_rows import decode_object  # noqa: PLC0415  # the first client needs none
    from ._decode.values import record_reader  # noqa: PLC0415

    read = record_reader(row_class)  # type: ignore[type-var]  # rows are generated
    known = {column.name for column in row_class.COLUMNS} | row_class.DROPPED  # type: ignore[attr-defined]  # as above
    return lambda reply: read(decode_object(reply.body.read(), known))


def read_nothing(_: Reply) -> None:
    """Read a response whose status says it all."""
