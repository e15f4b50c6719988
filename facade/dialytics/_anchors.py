"""What a listing by limit and offset goes on behind: the last row of each of its lists. Pure."""

from __future__ import annotations

from itertools import chain

from ._bookmarks import Bookmark, Reached
from ._checkpoints import Position
from ._offsets import Census, Leaf, digest_key
from .errors import CheckpointMismatch, PositionLost

_CHANGED = (
    "the list has changed, and the row that was last handed out is not in it any more; read it anew"
)
_MOVED = (
    "the list had moved while it was read, and so the rows handed out are not those at its "
    "beginning; read it anew, and drop those that you have by their ids"
)


class Anchors:
    """The rows that were handed out last before a resume.

    One list goes on with its row. Of several it is not known whether they are counted one by one
    or together, so that the page that was left comes again, as it was, and all has to fit.
    What is not where it was is looked for from the list's start on; what stands behind it comes.
    """

    def __init__(self, resumed: Position | None) -> None:
        self._bookmark = Bookmark.parse(None if resumed is None else resumed.cursor)
        self._reached: tuple[Reached, ...] = ()
        self._by_place = False
        # The lists of which the row is still looked for: none of their rows come.
        self._pending: set[int] = set()
        if resumed is not None and (resumed.cursor or resumed.rows):
            last = None if resumed.last_id is None else digest_key(resumed.last_id)
            # A row without a key is known by its place alone.
            self._by_place = resumed.skip > 0 and last is None
            self._reached = self._bookmark.reach(resumed.skip, last)
        self.rows = [one.row for one in self._reached]
        """The last row of each list, as far as there is one."""
        handed = self._by_place or any(row is not None for row in self.rows)
        self.is_joining = handed and not self._bookmark.way
        """Whether the next page is the one that was left."""

    def first(self) -> Bookmark:
        """Return the page to begin with.

        Raises:
            PositionLost: There is no place to go on from.
        """
        bookmark = self._bookmark
        if bookmark.way == "~":
            raise PositionLost(_MOVED)
        if not self.is_joining:
            return Bookmark()
        if self._is_exact:
            return Bookmark(bookmark.offset, bookmark.room, bookmark.exact)
        return Bookmark(bookmark.offset + max(0, self._reached[0].place), 1)

    def join(self, leaf: Leaf, census: Census) -> bool:
        """Take the page that was left; tell whether each list stands where it stood.

        Raises:
            CheckpointMismatch: The page has other lists than there were.
        """
        self._require_lists(leaf)
        self.is_joining = False
        places = self._places(leaf)
        if places is None:
            return False
        handed = [rows[: place + 1] for rows, place in zip(leaf.lists, places, strict=True)]
        self.rows = [some[-1] if some else row for some, row in zip(handed, self.rows, strict=True)]
        self._by_place = False
        self._note(census)
        # None of what is known to have been handed out comes again. To be found are the last rows
        # alone, since what stands behind another may be new.
        older = (mark.before for mark in self._bookmark.marks if mark.before is not None)
        for row in chain(older, *handed):
            census.note(row, -1)
        census.follow(Leaf(leaf.offset, tuple(handed)))
        return True

    def _note(self, census: Census) -> set[int]:
        known = {index: row for index, row in enumerate(self.rows) if row is not None}
        for index, row in known.items():
            census.note(row, index)
        return {*known}

    def seek(self, census: Census) -> None:
        """Look for the rows from the list's start on.

        Raises:
            PositionLost: One of them has no key.
        """
        if self._by_place:
            raise PositionLost(_CHANGED)
        self._pending = self._note(census)

    def meet(self, leaf: Leaf, census: Census) -> list[int]:
        """Return from which row on each of a page's lists is to come.

        Raises:
            CheckpointMismatch: The page has other lists than there were.
        """
        self._require_lists(leaf)
        floors = [0 for _ in leaf.lists]
        for index in sorted(self._pending):
            # What follows a row that is known is still to come, in whatever order the list is now.
            met = census.find(leaf, index)
            if met is not None:
                self._pending.discard(index)
            floors[index] = len(leaf.lists[index]) if met is None else met + 1
        return floors

    def is_missing(self, index: int | None = None) -> bool:
        """Tell whether a list's row, or that of any list, has not been met yet."""
        return bool(self._pending) if index is None else index in self._pending

    def require_met(self) -> None:
        """Refuse to end without a row that was looked for.

        Raises:
            PositionLost: It is gone.
        """
        if self._pending:
            raise PositionLost(_CHANGED)

    def _require_lists(self, leaf: Leaf) -> None:
        if self.rows and len(self.rows) != len(leaf.lists):
            raise CheckpointMismatch("this checkpoint is damaged; start anew")

    @property
    def _is_exact(self) -> bool:
        return self._by_place or len(self.rows) > 1

    def _places(self, leaf: Leaf) -> list[int] | None:
        if self._is_exact:
            return [one.place for one in self._reached] if self._fits(leaf) else None
        rows, row = leaf.lists[0], self.rows[0]
        return [rows.index(row)] if row in rows else None

    def _fits(self, leaf: Leaf) -> bool:
        """Tell whether each list of a page stands where it stood."""
        for rows, mark, one in zip(leaf.lists, self._bookmark.marks, self._reached, strict=True):
            known = [Reached(mark.shared - 1, mark.before), Reached(mark.count - 1, mark.after)]
            known += [one] if one.row is not None else []
            if any(at >= 0 and rows[at : at + 1] != (row,) for at, row in known):
                return False
            if rows and not mark.count and mark.after is not None:
                # It had ended.
                return False
        return True
