"""How far a listing has been handed out: what checkpoints are taken of."""

from __future__ import annotations

from collections import deque
from typing import Any

from ._checkpoints import Position
from ._listings import Fetched, Place
from ._positions import RECENT, digest_row
from ._runs import Run
from ._seams import REMEMBERED
from ._stats import Stats
from .errors import PaginationLoop, PositionLost

# So many rows at the start of two pages in a row are compared.
_COMPARED = 16
_LOST = (
    "the window does not hold the row any more that was last handed out, or fewer rows than were; "
    "read this window anew and drop what you have of it"
)
# So many pages in a row may be empty.
_MOST_EMPTY = 1_000


class Likeness:
    """Whether a page is the one before in its window: by the keys of its first rows."""

    def __init__(self) -> None:
        self._opening: list[Any] = []
        # What is known of the page before.
        self._former: list[Any] = []
        self._former_size = 0
        self._is_new = True

    def enter(self, former_size: int) -> None:
        """Begin a page; the one before had so many rows, if it had any."""
        if self._opening:
            self._former, self._former_size = self._opening, former_size
        self._opening, self._is_new = [], False

    def forget(self) -> None:
        """Compare the next page with none."""
        self._opening, self._former = [], []

    def take(self, run: Run, repeated: int) -> bool:
        """Take a page's next rows, so many of them repeated; tell if it is the one before.

        Told as soon as it is known where that was too long to be remembered whole.
        """
        if more := _COMPARED - len(self._opening):
            self._opening += run.keys(0, more)
        self._is_new = self._is_new or repeated < len(run)
        return self._former_size > REMEMBERED and self._begins_alike()

    @property
    def is_repetition(self) -> bool:
        """Whether a page's rows are those of the page before, and no others."""
        return not self._is_new and self._begins_alike()

    def _begins_alike(self) -> bool:
        opening = self._opening
        return bool(opening) and opening == self._former and None not in opening


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
        # How many of the page's rows were read, whatever became of them, and are to be passed over.
        self.met = self._due = 0
        self._empty = 0
        # What stands for the last rows of the pages before, and the keys of those of this one.
        self._recent = begun.recent
        self._latest: deque[Any] = deque(maxlen=RECENT)
        self._likeness = Likeness()
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
        self._likeness.enter(self.met)
        self.place, self._due, self.met = place, self._skip, 0
        self._latest.clear()
        return self._skip

    def _enter_again(self, *, seek: bool) -> None:
        if not seek:
            self._rows, self._last_id = 0, None
        held = self.freeze()
        self._behind = self._rows
        self._held = held if self._behind else None
        self._skip, self._recent = 0, ()
        self._likeness.forget()

    @property
    def has_caught_up(self) -> bool:
        """Whether the rows of the page that were handed out before have been passed over."""
        return not self._behind and self.met >= self._due

    def recognize(self, run: Run, repeated: int) -> bool:
        """Take a page's next rows, so many of them repeated; tell whether that must not go on.

        It must not where the page is the one before, which is too long to be remembered whole.
        """
        self._latest += run.keys(max(0, len(run) - RECENT), len(run))
        return self._likeness.take(run, repeated)

    @property
    def is_repetition(self) -> bool:
        """Whether a page's rows are those of the page before in its window, and no others."""
        return self._likeness.is_repetition

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

    def read(self, rows: int) -> None:
        """Note that so many more of a page's rows were read, whatever became of them."""
        self.met += rows

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
            latest = (digest_row(key) for key in self._latest if key is not None)
            self._recent = (*self._recent, *latest)[-RECENT:]
            return False
        if self._behind or over:
            raise PositionLost(_LOST)
        self._skip, self._rows, self._recent = 0, 0, ()
        self._likeness.forget()
        rest = place.rest()
        self.place = rest[0] if rest else None
        return not rest

    def freeze(self, recent: int = RECENT) -> Position | None:
        """Return the position after the row that was last handed out; ``None`` before any page.

        It holds no more than so many of the rows of the pages before.
        """
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
            self._recent[max(0, len(self._recent) - recent) :],
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
