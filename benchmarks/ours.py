"""The library's side: clients of either kind, and what is done with their pagers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from inspect import isawaitable
from operator import attrgetter
from pathlib import Path
from typing import Any

import httpx
from attrs import frozen

import dialytics
from dialytics_clients.chatlayer.rows import TrackingEvent
from dialytics_clients.digitalcx.rows import Interaction

from .harness import NotThereYet, Outcome
from .inmemory import InMemory
from .scenario import FIRST_DAY, NOW, Scenario
from .site import Site

# Without those that parse JSON when they are read: the references leave that text alone.
ALL_COLUMNS = tuple(
    column.attribute for column in Interaction.COLUMNS if not getattr(column, "parsed", False)
)
FIVE_COLUMNS = (
    "log_id",
    "session_uuid",
    "timestamp_start",
    "main_interaction_type",
    "interaction_value",
)
EVENT_FIELDS = tuple(column.attribute for column in TrackingEvent.COLUMNS)


@frozen
class Job:
    """What is done with a pager: ``open`` gives an iterable, or does it all; items are counted."""

    open: Callable[[Any], Any]
    count: Callable[[Any], int] | None = None
    each: Callable[[Any], object] | None = None


def touch(*attributes: str) -> Job:
    """Iterate rows and read some of their attributes, which lazy rows convert only then."""
    return Job(lambda pager: pager, each=attrgetter(*attributes))


def raw() -> Job:
    """Iterate pages as they came, nothing decoded."""
    return Job(_call("raw_pages"), count=len)


def batches() -> Job:
    """Iterate record batches."""
    return Job(_call("batches"), count=lambda batch: int(batch.num_rows))


def to_arrow() -> Job:
    """Read the whole listing into one Arrow table."""
    return Job(_call("to_arrow"))


def write_parquet(folder: Path) -> Job:
    """Write Parquet files, one a window."""
    return Job(_call("write_parquet", folder))


@frozen
class Ours:
    """Our clients against a server, or against a site in memory."""

    url: str = "http://127.0.0.1"
    site: Site | None = None
    asynchronous: bool = True

    def read_interactions(
        self,
        job: Job,
        scenario: Scenario,
        *,
        days: int,
        concurrency: int = 8,
        columns: Sequence[str] | None = None,
    ) -> Outcome:
        """Read the first days of the interaction log."""
        client = self._find("DigitalCX")(
            customer="acme",
            project="shop",
            auth="token",
            base_url=self.url + scenario.path,
            now=lambda: NOW,
            http_client=self._wire(),
        )
        end = Scenario(days=days).end
        return self._run(
            client,
            lambda client: client.interactions(
                culture="en",
                start=FIRST_DAY,
                end=end,
                concurrency=concurrency,
                columns=columns,
            ),
            job,
        )

    def read_events(self, job: Job, scenario: Scenario, *, concurrency: int) -> Outcome:
        """Read all tracking events."""
        client = self._find("Chatlayer")(
            auth="token",
            base_url=self.url + scenario.path,
            now=lambda: NOW,
            http_client=self._wire(),
        )
        return self._run(
            client,
            lambda client: client.events(
                "bot", start=FIRST_DAY, end=scenario.end, concurrency=concurrency
            ),
            job,
        )

    def _find(self, name: str) -> Any:
        return getattr(dialytics, f"Async{name}" if self.asynchronous else name)

    def _wire(self) -> Any:
        if self.site is None:
            return None
        transport = InMemory(self.site)
        if self.asynchronous:
            return httpx.AsyncClient(transport=transport)
        return httpx.Client(transport=transport)

    def _run(self, client: Any, start: Callable[[Any], Any], job: Job) -> Outcome:
        if self.asynchronous:
            return asyncio.run(_run_async(client, start, job))
        with client, start(client) as pager:
            started = time.perf_counter()
            result, amount = job.open(pager), 0
            if job.each is not None:
                for item in result:
                    job.each(item)
            elif job.count is not None:
                amount = sum(job.count(item) for item in result)
            return Outcome(time.perf_counter() - started, amount or pager.stats.rows)


async def _run_async(client: Any, start: Callable[[Any], Any], job: Job) -> Outcome:
    async with client, start(client) as pager:
        started = time.perf_counter()
        result, amount = job.open(pager), 0
        if job.each is not None:
            async for item in result:
                job.each(item)
        elif job.count is not None:
            async for item in result:
                amount += job.count(item)
        elif isawaitable(result):
            await result
        return Outcome(time.perf_counter() - started, amount or pager.stats.rows)


def _call(name: str, *arguments: object) -> Callable[[Any], Any]:
    def call(pager: Any) -> Any:
        method = getattr(pager, name, None)
        if method is None:
            raise NotThereYet(f"Pager.{name}()")
        return method(*arguments)

    return call
