"""How far a listing has been handed out: what checkpoints are taken of."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ._checkpoints import Checkpoint, Partition, Position
from ._listings import Fetched, Place
from ._progress import Run
from ._stats import Stats
from .errors import DialyticsError, FailedWindow, PaginationLoop, PositionLost, WindowsFailed

# So many rows at the start of two pages in a row are compared.
_COMPARED = 16
# So many pages in a row may be empty.
_MOST_EMPTY = 1_000
# So many failures are in the message of their error.
_TOLD = 3


class Standing:
    """How far one partition has been handed out.

    While a run of rows is handed out, only the count of all rows is kept up, row by row: where
    the run stands follows from it.
    """

    def __init__(self, stats: Stats, resumed: Position | None = None) -> None:
        self.place: Place | None = None
        self._stats = stats
        # What a checkpoint says as long as what was handed out before has not been met again.
        self._held = resumed
        begun = resumed or Position(0)
        self._skip, self._rows, self._last_id = begun.skip, begun.rows, begun.last_id
        self._behind = 0
        self._met = self._due = 0
        self._empty = 0
        self._opening: tuple[Any, ...] = ()
        self._run: Run | None = None
        self._before = 0

    def enter(self, place: Place, *, seek: bool = True) -> int:
        """Begin a page; return how many of its rows were handed out before, as far as is known.

        Where a window is read again, rows are passed over up to the last one that was handed out;
        those who cannot (``seek=False``) get them again.
        """
        if place.again:
            self._opening, self._skip = (), 0
            self._behind = self._rows if seek else 0
            self._held = self.freeze() if self._behind else None
        elif not self._behind:
            held, self._held = self._held, None
            if held is not None and (place.cursor, place.number) != (held.cursor, held.page):
                # The listing goes on elsewhere, with nothing that was handed out before.
                self._skip = 0
        self.place, self._due, self._met = place, self._skip, 0
        return self._skip

    @property
    def has_caught_up(self) -> bool:
        """Whether the rows of the page that were handed out before have been passed over."""
        return not self._behind and self._met >= self._due

    def recognize(self, run: Run) -> bool:
        """Take a page's first rows; tell whether the page before in its window began with them."""
        before = self._opening
        self._opening = tuple(run.key(index) for index in range(min(len(run), _COMPARED)))
        return self._opening == before and None not in before

    def pass_over(self, run: Run, met: int) -> int:
        """Return how many of a page's next rows, ``met`` rows into it, were handed out before."""
        if not self._behind:
            return min(len(run), self._skip - met)
        passed = self._search(run)
        if not self._behind:
            self._held, self._skip = None, met + passed
        return passed

    def begin(self, run: Run, skip: int) -> None:
        """Begin to hand out rows that follow one another, the first so many into the page."""
        self._skip, self._run, self._before = skip, run, self._stats.rows

    def end(self, skip: int) -> None:
        """End a run, or rows without one, at so many rows into the page."""
        if (run := self._run) is not None:
            self._rows += len(run)
            self._last_id, self._run = run.key(len(run) - 1), None
        self._skip, self._met = max(self._skip, skip), skip

    def leave(self, page: Fetched[Any], met: int | None = None) -> bool:
        """End a page, of so many rows where that is known; tell whether its partition ended.

        Raises:
            PaginationLoop: There seems to be no end of empty pages.
            PositionLost: The window was read again, and the row to go on behind is not in it.
        """
        # A page may be smaller than when it was asked for before the resume.
        self._skip = 0 if met is None or self._behind else max(0, self._skip - met)
        place = page.place
        self._empty = self._empty + 1 if met == 0 else 0
        if self._empty > _MOST_EMPTY:
            raise PaginationLoop(
                f"{_MOST_EMPTY:,} pages in a row had no rows; resume to ask for more of them"
            )
        if page.loops:
            # An error comes next. Asked for again, the page may lead on.
            self._skip = met or 0
            return False
        if page.following is not None:
            self.place = place.after(page.following)
            return False
        if self._behind:
            raise PositionLost(
                "the window had to be read again, and the row that was last handed out was not "
                "met; read this window anew and drop what you have of it"
            )
        self._skip, self._rows, self._opening = 0, 0, ()
        rest = place.rest()
        self.place = rest[0] if rest else None
        return not rest

    def freeze(self) -> Position | None:
        """Return the position after the row that was last handed out; ``None`` before any page."""
        place, run = self.place, self._run
        if place is None or self._held is not None:
            return self._held
        handed = 0 if run is None else self._stats.rows - self._before
        last_id = run.key(handed - 1) if run is not None and handed else self._last_id
        window = None if place.window == place.partition.window else place.window
        return Position(
            place.partition.index,
            place.cursor,
            place.number,
            self._skip + handed,
            self._rows + handed,
            last_id,
            window,
        )

    def _search(self, run: Run) -> int:
        """Look for the row that was last handed out; return how many rows it took."""
        if self._last_id is None:
            passed = min(len(run), self._behind)
            self._behind -= passed
            return passed
        for index in range(len(run)):
            if run.key(index) == self._last_id:
                self._behind = 0
                return index + 1
        return len(run)


class Progress:
    """How far all partitions of a listing have been handed out: what checkpoints are taken of."""

    def __init__(self, start: Checkpoint, stats: Stats) -> None:
        self._start = start
        self._stats = stats
        self._done = start.done
        self._finished = set(start.finished)
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
        frozen = (self._standings[index].freeze() for index in sorted(self._standings))
        return evolve(
            self._start,
            done=self._done,
            finished=tuple(sorted(self._finished)),
            positions=tuple(position for position in frozen if position is not None),
        )
