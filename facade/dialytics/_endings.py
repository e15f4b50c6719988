"""Whether a page by limit and offset that brings nothing new is the last one. Pure."""

from __future__ import annotations

from ._offsets import Leaf


class Ending:
    """What to ask for where a page that seems to be the last one may not be.

    What is behind it is asked for. If there is something, the page is asked for again, since only
    with a row that is known can be seen which rows came between. If there is nothing, the list may
    have become shorter meanwhile: where that would not be noticed, the last row is asked for again.
    """

    def __init__(self) -> None:
        self.settle()

    def settle(self) -> None:
        """Take a page with new rows: the end is not near."""
        self.is_more = False
        """Whether there is more behind the last page."""
        self._probing = self._is_unsure = self._is_checked = False

    def sees_more(self, leaf: Leaf, shared: int) -> bool:
        """Tell whether a page holds what is behind the last one, so that it is to be asked again.

        What shares rows with that tells by itself what came between.
        """
        if not (self._probing and leaf.longest and leaf.offset and not shared):
            return False
        self._probing, self.is_more = False, True
        return True

    def ask(self, leaf: Leaf, total: int | None, *, narrow: bool) -> int | None:
        """Return the offset of what to ask for; ``None``: the list ends.

        ``narrow`` tells whether the page may have had no room for more.
        """
        if self._probing:
            if leaf.longest:
                return leaf.end
            if not (leaf.offset and self._is_unsure):
                return None
            self._probing, self._is_checked = False, True
            return leaf.offset - 1
        if self._is_checked:
            return None
        # An empty list is believed when the vendor counts none, or when it comes again.
        short = (total or 0) > leaf.end if leaf.longest else total != 0
        self._is_unsure = narrow
        self._probing = short or narrow
        return leaf.end if self._probing else None
