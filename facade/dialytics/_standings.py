"""How far a listing has been handed out: what checkpoints are taken of."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from ._checkpoints import Checkpoint, Partition, Position
from ._edges import Edges
from ._listings import Fetched, Place
from ._progress import REMEMBERED, Run
from ._stats import Stats
from .errors import DialyticsError, FailedWindow, PaginationLoop, PositionLost, WindowsFailed

# So many rows at the start of two pages in a row are compared.
_COMPARED = 16
_LOST = (
    "the window does not hold the row any more that was last handed out, or fewer rows than were; "
    "read this window anew and drop what you have of it"
)
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
        # The keys of the first rows of this page, and what is known of the one before.
        self._opening: list[Any] = []
        self._former: list[Any] = []
        self._former_size = 0
        self._is_new = True
        self._run: Run | None = None
        self._before = self._begun = 0

    def enter(self, place: Place, *, seek: bool = True) -> int:
        """Begin a page; return how many of its rows were handed out before, as far as is known.

        Where a window is read again, rows are passed over up to the last one that was handed out;
        those who cannot (``seek=False``) get them again.
        """
        if place.again:
            self._enter_again(seek=seek)
        elif not self._behind:
            held, self._held = self._held, None
            if held is not None and (place.cursor, place.number) != (held.cursor, held.page):
                # The listing goes on elsewhere, with nothing that was handed out before.
                self._skip = 0
            elif place.resumed is not None:
                self._skip = place.resumed.skip
        if self._opening:
            self._former, self._former_size = self._opening, self._met
        self.place, self._due, self._met = place, self._skip, 0
        self._opening, self._is_new = [], False
        return self._skip

    def _enter_again(self, *, seek: bool) -> None:
        if not seek:
            self._rows, self._last_id = 0, None
        held = self.freeze()
        self._behind = self._rows
        self._held = held if self._behind else None
        self._opening, self._former, self._skip = [], [], 0

    @property
    def has_caught_up(self) -> bool:
        """Whether the rows of the page that were handed out before have been passed over."""
        return not self._behind and self._met >= self._due

    def recognize(self, run: Run, repeated: int) -> bool:
        """Take a page's next rows, so many of them repeated; tell whether that must not go on.

        It must not where the page is the one before, which is too long to be remembered whole.
        """
        more = min(len(run), _COMPARED - len(self._opening))
        self._opening += [run.key(index) for index in range(more)]
        self._is_new = self._is_new or repeated < len(run)
        return self._former_size > REMEMBERED and self._is_former_page()

    @property
    def is_repetition(self) -> bool:
        """Whether a page's rows are those of the page before in its window, and no others."""
        return not self._is_new and self._is_former_page()

    def _is_former_page(self) -> bool:
        opening = self._opening
        return bool(opening) and opening == self._former and None not in opening

    def pass_over(self, run: Run, met: int) -> int:
        """Return how many of a page's next rows, ``met`` rows into it, were handed out before."""
        if not self._behind:
            return min(len(run), max(0, self._due - met))
        passed = self._search(run)
        if not self._behind:
            self._held, self._skip = None, met + passed
        return passed

    def begin(self, run: Run, skip: int) -> None:
        """Begin to hand out rows that follow one another, the first so many into the page."""
        self._begun, self._run, self._before = skip, run, self._stats.rows

    def end(self) -> None:
        """End a run: all of it has been handed out."""
        if (run := self._run) is not None:
            self._rows += len(run)
            self._skip = self._begun + len(run)
            self._last_id, self._run = run.key(len(run) - 1), None

    def read(self, met: int) -> None:
        """Note how many of a page's rows were read, whatever became of them."""
        self._met = met

    def leave(self, page: Fetched[Any], met: int | None = None) -> bool:
        """End a page, of so many rows where that is known; tell whether its partition ended.

        Raises:
            PaginationLoop: There seems to be no end of empty pages.
            PositionLost: The window was read again, and the row to go on behind is not in it.
        """
        place = page.place
        self._empty = self._empty + 1 if met == 0 else 0
        if self._empty > _MOST_EMPTY:
            raise PaginationLoop(
                f"{_MOST_EMPTY:,} pages in a row had no rows; resume to ask for more of them"
            )
        if page.loops:
            # An error comes next. Asked for again, the page may lead on.
            return False
        # A page may be smaller than when it was asked for before the resume.
        over = 0 if met is None or self._behind else max(0, self._due - met)
        if page.following is not None:
            self.place, self._skip = place.after(page.following), over
            return False
        if self._behind or over:
            raise PositionLost(_LOST)
        self._skip, self._rows, self._opening, self._former = 0, 0, [], []
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
            self._begun + handed if handed else self._skip,
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
        frozen = (self._standings[index].freeze() for index in sorted(self._standings))
        return evolve(
            self._start,
            done=self._done,
            finished=tuple(sorted(self._finished)),
            positions=tuple(position for position in frozen if position is not None),
            edges=self.edges.freeze(),
        )
