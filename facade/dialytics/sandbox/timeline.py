"""Moments of an endless series: row i of a day has its own slot, so a window needs no search.

A day of n rows is n equal slots; row i lies somewhere in slot i. Times therefore ascend strictly,
and the first row of any window is found by one division.
"""

from __future__ import annotations

from attrs import field, frozen

from .draws import digest, mix

DAY = 86_400_000


@frozen
class Timeline:
    """The times of rows ..., -1, 0, 1, ... of one series; row 0 is the first of 1970-01-01 UTC.

    `per_day` is 0 to 86,400,000 rows (one a millisecond); times are milliseconds since 1970.
    """

    seed: int
    key: str
    per_day: int
    _salt: int = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.per_day <= DAY:
            raise ValueError(f"rows a day must be in 0..{DAY}, not {self.per_day}")
        salt = int.from_bytes(digest(self.seed, "timeline", self.key)[:8], "big")
        object.__setattr__(self, "_salt", salt)

    def time_of(self, index: int) -> int:
        """Return when row `index` happens."""
        day, slot = divmod(index, self.per_day)
        start = slot * DAY // self.per_day
        width = (slot + 1) * DAY // self.per_day - start
        return day * DAY + start + mix(self._salt ^ (index & 0xFFFFFFFFFFFF)) % width

    def first_at(self, milliseconds: int) -> int:
        """Return the index of the first row at or after a moment."""
        if not self.per_day:
            return 0
        day, rest = divmod(milliseconds, DAY)
        index = day * self.per_day + rest * self.per_day // DAY
        while self.time_of(index) < milliseconds:
            index += 1
        return index

    def window(self, start: int, end: int) -> range:
        """Return the indexes of the rows in `[start, end)`."""
        return range(self.first_at(start), self.first_at(max(start, end)))
