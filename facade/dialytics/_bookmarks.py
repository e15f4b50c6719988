"""Where a list that is counted out stands, as a text: the cursor that its checkpoints hold."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, TypeAlias, cast

from attrs import field, frozen

from .errors import CheckpointMismatch

Way: TypeAlias = Literal["", "?", "~"]

_MARK = r"[0-9]{1,6}\.[0-9]{1,6}\.(?:[0-9a-f]{32})?\.(?:[0-9a-f]{32})?"
_TEXT = re.compile(rf"([0-9]{{1,18}}):([0-9]{{1,6}})(=?):({_MARK}(?:,{_MARK})*)?([?~]?)").fullmatch
_DAMAGED = "this checkpoint is damaged; start anew"


class Reached(NamedTuple):
    """Up to where one list of a page was handed out: its place there (-1: none), the row."""

    place: int
    row: bytes | None


@frozen
class Mark:
    """One list of a page.

    Attributes:
        shared: How many rows it begins with that were handed out before.
        fresh: How many come with it.
        before: The digest of the list's last row before these, if any.
        after: And with them.
    """

    shared: int
    fresh: int
    before: bytes | None = field(repr=False)
    after: bytes | None = field(repr=False)

    @property
    def count(self) -> int:
        """How many rows it is known to have."""
        return self.shared + self.fresh

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
        exact: Whether no more rows are wanted than there is room for.
        marks: For each list of a response how far it was handed out before the page and with it.
        way: What becomes of the listing if it ends here: "" it goes on from here; "?" what was
            handed out is still looked for, from the list's start on; "~" the list has moved, so
            that what was handed out is not all that is in front, and nothing can go on from there.
    """

    offset: int = 0
    room: int = 0
    exact: bool = False
    marks: tuple[Mark, ...] = ()
    way: Way = ""

    def limit(self, size: int) -> int:
        """Return how many rows to ask for, for so many new ones."""
        return self.room if self.exact else self.room + size

    @property
    def text(self) -> str:
        """The bookmark as text; as such it tells nothing about the rows."""
        marks = ",".join(mark.text for mark in self.marks)
        return f"{self.offset}:{self.room}{'=' * self.exact}:{marks}{self.way}"

    @classmethod
    def parse(cls, text: str | None) -> Bookmark:
        """Read a text; without one it is the first page.

        Raises:
            CheckpointMismatch: It is none of ours.
        """
        if text is None:
            return cls()
        if (parts := _TEXT(text)) is None:
            raise CheckpointMismatch(_DAMAGED)
        offset, room, exact, marks, way = parts.groups()
        listed = tuple(map(Mark.parse, marks.split(","))) if marks else ()
        return cls(int(offset), int(room), bool(exact), listed, cast("Way", way))

    def reach(self, skip: int, last: bytes | None) -> tuple[Reached, ...]:
        """Tell for each list how far it was handed out, when so many of the page's new rows were.

        Lists come one after the other; ``last`` is the last row that was handed out.

        Raises:
            CheckpointMismatch: The page did not have so many rows.
        """
        reached: list[Reached] = []
        for mark in self.marks:
            if skip == 0:
                reached.append(Reached(mark.shared - 1, mark.before))
            elif skip > mark.fresh:
                reached.append(Reached(mark.count - 1, mark.after))
                skip -= mark.fresh
            else:
                reached.append(Reached(mark.shared + skip - 1, last))
                skip = 0
        if skip or not reached:
            raise CheckpointMismatch(_DAMAGED)
        return tuple(reached)
