"""The way through a list that is counted out: what comes after each page. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ._anchors import Anchors
from ._bookmarks import Bookmark, Mark, Way
from ._checkpoints import Position
from ._endings import Ending
from ._offsets import Census, Leaf
from ._pages import MOST_PAGES
from ._stats import Stats
from .errors import DialyticsError, InvalidResponse, PaginationLoop, UnstableListing

_MOST_RESTARTS = 3


@frozen
class Step:
    """What to do with a page, and what to ask for next.

    Attributes:
        ahead: The page to ask for next; ``None`` at the end.
        here: The page itself, with what is to be handed out of it; ``None``: nothing is.
        behind: The page when all of that has been handed out.
        fresh: The indexes of its new rows.
    """

    ahead: Bookmark | None
    here: Bookmark | None = None
    behind: Bookmark | None = None
    fresh: Sequence[int] = ()


class Walk:
    """Where a list is, while it is read.

    Each page is asked for with the last row of the one before. Where another row is in its place,
    the list has moved: it is read from its start again, without the rows that are known by then.

    A page that seems to say so, and has what is no row, may be spoilt. It is taken at its word only
    where such rows are spared.
    """

    def __init__(self, stats: Stats, resumed: Position | None, *, spares_rows: bool = True) -> None:
        self._stats = stats
        self._spares_rows = spares_rows
        self._anchors = Anchors(resumed)
        self._census = Census()
        self._ending = Ending()
        self._pages = 0
        # The last row of each list that was handed out.
        self._last = self._anchors.rows
        self._handed = self._moved = False
        # The page that each round ended with, if it had come before in that round.
        self._ends: list[Leaf | None] = []

    def begin(self) -> Bookmark:
        """Return the first page to ask for.

        Raises:
            PositionLost: The list had moved before.
        """
        first = self._anchors.first()
        if not self._anchors.is_joining:
            self._anchors.seek(self._census)
            if self._anchors.is_missing():
                self._stats.count_drift()
        return first

    def step(self, leaf: Leaf, total: int | None, limit: int) -> Step:
        """Take a page that has come.

        Raises:
            UnstableListing: The list has moved again and again.
            PaginationLoop: The vendor ignores the offset, or the list has no end.
            PositionLost: The row that the listing resumes behind is gone.
            InvalidResponse: The page seems to be spoilt.
        """
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise PaginationLoop(
                f"the list has more than {MOST_PAGES:,} pages; if it really has, read an export"
            )
        joins = self._anchors.is_joining
        if not (self._join(leaf, limit) if joins else self._census.fits(leaf, limit)):
            return self._start_again(leaf)
        floors = self._anchors.meet(leaf, self._census)
        shared = self._census.count_shared(leaf)
        if self._ending.sees_more(leaf, shared):
            return Step(self._ask(leaf.offset - 1))
        # The page that was left may have had no room for more than was handed out of it.
        if len(leaf) > shared or (joins and leaf.longest > 1):
            self._ending.settle()
            return self._hand_out(leaf, floors, limit, more=True)
        return self._end(leaf, floors, total, limit)

    def _join(self, leaf: Leaf, limit: int) -> bool:
        self._census.learn(leaf, limit)
        if not self._anchors.join(leaf, self._census):
            return False
        self._last = [*self._anchors.rows]
        return True

    def _end(self, leaf: Leaf, floors: Sequence[int], total: int | None, limit: int) -> Step:
        """Take a page that brings nothing new."""
        census = self._census
        if self._ending.is_more:
            return self._fail_to_see(leaf)
        narrow = total != leaf.end and census.may_lack_room(leaf, limit)
        offset = self._ending.ask(leaf, total, narrow=narrow)
        if offset is not None:
            if leaf.longest:
                census.follow(leaf)
            return Step(self._ask(offset))
        if total and total > 0 and not leaf.end:
            return self._start_again(leaf, claimed=total)
        self._anchors.require_met()
        self._stats.missing = max(0, (total or 0) - leaf.end)
        return self._hand_out(leaf, floors, limit, more=False)

    def _ask(self, offset: int) -> Bookmark:
        return Bookmark(offset, self._census.count_room())

    def _fail_to_see(self, leaf: Leaf) -> Step:
        """There are more rows, but not after the last one."""
        if self._census.widest <= 1:
            raise UnstableListing(
                "the vendor gives one row a page, so that nobody can see whether the list moves "
                "from page to page and rows are lost; read an export, which is one response"
            )
        return self._start_again(leaf)

    def _hand_out(self, leaf: Leaf, floors: Sequence[int], limit: int, *, more: bool) -> Step:
        fresh, astray = self._census.take(leaf, floors)
        if astray:
            self._require_whole(leaf)
        if not self._moved:
            # While a list is read for the first time, it has them twice. Of several lists, new
            # rows may be in front of such, and are not all in front of what comes.
            self._stats.duplicates += astray
            self._moved = astray > 0 and len(leaf.lists) > 1
        marks, behind = self._mark(leaf, fresh)
        way: Way = "~" if self._moved else "?" if self._anchors.is_missing() else ""
        here = Bookmark(leaf.offset, limit, exact=True, marks=marks, way=way)
        starts = [sum(map(len, leaf.lists[:index])) for index in range(len(fresh))]
        indexes = [start + place for start, new in zip(starts, fresh, strict=True) for place in new]
        if not more:
            return Step(None, here, None, indexes)
        ahead = self._ask(leaf.end - 1)
        if not indexes:
            return Step(ahead)
        self._handed = True
        following = Bookmark(leaf.offset, limit, exact=True, marks=behind, way=way)
        return Step(ahead, here, following, indexes)

    def _mark(
        self, leaf: Leaf, fresh: Sequence[Sequence[int]]
    ) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
        """Return the marks of a page before its new rows are handed out, and after that."""
        marks, behind = [], []
        self._last = self._last or [None for _ in leaf.lists]
        for index, (rows, new) in enumerate(zip(leaf.lists, fresh, strict=True)):
            last = self._last[index]
            if not rows or self._anchors.is_missing(index):
                marks.append(Mark(0, 0, last, last))
                behind.append(marks[-1])
                continue
            shared = new[0] if new else len(rows)
            marks.append(Mark(shared, len(new), rows[shared - 1] if shared else last, rows[-1]))
            behind.append(Mark(len(rows), 0, rows[-1], rows[-1]))
            self._last[index] = rows[-1]
        return tuple(marks), tuple(behind)

    def _require_whole(self, leaf: Leaf) -> None:
        if leaf.spoilt is not None and not self._spares_rows:
            raise InvalidResponse(f"row {leaf.spoilt}: not an object", position=leaf.spoilt)

    def _start_again(self, leaf: Leaf, claimed: int = 0) -> Step:
        """Begin a further round; the page of the last one had no rows of those that it claims."""
        self._require_whole(leaf)
        self._ends.append(leaf if self._census.is_repeated(leaf) else None)
        if len(self._ends) > _MOST_RESTARTS:
            raise _give_up(self._ends, 0 if self._handed else claimed)
        self._stats.count_drift()
        self._census.begin()
        self._pages = 0
        self._ending.settle()
        self._anchors.seek(self._census)
        self._moved = self._handed
        return Step(Bookmark())


def _give_up(ends: Sequence[Leaf | None], claimed: int) -> DialyticsError:
    if claimed:
        return UnstableListing(
            f"the vendor says that the list has {claimed:,} rows, but its first page had none, and "
            f"none in {_MOST_RESTARTS} further rounds"
        )
    # In a list that moves a page may by chance be one that came before, but not the same each time.
    if all(one is not None and ends[0] is not None and one.lists == ends[0].lists for one in ends):
        return PaginationLoop(
            "a page with rows is identical to an earlier one, however often the list is read; the "
            "vendor seems to ignore the offset"
        )
    return UnstableListing(
        f"the list was changed while it was read, and again in {_MOST_RESTARTS} further rounds "
        "from its start"
    )
