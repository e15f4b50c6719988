"""Where a list that is counted out stands, as a text: the cursor that its checkpoints hold."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from attrs import field, frozen

from .errors import CheckpointMismatch

_MARK = r"[0-9]{1,6}\.[0-9]{1,6}\.(?:[0-9a-f]{32})?\.(?:[0-9a-f]{32})?"
_TEXT = re.compile(rf"([0-9]{{1,18}}):([0-9]{{1,6}})(=?):({_MARK}(?:,{_MARK})*)?(~?)").fullmatch


class Reached(NamedTuple):
    """Up to where one list of a page was handed out: its place there (-1: none), the row."""

    place: int
    row: bytes | None


@frozen
class Mark:
    """One list of a page.

    Attributes:
        shared: How many rows it begins with that were met before.
        fresh: How many are new.
        before: The digest of the list's last row before these, if any.
        after: And with them.
    """

    UNMET: ClassVar[int] = 999_999
    """Shared are so many where the last row is still looked for."""

    shared: int
    fresh: int
    before: bytes | None = field(repr=False)
    after: bytes | None = field(repr=False)

    @property
    def text(self) -> str:
        """The mark as text."""
        before, after = ((digest or b"").hex() for digest in (self.before, self.after))
        return f"{self.shared}.{self.fresh}.{before}.{after}"

    @classmethod
    def parse(cls, text: str) -> Mark:
        """Read a text."""
        shared, fresh, before, after = text.split(".")
        digests = (bytes.fromhex(one) or None for one in (before, after))
        return cls(int(shared), int(fresh), *digests)


@frozen
class Bookmark:
    """One page of a list.

    Attributes:
        offset: Where it begins.
        room: How many rows more it needs, for those that were met before.
        marks: For each list of a response how far it was handed out before the page and with it.
        moved: Whether the list has moved while it was read: what was handed out is not all that is
            in front of the page, and nothing can go on from there.
        exact: Whether no more rows are wanted than there is room for.
    """

    offset: int = 0
    room: int = 0
    marks: tuple[Mark, ...] = ()
    moved: bool = False
    exact: bool = False

    def limit(self, size: int) -> int:
        """Return how many rows to ask for, for so many new ones."""
        return self.room if self.exact else self.room + size

    @property
    def text(self) -> str:
        """The bookmark as text; as such it tells nothing about the rows."""
        marks = ",".join(mark.text for mark in self.marks)
        exact, moved = "=" * self.exact, "~" * self.moved
        return f"{self.offset}:{self.room}{exact}:{marks}{moved}"

    @classmethod
    def parse(cls, text: str | None) -> Bookmark:
        """Read a text; without one it is the first page.

        Raises:
            CheckpointMismatch: It is none of ours.
        """
        if text is None:
            return cls()
        if (parts := _TEXT(text)) is None:
            raise CheckpointMismatch("this checkpoint is damaged; start anew")
        offset, room, exact, marks, moved = parts.groups()
        listed = tuple(map(Mark.parse, marks.split(","))) if marks else ()
        return cls(int(offset), int(room), listed, bool(moved), bool(exact))

    def reach(self, skip: int, last: bytes | None, holding: Iterable[int] = ()) -> list[Reached]:
        """Tell for each list how far it was handed out, when so many of the page's new rows were.

        Lists come one after the other. Rows that could not be read were not counted, so that the
        last row may be in a later list than the count says: in the first of those ``holding`` it.
        """
        reached: list[Reached] = []
        left, found = skip, {*holding}
        for index, mark in enumerate(self.marks):
            if left == 0:
                reached.append(Reached(mark.shared - 1, mark.before))
            elif left > mark.fresh or (found and index < min(found)):
                reached.append(Reached(mark.shared + mark.fresh - 1, mark.after))
                left = max(1, left - mark.fresh)
            else:
                reached.append(Reached(mark.shared + left - 1, last))
                left = 0
        if left:
            raise CheckpointMismatch("this checkpoint is damaged; start anew")
        return reached

    def resume(self, skip: int) -> Bookmark:
        """Return the page to go on with: it begins with the earliest row that was handed out.

        Where there are several lists it ends as before, so that rows come in the same order.
        """
        pairs = zip(self.marks, self.reach(skip, None), strict=True)
        held = [(mark, one) for mark, one in pairs if 0 < mark.shared + mark.fresh < mark.UNMET]
        places = [max(0, one.place) for _, one in held]
        low, high = min(places, default=0), max(places, default=0)
        end = max((mark.shared + mark.fresh for mark, _ in held), default=0)
        if len(self.marks) > 1 and end - low > 1:
            return Bookmark(self.offset + low, max(high, end) - low, exact=True)
        return Bookmark(self.offset + low, max(len(self.marks), high - low + 1))
