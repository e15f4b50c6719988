"""What is left to read of one partition, and how it goes on when a request has failed. Pure."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, frozen

from ._checkpoints import Partition, Position
from ._declarations import Quirks
from ._listings import Fetched, Listing, Place
from ._stats import Stats
from ._windows import Window, halve
from .errors import (
    ArgumentError,
    BadRequest,
    ConfigurationError,
    DeadlineExceeded,
    DialyticsError,
    InvalidResponse,
    RequestTimeout,
    StatusError,
    Unauthorized,
    UnknownProject,
)

# So many times in a row a window is halved that the vendor does not answer for at all.
_MOST_HUNG = 3
# So often a window is tried again that timed out, before it is halved.
_LATE = 1

# What ends a listing whatever was asked for: the other windows would fail in the same way.
_FINAL = (ArgumentError, ConfigurationError, DeadlineExceeded, Unauthorized)


@frozen(eq=False)
class Broken:
    """A partition that failed for good while others go on: it takes a page's place."""

    partition: Partition
    error: DialyticsError
    size: int = 0


@define(eq=False)
class Lessons:
    """What one listing has learned while running.

    Attributes:
        longest: The longest windows that are still asked for; ``None``: no window was too long.
        pages: How many pages have come.
    """

    longest: timedelta | None = None
    pages: int = 0


@define(eq=False)
class Course:
    """The windows of one partition that are still to be read, and the page that comes next.

    A window of which nothing was read is halved when the vendor does not answer for the whole. A
    window whose continuation is refused is read again from its start, once from each page on; so
    is one that resumes, if it is not what it was.
    """

    listing: Listing[Any]
    quirks: Quirks
    lessons: Lessons
    stats: Stats
    partition: Partition
    position: Position | None = None
    # What is read next: after an error, what could not be read.
    place: Place = field(init=False)
    _pending: deque[Place] = field(init=False)
    _untouched: bool = True
    _restarted_from: int = -1
    _is_part: bool = False
    _is_refused: bool = False
    # What a resumed window's first pages have to hold; ``None``: nothing any more.
    _sought: Position | None = None
    _hung: int = 0
    _pages_before: int = 0

    def __attrs_post_init__(self) -> None:
        begun = self.position or Position(self.partition.index)
        window = begun.window or self.partition.window
        self.place = Place(self.partition, window, begun.cursor, begun.page, resumed=self.position)
        self._pending = deque([self.place, *self.place.rest()])
        self._untouched = not (begun.cursor or begun.skip or begun.rows)
        has_id = begun.last_id is not None and begun.skip
        self._sought = begun if has_id and not self.listing.by_offset else None

    def begin(self) -> bool:
        """Go to the next window, at ``place``; tell whether there is one."""
        while self._pending:
            self.place = self._pending.popleft()
            if not (self._is_too_long() and self._halve()):
                return True
        return False

    @property
    def is_resuming(self) -> bool:
        """Whether it is still to be seen that a window goes on where it was left."""
        return self._sought is not None

    @property
    def late(self) -> int | None:
        """How often what times out is tried again; ``None``: as often as anything else.

        Halves are better than another try, and where the vendor seems to hang, one try is enough.
        """
        if not (self._untouched and self.listing.divisible and self._halves()):
            return None
        return 0 if self._hung and self._pages_before == self.lessons.pages else _LATE

    def locate(self, page: Fetched[Any]) -> Fetched[Any] | None:
        """Find in a page where the listing was left; ``None``: the window is to be read again."""
        if (sought := self._sought) is None:
            return page
        found, count = self._find(page, sought)
        if page.following is not None and not found and count < sought.skip:
            # Pages may be smaller than before the resume.
            self._sought = evolve(sought, skip=sought.skip - count)
            return page
        self._sought = None
        if found:
            return evolve(page, place=evolve(page.place, resumed=evolve(sought, skip=found)))
        self._read_again()
        return None

    def advance(self, page: Fetched[Any]) -> None:
        """Take note of a page that has come."""
        self.lessons.pages += 1
        if self._untouched and self._is_part and page.place.window is not None:
            # Only now it is known that the length was what the vendor did not take.
            self.quirks.strict_span |= self._is_refused
            span, longest = page.place.window.span, self.lessons.longest
            self.lessons.longest = span if longest is None else min(span, longest)
        # The next window has not been touched, this one has.
        self._untouched = page.following is None
        if page.following is not None:
            self.place = page.place.after(page.following)
        else:
            self._restarted_from = -1

    def recover(self, error: DialyticsError) -> bool:
        """Find another way after an error; tell whether there is one."""
        return self._restart(error) or self._divide(error)

    def _restart(self, error: DialyticsError) -> bool:
        place, operation = self.place, self.listing.operation
        if place.cursor is None or self.listing.by_offset or not isinstance(error, StatusError):
            return False
        if error.status not in operation.cursor_refusals or place.number <= self._restarted_from:
            return False
        self._read_again()
        return True

    def _read_again(self) -> None:
        self._restarted_from, self._sought = self.place.number, None
        self._pending.appendleft(Place(self.partition, self.place.window, again=True))
        self.stats.count_restart()

    def _find(self, page: Fetched[Any], sought: Position) -> tuple[int, int]:
        """Return how many rows there are up to the last one handed out, and how many were seen."""
        found = count = 0
        with suppress(InvalidResponse):
            for count, key in enumerate(self.listing.keys(page), 1):
                if key == sought.last_id and (not found or count == sought.skip):
                    found = count
                if found and count >= sought.skip:
                    break
        return found, count

    def _divide(self, error: DialyticsError) -> bool:
        if not self._untouched:
            return False
        refused = isinstance(error, BadRequest) and not isinstance(error, UnknownProject)
        if refused:
            return self._is_longest() and self._halve(refused=True)
        return self.listing.divisible and self._is_too_much(error) and self._halve()

    def _is_too_much(self, error: DialyticsError) -> bool:
        if isinstance(error, StatusError):
            return error.status in self.listing.operation.excesses
        # Without a connection, shorter windows would not come either.
        return isinstance(error, RequestTimeout) and error.sent is not False and not self._is_hung()

    def _is_hung(self) -> bool:
        """Tell whether the vendor seems to answer for no window at all, however short."""
        is_first, self._pages_before = self._pages_before != self.lessons.pages, self.lessons.pages
        self._hung = 1 if is_first else self._hung + 1
        return self._hung > _MOST_HUNG

    def _is_longest(self) -> bool:
        rule, window = self.listing.operation.window, self.place.window
        return rule is not None and window is not None and window.span == rule.max_span

    def _is_too_long(self) -> bool:
        if not self._untouched:
            return False
        window, longest = self.place.window, self.lessons.longest
        over = window is not None and longest is not None and window.span > longest
        return over or (self.quirks.strict_span and self._is_longest())

    def _halve(self, *, refused: bool = False) -> bool:
        """Put the halves of a window in its place, unless it is at the shortest."""
        if (halves := self._halves()) is None:
            return False
        self._is_part, self._is_refused = True, self._is_refused or refused
        self._pending.extendleft(evolve(self.place, window=half) for half in reversed(halves))
        self.stats.count_halved()
        return True

    def _halves(self) -> tuple[Window, Window] | None:
        rule, window = self.listing.operation.window, self.place.window
        return None if rule is None or window is None else halve(window, rule)


def is_final(error: DialyticsError) -> bool:
    """Tell whether an error ends a listing, whatever it is to do about windows that fail."""
    return isinstance(error, _FINAL)
