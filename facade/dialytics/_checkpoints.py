"""Where a listing stands: small, versioned JSON without secrets."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from attrs import evolve, field, frozen

from ._plans import (
    Partition,
    dump_plan,
    dump_runs,
    load_plan,
    load_runs,
    require_list,
    require_text,
    require_whole,
)
from ._positions import Edge, Position, dump_edge, dump_position, load_edge, load_position
from .errors import CheckpointMismatch

__all__ = ["VERSION", "Checkpoint", "Edge", "Partition", "Position"]

VERSION = 2


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
        edges: What was handed out near the edges of windows, where a side is still to be read.
        version: The format's version.
    """

    operation: str
    arguments: str
    partitions: tuple[Partition, ...]
    done: int = 0
    finished: tuple[int, ...] = ()
    positions: tuple[Position, ...] = ()
    edges: tuple[Edge, ...] = ()
    version: int = VERSION
    # Most checkpoints of a listing are written, and the plan is the same in all of them.
    _dumped: list[object] = field(factory=list, eq=False, repr=False, kw_only=True)

    def __repr__(self) -> str:
        done = f"done={self.count_done}/{len(self.partitions)}"
        return f"<Checkpoint {self.operation} {done} positions={len(self.positions)}>"

    @property
    def rest(self) -> list[Partition]:
        """The partitions that are not finished."""
        finished = set(self.finished)
        return [one for one in self.partitions[self.done :] if one.index not in finished]

    @property
    def count_done(self) -> int:
        """How many partitions are finished."""
        return self.done + len(self.finished)

    def split(self) -> list[Checkpoint]:
        """Return a checkpoint for each window (and key) that is left, in the plan's order.

        Passed as ``resume=`` to the same call, each gives the rows of its own window only, in
        whatever process or on whatever machine. A pager that has not been iterated has the whole
        plan as its checkpoint. From a vendor that gives the rows at a window's end to the next one
        too (none documents that), such rows come in both parts: drop them by their ids.

        Example:
            >>> asked = {"culture": "en", "start": date(2026, 11, 1), "end": date(2026, 11, 3)}
            >>> parts = digitalcx.interactions(**asked).checkpoint.split()
            >>> first, second = [digitalcx.interactions(**asked, resume=part) for part in parts]
            >>> [row.timestamp_start.day for row in second][0]
            2
        """
        standing = {position.partition: position for position in self.positions}
        return [
            Checkpoint(
                self.operation,
                self.arguments,
                (evolve(one, index=0),),
                positions=(evolve(standing[one.index], partition=0),)
                if one.index in standing
                else (),
                edges=tuple(edge for edge in self.edges if _bounds(one, edge)),
            )
            for one in self.rest
        ]

    def to_json(self) -> str:
        """Return the checkpoint as JSON text."""
        fields = {
            "version": self.version,
            "operation": self.operation,
            "arguments": self.arguments,
            "plan": self._dump_plan(),
            "done": self.done,
            "finished": dump_runs(self.finished),
            "positions": [dump_position(position) for position in self.positions],
            "edges": [dump_edge(edge) for edge in self.edges],
        }
        return _dump({**fields, "check": digest_fields(fields)})

    @classmethod
    def from_json(cls, text: str | bytes) -> Checkpoint:
        """Read what ``to_json`` wrote.

        Raises:
            CheckpointMismatch: It is no checkpoint, or one of another version of the format.
        """
        try:
            fields = json.loads(text)
            version = require_whole(fields["version"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise CheckpointMismatch("this is no checkpoint; pass what to_json() wrote") from None
        if version != VERSION:
            raise CheckpointMismatch(
                f"this checkpoint has format version {version}; this release reads {VERSION}; "
                "finish with the release that wrote it, or start anew"
            )
        try:
            return cls._load(fields)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
            raise CheckpointMismatch("this checkpoint is damaged; start anew") from None

    @classmethod
    def _load(cls, fields: dict[str, Any]) -> Checkpoint:
        if fields.pop("check") != digest_fields(fields):
            raise ValueError
        partitions = load_plan(fields["plan"])
        done = require_whole(fields["done"])
        finished = load_runs(fields["finished"], len(partitions))
        positions = tuple(load_position(values) for values in require_list(fields["positions"]))
        if done > len(partitions):
            raise ValueError
        # Each partition is finished, or stands somewhere, or has not been begun.
        _require_order([*finished], done, len(partitions))
        _require_order([position.partition for position in positions], done, len(partitions))
        if {position.partition for position in positions} & set(finished):
            raise ValueError
        return cls(
            operation=require_text(fields["operation"]),
            arguments=require_text(fields["arguments"]),
            partitions=partitions,
            done=done,
            finished=finished,
            positions=positions,
            edges=tuple(load_edge(*values) for values in require_list(fields["edges"])),
        )

    def _dump_plan(self) -> list[object]:
        if not self._dumped:
            self._dumped[:] = dump_plan(self.partitions)
        return self._dumped

    def require(self, operation: str, arguments: str) -> None:
        """Refuse to resume anything but the call that this checkpoint came from."""
        vendor, _, name = operation.partition(".")
        if self.operation != operation:
            raise CheckpointMismatch(
                f"this checkpoint is of {self.operation}", vendor=vendor, operation=name
            )
        if self.arguments != arguments:
            raise CheckpointMismatch(
                "this checkpoint is of a call with other arguments; resume with those that it had, "
                "written alike (what only says how to read may differ, as concurrency, ordered, "
                "page_size, max_items and on_window_error)",
                vendor=vendor,
                operation=name,
            )


def _dump(fields: dict[str, Any], *, ordered: bool = False) -> str:
    return json.dumps(fields, separators=(",", ":"), sort_keys=ordered)


def digest_fields(fields: dict[str, Any]) -> str:
    """Return a digest of a checkpoint's fields, in whatever order these were stored."""
    return hashlib.blake2b(_dump(fields, ordered=True).encode(), digest_size=4).hexdigest()


def _bounds(partition: Partition, edge: Edge) -> bool:
    window = partition.window
    return (
        window is not None and partition.key == edge.key and window.start <= edge.at <= window.end
    )


def _require_order(indexes: list[int], low: int, high: int) -> None:
    if indexes != sorted(set(indexes)) or not all(low <= index < high for index in indexes):
        raise ValueError
