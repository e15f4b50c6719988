"""How far windows have been handed out, and their edges: values in checkpoints."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import astuple, frozen

from ._offsets import digest_key
from ._plans import dump_window, load_window, require_list, require_text, require_whole
from ._windows import Window

# So many rows of the pages before are in a position at most, and in all those of a checkpoint.
RECENT = 16
_RECENT_IN_ALL = 1024
# Eight bytes in base64, without padding.
_DIGEST = 11


def share_recent(positions: int) -> int:
    """Return how many rows of the pages before are in each of so many positions."""
    return min(RECENT, _RECENT_IN_ALL // max(1, positions))


def digest_row(key: object) -> str:
    """Return what stands for a row's key in checkpoints."""
    return urlsafe_b64encode(digest_key(key)[:8])[:_DIGEST].decode()


@frozen
class Position:
    """How far a partition has been handed out.

    Attributes:
        partition: The partition's index in the plan.
        cursor: The cursor of the page that was being handed out: a hint, it may have expired.
        page: That page's number within its window.
        skip: How many rows of that page are behind us, the last one handed out included; those
            that could not be read count too.
        rows: How many of the window's rows have been handed out.
        last_id: The key of the last one, where rows have one.
        window: The window that all this is of, where it is a part of the partition's.
        recent: Digests of the keys of the last rows of the pages before: fewer where many
            partitions are open.
    """

    partition: int
    cursor: str | None = None
    page: int = 0
    skip: int = 0
    rows: int = 0
    last_id: str | int | None = None
    window: Window | None = None
    recent: tuple[str, ...] = ()


@frozen
class Edge:
    """Rows near the instant where two windows meet: a vendor may give them to both.

    Attributes:
        key: The windows' key.
        at: The instant.
        before: Digests of the ids of those that were handed out of the window that ends there.
        after: The same for the window that begins there.
    """

    key: str | None
    at: datetime
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def dump_position(position: Position) -> Sequence[object]:
    """Return a position as JSON values."""
    *values, window, recent = astuple(position, recurse=False)
    return [*values, "".join(recent), *dump_window(window)]


def load_position(values: Sequence[Any]) -> Position:
    """Read what ``dump_position`` returned; ``ValueError`` or the like for anything else."""
    partition, cursor, page, skip, rows, last_id, recent, *bounds = values
    return Position(
        require_whole(partition),
        None if cursor is None else require_text(cursor),
        require_whole(page),
        require_whole(skip),
        require_whole(rows),
        last_id if last_id is None or isinstance(last_id, int) else require_text(last_id),
        load_window(bounds),
        _cut(require_text(recent)),
    )


def dump_edge(edge: Edge) -> Sequence[object]:
    """Return an edge as JSON values."""
    return [edge.key, edge.at.isoformat(), edge.before, edge.after]


def load_edge(key: object, at: str, before: object, after: object) -> Edge:
    """Read what ``dump_edge`` returned; ``ValueError`` or the like for anything else."""
    moment = datetime.fromisoformat(at)
    if moment.utcoffset() != timedelta(0):
        raise ValueError
    sides = [tuple(map(require_text, require_list(side))) for side in (before, after)]
    return Edge(None if key is None else require_text(key), moment.astimezone(UTC), *sides)


def _cut(digests: str) -> tuple[str, ...]:
    return tuple(digests[at : at + _DIGEST] for at in range(0, len(digests), _DIGEST))
