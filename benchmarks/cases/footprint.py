"""Memory and imports, each in a fresh process."""

from __future__ import annotations

from collections.abc import Sequence

from ..aims import at_most_more, megabytes, under
from ..curve import draw_curve
from ..harness import Case, Line, Outcome
from ..probe import run_probe, time_code
from ..scenario import Scenario
from ..setup import Setup

_MONTH_LIMIT = 256e6
_PAGE_LIMIT = 8e6
_BARE = "bare httpx streaming"
_IMPORTS = "httpx and attrs import"
_FIRST_CLIENT = (
    "import dialytics; dialytics.DigitalCX(customer='acme', project='shop', auth='token')"
)


class _Memory:
    """Peaks of processes, and the curve of the last one."""

    def __init__(self) -> None:
        self.curves: dict[str, Sequence[tuple[float, int]]] = {}

    def probe(self, title: str, job: str, *arguments: object) -> Outcome:
        result = run_probe(job, *arguments)
        self.curves[title] = result["samples"]
        return Outcome(result["peak"])

    def notes(self) -> str:
        return "\n\n".join(draw_curve(title, samples) for title, samples in self.curves.items())


def page(setup: Setup) -> Case:
    """One large page, beside a loop that keeps nothing of it."""
    scenario, memory = setup.large(), _Memory()
    what = f"peak memory, one page of {scenario.rows * 400 / 1e6:.0f} MB"
    return Case(
        {
            "ours": lambda: memory.probe(
                what, "ours", setup.url, scenario.path, 1, 1, _kind(setup)
            ),
            _BARE: lambda: memory.probe(_BARE, "bare", setup.url, scenario.path, _kind(setup)),
        },
        [Line(what, "ours", _BARE, _BARE, at_most_more(_PAGE_LIMIT, megabytes))],
        memory.notes,
    )


def months(setup: Setup) -> Case:
    """A month in order, and two."""
    return _months(setup, setup.month(setup.sizes.latency), "in order, 8 at once")


def months_packed(setup: Setup) -> Case:
    """The same where the vendor compresses."""
    scenario = setup.month(setup.sizes.latency, packed=True)
    return _months(setup, scenario, "in order, 8 at once, gzip")


def months_batches(setup: Setup) -> Case:
    """The same as record batches; pyarrow alone takes 50 MB as soon as it is imported."""
    scenario = setup.month(setup.sizes.latency)
    return _months(setup, scenario, "of record batches in order, 8 at once", "batches")


def imports(_: Setup) -> Case:
    """The import, and the first client."""
    return Case(
        {
            "import": lambda: Outcome(time_code("import dialytics")),
            "first client": lambda: Outcome(time_code(_FIRST_CLIENT)),
            "reference": lambda: Outcome(time_code("import httpx, attrs")),
        },
        [
            Line("import dialytics", "import", "reference", _IMPORTS, under(0.010)),
            Line("- first client", "first client", "reference", _IMPORTS, at_most_more(0.030)),
        ],
    )


def _months(setup: Setup, scenario: Scenario, how: str, job: str = "ours") -> Case:
    memory = _Memory()
    lines, contenders = [], {}
    for days in (setup.sizes.days, 2 * setup.sizes.days):
        title = f"peak memory, {days} days {how}"
        contenders[title] = lambda title=title, days=days: memory.probe(
            title, job, setup.url, scenario.path, days, 8, _kind(setup)
        )
        aim = under(_MONTH_LIMIT, megabytes)
        lines.append(Line(title, title, lambda _: _MONTH_LIMIT, "limit", aim))
    return Case(contenders, lines, memory.notes)


def _kind(setup: Setup) -> str:
    return "async" if setup.asynchronous else "sync"
