"""The sizes of the workload, and where it is served."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

from .ours import Ours
from .scenario import Scenario
from .site import Site


@frozen
class Sizes:
    """How much of everything; times in seconds, rates in bytes a second.

    Attributes:
        rows: Rows a day of the month.
        page: Rows in one of its pages.
        days: Days of the month.
        small_page: Rows in a small page.
        wide_rows: Rows of the day that has 20 pages in one window.
        large_rows: Rows of the day that is one page (400 bytes each).
        decoded_days: Days of the month that decoders are compared on.
        rival_days: Days of the month that dlt and its neighbours read.
        events: Events a day, for ten days.
        calls: Small calls in a row.
        latency: The latency of most cases.
        slow: That of the slow ones.
        rate: What one connection carries where that is limited.
    """

    rows: int = 50_000
    page: int = 5_000
    days: int = 30
    small_page: int = 200
    wide_rows: int = 100_000
    large_rows: int = 320_000
    decoded_days: int = 4
    rival_days: int = 8
    events: int = 10_000
    calls: int = 500
    latency: float = 0.050
    slow: float = 0.200
    rate: int = 20_000_000


QUICK = Sizes(
    rows=100,
    page=10,
    days=10,
    small_page=5,
    wide_rows=200,
    large_rows=1000,
    decoded_days=1,
    rival_days=2,
    events=100,
    calls=10,
    latency=0.002,
    slow=0.004,
)


@frozen
class Setup:
    """What cases are made of."""

    sizes: Sizes
    url: str
    folder: Path
    site: Site
    asynchronous: bool = True

    @property
    def ours(self) -> Ours:
        """Our clients against the server."""
        return Ours(self.url, asynchronous=self.asynchronous)

    @property
    def ours_in_memory(self) -> Ours:
        """Our clients without a network."""
        return Ours(site=self.site, asynchronous=self.asynchronous)

    def month(self, latency: float = 0.0, *, packed: bool = False) -> Scenario:
        """Return the reference workload; there are twice its days, and windows choose."""
        sizes = self.sizes
        return self._prepare(
            Scenario(sizes.rows, 2 * sizes.days, sizes.page, latency=latency, packed=packed)
        )

    def small(self, latency: float, pages: int = 10) -> Scenario:
        """Return the month with as many pages a day, but small ones."""
        page = self.sizes.small_page
        return self._prepare(Scenario(pages * page, self.sizes.days, page, latency=latency))

    def wide(self) -> Scenario:
        """Return a day of 20 pages over slow connections."""
        rows, sizes = self.sizes.wide_rows, self.sizes
        return self._prepare(Scenario(rows, 1, rows // 20, latency=sizes.latency, rate=sizes.rate))

    def large(self) -> Scenario:
        """Return a day that is one page."""
        rows = self.sizes.large_rows
        return self._prepare(Scenario(rows, 1, rows))

    def rivals(self) -> Scenario:
        """Return the beginning of the month, as JSON too: dlt's source reads nothing else."""
        sizes = self.sizes
        return self._prepare(
            Scenario(sizes.rows, sizes.rival_days, sizes.page, latency=sizes.latency), objects=True
        )

    def _prepare(self, scenario: Scenario, *, objects: bool = False) -> Scenario:
        self.site.prepare(scenario, objects=objects)
        return scenario
