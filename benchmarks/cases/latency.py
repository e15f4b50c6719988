"""Against the floor that latency sets: pages of one window come one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import Any

from ..aims import at_least, at_most, under
from ..bare import http
from ..bare.pieces import UsePieces, read_in_memory
from ..bare.rows import read_rows
from ..harness import Case, Figures, Line
from ..ours import ALL_COLUMNS, Job, batches, raw, touch
from ..scenario import Scenario
from ..setup import Setup

_AT_ONCE = 8
_BEST = "bare httpx, 8 tasks"
_FLOOR = "latency floor"
_SEQUENTIAL = "sequential httpx"


def find_floor(scenario: Scenario, days: int) -> float:
    """Return latency times the longest chain of pages times how often 8 windows are begun."""
    return scenario.latency * (scenario.rows / scenario.page) * ceil(days / _AT_ONCE)


def month_raw(setup: Setup) -> Case:
    """A month as it comes, against the floor and against bare loops."""
    scenario, days = setup.month(setup.sizes.latency), setup.sizes.days
    url, windows = http.find_url(setup.url, scenario), http.plan(days)
    floor = find_floor(scenario, days)
    what = f"a month at {_milliseconds(scenario)}, raw pages"
    return Case(
        {
            "ours": lambda: setup.ours.read_interactions(raw(), scenario, days=days),
            _BEST: lambda: http.read_in_tasks(url, windows, len),
            _SEQUENTIAL: lambda: http.read_in_turn(url, windows, len),
        },
        [
            Line(what, "ours", lambda _: floor, _FLOOR, at_most(1.25)),
            Line(f"- {_BEST}", _BEST, lambda _: floor, _FLOOR, at_most(None)),
            Line("- one window at a time", "ours", _SEQUENTIAL, _SEQUENTIAL, at_least(6)),
        ],
    )


def month_slow(setup: Setup) -> Case:
    """The same where latency is most of it."""
    scenario, days = setup.month(setup.sizes.slow), setup.sizes.days
    url, windows = http.find_url(setup.url, scenario), http.plan(days)
    floor = find_floor(scenario, days)
    what = f"a month at {_milliseconds(scenario)}, raw pages"
    return Case(
        {
            "ours": lambda: setup.ours.read_interactions(raw(), scenario, days=days),
            _BEST: lambda: http.read_in_tasks(url, windows, len),
        },
        [
            Line(what, "ours", lambda _: floor, _FLOOR, at_most(1.10)),
            Line(f"- {_BEST}", _BEST, lambda _: floor, _FLOOR, at_most(None)),
        ],
    )


def month_small(setup: Setup) -> Case:
    """Typed rows of small pages."""
    scenario, days = setup.small(setup.sizes.latency), setup.sizes.days
    floor, job = find_floor(scenario, days), touch(*ALL_COLUMNS)
    what = f"a month at {_milliseconds(scenario)}, pages of {scenario.page}, typed rows"
    return Case(
        {"ours": lambda: setup.ours.read_interactions(job, scenario, days=days)},
        [Line(what, "ours", lambda _: floor, _FLOOR, at_most(1.15))],
    )


def month_rows(setup: Setup) -> Case:
    """Typed rows of the month."""
    job = touch(*ALL_COLUMNS)
    each: Any = job.each
    return _month_decoded(setup, "typed rows", job, lambda pieces: read_rows(pieces, each))


def month_batches(setup: Setup) -> Case:
    """Record batches of the month."""
    return _month_decoded(setup, "record batches", batches(), _count_batches)


def long_day(setup: Setup) -> Case:
    """One day whose token chain is long, which only shorter windows can break."""
    scenario = setup.small(setup.sizes.slow, pages=40)
    chain = scenario.latency * scenario.rows / scenario.page
    limit = 1.5 / 8.0 * chain
    what = f"one day of 40 pages at {_milliseconds(scenario)}, 8 at once, typed rows"
    job = touch(*ALL_COLUMNS)
    return Case(
        {"ours": lambda: setup.ours.read_interactions(job, scenario, days=1)},
        [Line(what, "ours", lambda _: chain, "40 x latency", under(limit))],
    )


def wide_window(setup: Setup) -> Case:
    """One window over a slow connection: the next page can be asked for before this one is in."""
    scenario = setup.wide()
    url, windows = http.find_url(setup.url, scenario), http.plan(1)
    what = f"20 pages in one window, {_milliseconds(scenario)}, 20 MB/s a connection"
    return Case(
        {
            "ours": lambda: setup.ours.read_interactions(raw(), scenario, days=1, concurrency=1),
            _SEQUENTIAL: lambda: http.read_in_turn(url, windows, len),
        },
        [Line(what, "ours", _SEQUENTIAL, _SEQUENTIAL, at_least(2.3))],
    )


def _month_decoded(setup: Setup, of: str, job: Job, use: UsePieces) -> Case:
    scenario, days = setup.month(setup.sizes.latency), setup.sizes.days
    url, windows = http.find_url(setup.url, scenario), http.plan(days)
    floor = find_floor(scenario, days)

    def limit(figures: Figures) -> float:
        return max(floor, figures["decoding"])

    what = f"a month at {_milliseconds(scenario)}, {of}"
    return Case(
        {
            "ours": lambda: setup.ours.read_interactions(job, scenario, days=days),
            "decoding": lambda: read_in_memory(setup.site, scenario, days, use),
            _SEQUENTIAL: lambda: http.read_in_turn(url, windows, lambda page: use([page])),
        },
        [
            Line(what, "ours", limit, "floor or decoding", at_most(1.15)),
            Line("- one window at a time", "ours", _SEQUENTIAL, _SEQUENTIAL, at_least(6)),
        ],
    )


def _count_batches(pieces: Iterable[bytes]) -> int:
    from ..bare.arrow import count_batches

    return count_batches(pieces)


def _milliseconds(scenario: Scenario) -> str:
    return f"{scenario.latency * 1e3:.0f} ms"
