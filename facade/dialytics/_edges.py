"""Rows near the edges of windows, where a vendor may give them to both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import field, frozen

from ._checkpoints import Checkpoint, Edge, Partition
from ._listings import Place
from ._positions import digest_row

# So many rows on each side of an edge are in a checkpoint.
_SAVED = 64


@frozen(eq=False)
class Brink:
    """One edge of a window: what was handed out near it, on the other side and on this one."""

    low: datetime
    high: datetime
    beyond: dict[str, None] = field(repr=False)
    own: dict[str, None] = field(repr=False)

    def meet(self, key: object) -> bool:
        """Tell whether a row was handed out on the other side; if not, it is on this one now."""
        digest = digest_row(key)
        if digest in self.beyond:
            return True
        self.own[digest] = None
        return False


@frozen(eq=False)
class _Sides:
    before: dict[str, None] = field(factory=dict)
    after: dict[str, None] = field(factory=dict)


class Edges:
    """What is known of the rows near the edges between the windows of a listing.

    Windows may be handed out in any order, and by several runs. An edge is forgotten when both its
    sides are finished.
    """

    def __init__(self, start: Checkpoint, is_open: Callable[[int], bool]) -> None:
        self._partitions = start.partitions
        self._is_open = is_open
        self._known: dict[tuple[str | None, datetime], _Sides] = {}
        for one in start.edges:
            sides = self._known.setdefault((one.key, one.at), _Sides())
            sides.before.update(dict.fromkeys(one.before))
            sides.after.update(dict.fromkeys(one.after))

    def around(self, place: Place, near: timedelta) -> tuple[Brink, ...]:
        """Return the edges of a page's window that rows may repeat across."""
        window, partition = place.window, place.partition
        whole = partition.window
        if window is None or whole is None:
            return ()
        # Parts of a partition are read in order.
        self._forget(partition.key, lambda at: whole.start < at < window.start)
        brinks = []
        for at in (window.start, window.end):
            edge = partition.key, at
            within = whole.start < at < whole.end
            if within or edge in self._known or self._is_awaited(partition, at):
                sides = self._known.setdefault(edge, _Sides())
                own, beyond = sides.before, sides.after
                if at == window.start:
                    own, beyond = beyond, own
                brinks.append(Brink(at - near, at + near, beyond, own))
        return tuple(brinks)

    def finish(self, partition: Partition) -> None:
        """Forget the edges of a partition behind which nothing is still to be read.

        One that had not settled may be read again, beside the others.
        """
        whole = partition.window
        if whole is not None and not whole.provisional:
            self._forget(
                partition.key,
                lambda at: whole.start <= at <= whole.end and not self._is_awaited(partition, at),
            )

    def freeze(self) -> tuple[Edge, ...]:
        """Return what a checkpoint has to know."""
        return tuple(
            Edge(key, at, (*sides.before,)[-_SAVED:], (*sides.after,)[:_SAVED])
            for (key, at), sides in self._known.items()
            if sides.before or sides.after
        )

    def _forget(self, key: str | None, is_over: Callable[[datetime], bool]) -> None:
        for edge in [one for one in self._known if one[0] == key and is_over(one[1])]:
            del self._known[edge]

    def _is_awaited(self, partition: Partition, at: datetime) -> bool:
        """Tell whether the partition on the other side of an edge is still to be read."""
        if (whole := partition.window) is None or whole.start < at < whole.end:
            return False
        back = at == whole.start
        ahead = range(partition.index + 1, len(self._partitions))
        steps = range(partition.index - 1, -1, -1) if back else ahead
        same = (self._partitions[index] for index in steps)
        other = next((one for one in same if one.key == partition.key), None)
        if other is None or other.window is None:
            return False
        if not (other.window.provisional or self._is_open(other.index)):
            return False
        return at == (other.window.end if back else other.window.start)
