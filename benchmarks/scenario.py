"""What a request is answered from and how slowly; it travels in the URL's first segment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self

from attrs import asdict, frozen

# Where other processes find this package.
ROOT = Path(__file__).parents[1]
# The clock stands still, so that prepared days stay within what the vendor still gives out.
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST_DAY = date(2026, 9, 1)
_DAY = 86_400_000


@frozen
class Scenario:
    """One way of serving.

    Attributes:
        rows: Rows (DigitalCX) or events (Chatlayer) a day.
        days: How many days there are, from ``FIRST_DAY`` on.
        page: Rows a page.
        latency: Seconds from a request to the first byte of its response.
        rate: Bytes a second that one connection carries; 0 is as many as it can.
        packed: Whether whole pages are sent as gzip to those who accept it.
        explicit_end: Whether a window ends with a 204 instead of the absence of a token.
    """

    rows: int = 50_000
    days: int = 60
    page: int = 5_000
    latency: float = 0.0
    rate: int = 0
    packed: bool = False
    explicit_end: bool = False

    @property
    def path(self) -> str:
        """The scenario as the first segment of a path."""
        values = asdict(self).values()
        return "/" + ",".join(str(+value) for value in values)

    @classmethod
    def parse(cls, segment: str) -> Self:
        """Read a segment that ``path`` has written."""
        rows, days, page, latency, rate, packed, end = segment.split(",")
        return cls(
            int(rows),
            int(days),
            int(page),
            float(latency),
            int(rate),
            packed == "1",
            end == "1",
        )

    @property
    def end(self) -> date:
        """The day after the last one."""
        return FIRST_DAY + timedelta(days=self.days)

    def find_rows(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Return the numbers of the rows in ``[start, end)``; they are spread evenly."""
        return self._find_row(start), self._find_row(end)

    def _find_row(self, moment: datetime) -> int:
        since = moment - datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
        milliseconds = since // timedelta(milliseconds=1)
        # Rounded up: the first row that is not before the moment.
        row = -(-milliseconds * self.rows // _DAY)
        return min(max(row, 0), self.rows * self.days)
