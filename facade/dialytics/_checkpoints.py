"""Where a listing stands: small, versioned JSON without secrets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import astuple, frozen

from ._windows import Window
from .errors import CheckpointMismatch

VERSION = 1


@frozen
class Partition:
    """One unit of work of a listing: a key (such as a culture) and a window, each optional."""

    index: int
    key: str | None = None
    window: Window | None = None


@frozen
class Position:
    """How far a partition has been handed out.

    Attributes:
        partition: The partition's index in the plan.
        cursor: The cursor of the page that was being handed out: a hint, it may have expired.
        page: That page's number within the partition.
        skip: How many of that page's rows have been handed out.
        rows: How many of the partition's rows have been handed out.
        last_id: The key of the last one, where rows have one.
        window: The window that the cursor belongs to, where it is a part of the partition's.
    """

    partition: int
    cursor: str | None = None
    page: int = 0
    skip: int = 0
    rows: int = 0
    last_id: str | int | None = None
    window: Window | None = None


@frozen
class Checkpoint:
    """Where a listing stands after the row that was last handed out.

    Save it with the rows (``to_json()``) and pass it as ``resume=`` to the same call later: what
    was handed out is not handed out again. It holds the plan of windows, the position in it and a
    digest of the arguments, and neither credentials nor anything that was said.

    Attributes:
        operation: Vendor and method, such as ``digitalcx.interactions``.
        arguments: A digest of the call's arguments.
        partitions: The plan that was made when the listing began.
        done: How many partitions, from the first on, are finished.
        finished: The indexes of those finished besides: windows may be read as they come.
        positions: Where those stand that were begun, by ascending index.
        version: The format's version.
    """

    operation: str
    arguments: str
    partitions: tuple[Partition, ...]
    done: int = 0
    finished: tuple[int, ...] = ()
    positions: tuple[Position, ...] = ()
    version: int = VERSION

    @property
    def rest(self) -> list[Partition]:
        """The partitions that are not finished."""
        finished = set(self.finished)
        return [one for one in self.partitions[self.done :] if one.index not in finished]

    @property
    def count_done(self) -> int:
        """How many partitions are finished."""
        return self.done + len(self.finished)

    def to_json(self) -> str:
        """Return the checkpoint as JSON text."""
        return json.dumps(
            {
                "version": self.version,
                "operation": self.operation,
                "arguments": self.arguments,
                "partitions": [_dump_partition(partition) for partition in self.partitions],
                "done": self.done,
                "finished": self.finished,
                "positions": [_dump_position(position) for position in self.positions],
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Checkpoint:
        """Read what ``to_json`` wrote.

        Raises:
            CheckpointMismatch: It is no checkpoint, or one of another version of the format.
        """
        try:
            fields = json.loads(text)
            version = _whole(fields["version"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise CheckpointMismatch("this is no checkpoint; pass what to_json() wrote") from None
        if version != VERSION:
            raise CheckpointMismatch(
                f"this checkpoint has format version {version}; this release reads {VERSION}; "
                "finish with the release that wrote it, or start anew"
            )
        try:
            return cls._load(fields)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CheckpointMismatch("this checkpoint is damaged; start anew") from None

    @classmethod
    def _load(cls, fields: dict[str, Any]) -> Checkpoint:
        partitions = tuple(
            _load_partition(index, values) for index, values in enumerate(fields["partitions"])
        )
        done = _whole(fields["done"])
        finished = tuple(_whole(index) for index in _items(fields["finished"]))
        positions = tuple(_load_position(values) for values in _items(fields["positions"]))
        if done > len(partitions):
            raise ValueError
        # Each partition is finished, or stands somewhere, or has not been begun.
        _require_order([*finished], done, len(partitions))
        _require_order([position.partition for position in positions], done, len(partitions))
        if {position.partition for position in positions} & set(finished):
            raise ValueError
        return cls(
            operation=_text(fields["operation"]),
            arguments=_text(fields["arguments"]),
            partitions=partitions,
            done=done,
            finished=finished,
            positions=positions,
        )

    def require(self, operation: str, arguments: str) -> None:
        """Refuse to resume anything but the call that this checkpoint came from."""
        if self.operation != operation:
            raise CheckpointMismatch(
                f"this checkpoint is of {self.operation}, not of {operation}",
                operation=operation,
            )
        if self.arguments != arguments:
            raise CheckpointMismatch(
                f"this checkpoint is of a call of {operation} with other arguments; resume with "
                "the same ones (concurrency, page_size and max_items may differ)",
                operation=operation,
            )


def _dump_partition(partition: Partition) -> Sequence[object]:
    return [partition.key, *_dump_window(partition.window)]


def _load_partition(index: int, values: Sequence[Any]) -> Partition:
    if isinstance(values, str):
        raise TypeError
    key, *bounds = values
    return Partition(index, None if key is None else _text(key), _load_window(bounds))


def _dump_position(position: Position) -> Sequence[object]:
    *values, window = astuple(position, recurse=False)
    return [*values, *_dump_window(window)]


def _load_position(values: Sequence[Any]) -> Position:
    partition, cursor, page, skip, rows, last_id, *bounds = values
    return Position(
        _whole(partition),
        None if cursor is None else _text(cursor),
        _whole(page),
        _whole(skip),
        _whole(rows),
        last_id if last_id is None or isinstance(last_id, int) else _text(last_id),
        _load_window(bounds),
    )


def _dump_window(window: Window | None) -> Sequence[object]:
    if window is None:
        return []
    bounds = [window.start.isoformat(), window.end.isoformat()]
    return [*bounds, 1] if window.provisional else bounds


def _load_window(values: Sequence[Any]) -> Window | None:
    if not values:
        return None
    start, end, *provisional = values
    parse = datetime.fromisoformat
    return Window(parse(start), parse(end), provisional=bool(provisional))


def _require_order(indexes: list[int], low: int, high: int) -> None:
    if indexes != sorted(set(indexes)) or not all(low <= index < high for index in indexes):
        raise ValueError


def _items(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _whole(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
