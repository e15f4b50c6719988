"""The way through a list that is counted out: what comes after each page. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ._bookmarks import Bookmark, Mark, Reached
from ._checkpoints import Position
from ._offsets import Census, Leaf, digest_key
from ._pages import MOST_PAGES
from ._stats import Stats
from .errors import (
    CheckpointMismatch,
    DialyticsError,
    PaginationLoop,
    PositionLost,
    UnstableListing,
)

_MOST_RESTARTS = 3
_CHANGED = (
    "the list has changed, and the row that was last handed out is not in it any more; read it anew"
)


@frozen
class Step:
    """What to do with a page, and what to ask for next.

    Attributes:
        ahead: The page to ask for next; ``None`` at the end.
        here: The page itself, with what is to be handed out of it; ``None``: nothing is.
        fresh: The indexes of its new rows.
    """

    ahead: Bookmark | None
    here: Bookmark | None = None
    fresh: Sequence[int] = ()


class Walk:
    """Where a list is, while it is read.

    Each page is asked for with the last row of the one before. Where another row is in its place,
    the list has moved: it is read from its start again, without the rows that are known by then.
    What is asked for without such a row tells only whether there is more.

    Of what was handed out before a resume, each list's last row is known. It is looked for where
    it was, and if it is not there, from the list's start on; what stands behind it comes.
    """

    def __init__(self, stats: Stats, resumed: Position | None) -> None:
        self._stats = stats
        self._position = resumed
        self._bookmark = Bookmark.parse(None if resumed is None else resumed.cursor)
        self._census = Census()
        self._pages = 0
        # The last row of each list that was handed out, and that was before a resume.
        self._last: list[bytes | None] = []
        self._resumed: list[bytes | None] = []
        # The lists in which that has not been met yet in this round; none of their rows come.
        self._pending: set[int] = set()
        self._searching = self._handed = self._moved = False
        self._settle()
        self._ends: list[Leaf | None] = []

    def _settle(self) -> None:
        # Whether rows are asked for behind the last one, and whether there were some; whether the
        # last one may have gone then, and whether it has not.
        self._probing = self._is_more = self._is_unsure = self._is_checked = False

    def begin(self) -> Bookmark:
        """Return the first page to ask for.

        Raises:
            PositionLost: The list had moved before.
        """
        position, bookmark = self._position, self._bookmark
        if bookmark.moved:
            raise PositionLost(
                "the list had moved while it was read, and so the rows handed out are not those at "
                "its beginning; read it anew, and drop those that you have by their ids"
            )
        if position is None or not (position.cursor or position.rows):
            self._position = None
            return Bookmark()
        if not bookmark.marks:
            raise CheckpointMismatch("this checkpoint is damaged; start anew")
        return bookmark.resume(position.skip)

    def step(self, asked: Bookmark, leaf: Leaf, total: int | None, limit: int) -> Step:
        """Take a page that has come.

        Raises:
            UnstableListing: The list has moved again and again.
            PaginationLoop: The vendor ignores the offset, or the list has no end.
            PositionLost: The row that the listing resumes behind is gone.
        """
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise PaginationLoop(
                f"the list has more than {MOST_PAGES:,} pages; if it really has, read an export"
            )
        position, self._position = self._position, None
        if position is None:
            stands = not self._census.has_moved(leaf, limit)
        else:
            self._census.has_moved(leaf, limit)
            stands = self._rejoin(position, asked, leaf)
        floors = self._meet(leaf) if stands else None
        if floors is None:
            return self._start_again(leaf)
        if self._probing and leaf.longest and leaf.offset and not self._census.count_shared(leaf):
            # There is more. Which rows came before these can be seen only with the last of them.
            self._probing, self._is_more = False, True
            return Step(Bookmark(leaf.offset - 1, len(leaf.lists), moved=self._moved))
        return self._go_on(asked, leaf, total, floors, resumed=position is not None)

    def _go_on(
        self,
        asked: Bookmark,
        leaf: Leaf,
        total: int | None,
        floors: Sequence[int],
        *,
        resumed: bool,
    ) -> Step:
        shared = self._census.count_shared(leaf)
        # A resumed page may hold what was handed out, and no room for more.
        more = len(leaf) > shared or (resumed and leaf.longest > 1)
        if not more:
            if self._is_more:
                return self._fail_to_see(leaf)
            if (ahead := self._ask_behind(leaf, total)) is not None:
                if leaf.longest:
                    self._census.follow(leaf)
                return Step(ahead)
            if self._searching and self._pending:
                raise PositionLost(_CHANGED)
            self._stats.missing = max(0, (total or 0) - leaf.end)
        else:
            self._settle()
        if not self._ends:
            # While a list is read for the first time, it has them twice.
            astray = self._census.count_astray(leaf)
            self._stats.duplicates += astray
            # New rows may be in front of such, and are not all in front of what comes.
            self._moved = self._moved or (astray > 0 and len(leaf.lists) > 1)
        return self._hand_out(asked, leaf, floors, more=more)

    def _rejoin(self, position: Position, asked: Bookmark, leaf: Leaf) -> bool:
        """Take a page that was left; tell whether each list stands where it stood."""
        marks, lists = self._bookmark.marks, leaf.lists
        if len(marks) != len(lists):
            raise CheckpointMismatch("this checkpoint is damaged; start anew")
        last = None if position.last_id is None else digest_key(position.last_id)
        holding = [index for index, one in enumerate(lists) if last is not None and last in one]
        reached = self._bookmark.reach(position.skip, last, holding)
        low = asked.offset - self._bookmark.offset
        if position.skip and last is None:
            # A row without a key is taken to be where it was.
            reached = [_count_out(one, rows, low) for one, rows in zip(reached, lists, strict=True)]
        self._resumed = [one.row for one in reached]
        self._last = [*self._resumed]
        self._await_resumed()
        rows = [
            one[: one.index(each.row) + 1] if each.row in one else ()
            for one, each in zip(lists, reached, strict=True)
        ]
        for index, some in enumerate(rows):
            for row in some:
                self._census.note(row, index)
        self._census.follow(Leaf(leaf.offset, tuple(rows)))
        # Further in front is moved too: where lists are counted together, so are rows of others.
        stands = all(
            each.row is None or each.place < 0 or low + len(met) > each.place
            for met, each in zip(rows, reached, strict=True)
        )
        if not stands and position.skip and last is None:
            raise PositionLost(_CHANGED)
        return stands

    def _await_resumed(self) -> None:
        self._pending = {i for i, row in enumerate(self._resumed) if row is not None}
        for index, row in enumerate(self._resumed):
            if row is not None:
                self._census.note(row, index)

    def _meet(self, leaf: Leaf) -> list[int] | None:
        """Return from which row on each list is to come; ``None`` where one has moved."""
        if not self._last:
            self._last = [None for _ in leaf.lists]
        floors = [0 for _ in leaf.lists]
        for index in sorted(self._pending):
            met = self._census.find(leaf, index)
            if met is not None:
                self._pending.discard(index)
                floors[index] = met + 1
            elif leaf.lists[index] and not self._searching:
                return None
            else:
                floors[index] = len(leaf.lists[index])
        return floors

    def _ask_behind(self, leaf: Leaf, total: int | None) -> Bookmark | None:
        """Return what to ask for where a page that seems to be the last one may not be."""
        room = len(leaf.lists)
        if self._probing:
            if not leaf.longest and leaf.offset and self._is_unsure:
                # There is nothing, or the list has become shorter: the last row is to be there.
                self._probing = self._is_unsure = False
                self._is_checked = True
                return Bookmark(leaf.offset - 1, room, moved=self._moved)
            return Bookmark(leaf.end, room, moved=self._moved) if leaf.longest else None
        if self._is_checked:
            return None
        self._is_unsure = self._is_narrow(leaf, total)
        # An empty list is believed when the vendor counts none, or when it comes again.
        short = (total or 0) > leaf.end if leaf.longest else total != 0
        if not (short or self._is_unsure):
            return None
        self._probing = True
        return Bookmark(leaf.end, room, moved=self._moved)

    def _is_narrow(self, leaf: Leaf, total: int | None) -> bool:
        """Tell whether a page may have had no room for more than what it shares."""
        if not leaf.longest or total == leaf.end:
            return False
        census = self._census
        single = leaf.longest == 1 and (census.widest <= 1 or (len(leaf) > 1 and census.may_mix))
        return single or not census.may_part

    def _fail_to_see(self, leaf: Leaf) -> Step:
        """There are more rows, but not after the last one."""
        if self._census.widest <= 1:
            raise UnstableListing(
                "the vendor gives one row a page, so that nobody can see whether the list moves "
                "from page to page and rows are lost; read an export, which is one response"
            )
        return self._start_again(leaf)

    def _hand_out(self, asked: Bookmark, leaf: Leaf, floors: Sequence[int], *, more: bool) -> Step:
        pages = self._census.take(leaf, floors)
        marks, start, fresh = [], 0, []
        for index, (rows, new) in enumerate(zip(leaf.lists, pages, strict=True)):
            before = self._last[index]
            if rows and index not in self._pending:
                self._last[index] = rows[-1]
            shared = new[0] if new else len(rows)
            if index in self._pending:
                shared = self._shared_unmet
            marks.append(Mark(shared, len(new), before, self._last[index]))
            fresh += [start + place for place in new]
            start += len(rows)
        self._handed = self._handed or bool(fresh)
        here = Bookmark(leaf.offset, asked.room, tuple(marks), self._moved)
        if not more:
            return Step(None, here, fresh)
        ahead = self._next(leaf)
        # Pages that are only read again are not handed out.
        return Step(ahead, here, fresh) if fresh or not self._ends else Step(ahead)

    def _next(self, leaf: Leaf) -> Bookmark:
        marks = []
        for index, (rows, last) in enumerate(zip(leaf.lists, self._last, strict=True)):
            shared = int(len(rows) == leaf.longest)
            if index in self._pending:
                shared = self._shared_unmet
            marks.append(Mark(shared, 0, last, last))
        return Bookmark(leaf.end - 1, len(leaf.lists), tuple(marks), self._moved)

    @property
    def _shared_unmet(self) -> int:
        # What is looked for has to be looked for again; a list that had ended need not be there.
        return Mark.UNMET if self._searching else 0

    def _start_again(self, leaf: Leaf) -> Step:
        census = self._census
        self._ends.append(leaf if census.is_repeated(leaf) else None)
        if len(self._ends) > _MOST_RESTARTS:
            raise _give_up(self._ends)
        self._stats.count_drift()
        census.begin()
        self._pages = 0
        self._settle()
        if not self._handed:
            # Of rows that were handed out before, only the last ones tell where to go on.
            census.forget()
        # What follows a row that is known is still to come, in whatever order the list is now.
        self._await_resumed()
        self._searching = bool(self._pending)
        self._moved = self._moved or self._handed
        return Step(Bookmark(moved=self._moved))


def _count_out(reached: Reached, rows: Sequence[bytes], low: int) -> Reached:
    if reached.row is not None or reached.place < 0:
        return reached
    place = reached.place - low
    return Reached(reached.place, rows[place] if place < len(rows) else b"")


def _give_up(ends: Sequence[Leaf | None]) -> DialyticsError:
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
