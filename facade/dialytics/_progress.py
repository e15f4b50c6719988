"""How far all windows of a listing have been handed out: what checkpoints are taken of."""

from __future__ import annotations

from attrs import evolve

from ._checkpoints import Checkpoint, Partition
from ._edges import Edges
from ._positions import share_recent
from ._standings import Standing
from ._stats import Stats
from .errors import DialyticsError, FailedWindow, WindowsFailed

# So many failures are in the message of their error.
_TOLD = 3


class Progress:
    """How far all partitions of a listing have been handed out."""

    def __init__(self, start: Checkpoint, stats: Stats) -> None:
        self._start = start
        self._stats = stats
        self._done = start.done
        self._finished = set(start.finished)
        self.edges = Edges(start, self._is_open)
        self._failures: dict[int, FailedWindow] = {}
        self._standings: dict[int, Standing] = {
            position.partition: Standing(stats, position) for position in start.positions
        }

    def standing(self, partition: int) -> Standing:
        """Return where a partition stands."""
        return self._standings.setdefault(partition, Standing(self._stats))

    def finish(self, partition: int) -> None:
        """Note that all of a partition has been handed out."""
        del self._standings[partition]
        self._finished.add(partition)
        self._stats.partitions_done += 1
        while self._done in self._finished:
            self._finished.remove(self._done)
            self._done += 1
        self.edges.finish(self._start.partitions[partition])

    def _is_open(self, partition: int) -> bool:
        return partition >= self._done and partition not in self._finished

    def fail(self, partition: Partition, error: DialyticsError) -> None:
        """Note that a partition has failed for good; it stays where it stands."""
        if partition.index in self._failures:
            # What was read ahead of the failure may fail too.
            return
        self._failures[partition.index] = FailedWindow(partition.key, partition.window, error)
        self._stats.partitions_failed += 1

    def require_all(self) -> None:
        """Refuse to end as if nothing was missing.

        Raises:
            WindowsFailed: Partitions have failed.
        """
        if not self._failures:
            return
        failures = tuple(self._failures[index] for index in sorted(self._failures))
        told = "; ".join(str(one.error) for one in failures[:_TOLD])
        more = f"; and {len(failures) - _TOLD} more" if len(failures) > _TOLD else ""
        raise WindowsFailed(
            f"{len(failures)} of {self._stats.partitions} windows failed: {told}{more}",
            failures=failures,
        )

    def checkpoint(self) -> Checkpoint:
        """Return where the listing stands after the row that was last handed out."""
        indexes = sorted(self._standings)
        recent = share_recent(len(indexes))
        frozen = (self._standings[index].freeze(recent) for index in indexes)
        return evolve(
            self._start,
            done=self._done,
            finished=tuple(sorted(self._finished)),
            positions=tuple(position for position in frozen if position is not None),
            edges=self.edges.freeze(),
        )
