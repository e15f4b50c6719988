"""Bare httpx loops over the pages of windows: one after the other, in tasks, in threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import httpx

from ..harness import Outcome
from ..scenario import FIRST_DAY, Scenario

Query = dict[str, str]
Use = Callable[[bytes], int]
UseWindow = Callable[[Query, Iterator[bytes]], int]

_TIMEOUT = 60.0


def find_url(url: str, scenario: Scenario) -> str:
    """Return the address of the interaction log."""
    return f"{url}{scenario.path}/acme/projects/shop/interactions"


def plan(days: int) -> list[Query]:
    """Return the first query of each day."""
    dates = [(FIRST_DAY + timedelta(day)).isoformat() for day in range(days + 1)]
    return [
        {
            "culture": "en",
            "startDate": f"{start}T00:00:00Z",
            "endDate": f"{end}T00:00:00Z",
            "paginateData": "true",
        }
        for start, end in pairwise(dates)
    ]


def iterate_pages(client: httpx.Client, url: str, query: Query) -> Iterator[bytes]:
    """Yield the pages of one window."""
    while True:
        response = client.get(url, params=query)
        yield response.content
        if not (token := response.headers.get("continuationToken")):
            return
        query = {**query, "continuationToken": token}


def read_in_turn(url: str, windows: Sequence[Query], use: Use) -> Outcome:
    """Read windows one after the other."""
    with httpx.Client(timeout=_TIMEOUT) as client:
        started = time.perf_counter()
        amount = sum(use(page) for query in windows for page in iterate_pages(client, url, query))
        return Outcome(time.perf_counter() - started, amount)


def read_in_tasks(url: str, windows: Sequence[Query], use: Use, tasks: int = 8) -> Outcome:
    """Read windows with some tasks that share them out."""
    return asyncio.run(_read_in_tasks(url, windows, use, tasks))


def read_in_threads(
    url: str, windows: Sequence[Query], use: UseWindow, threads: int = 8
) -> Outcome:
    """Read windows with some threads that share them out."""
    with httpx.Client(timeout=_TIMEOUT) as client, ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        amount = sum(pool.map(lambda query: use(query, iterate_pages(client, url, query)), windows))
        return Outcome(time.perf_counter() - started, amount)


def stream_whole(url: str, query: Query) -> int:
    """Read one page as a stream, keeping nothing."""
    with (
        httpx.Client(timeout=_TIMEOUT) as client,
        client.stream("GET", url, params=query) as response,
    ):
        return sum(map(len, response.iter_bytes()))


async def stream_whole_async(url: str, query: Query) -> int:
    """Read one page as a stream, keeping nothing, in a task."""
    async with (
        httpx.AsyncClient(timeout=_TIMEOUT) as client,
        client.stream("GET", url, params=query) as response,
    ):
        return sum([len(piece) async for piece in response.aiter_bytes()])


async def _read_in_tasks(url: str, windows: Sequence[Query], use: Use, tasks: int) -> Outcome:
    rest, amounts = iter(windows), [0] * tasks

    async def work(number: int) -> None:
        for window in rest:
            query = window
            while True:
                response = await client.get(url, params=query)
                amounts[number] += use(response.content)
                if not (token := response.headers.get("continuationToken")):
                    break
                query = {**query, "continuationToken": token}

    async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
        started = time.perf_counter()
        await asyncio.gather(*map(work, range(tasks)))
        return Outcome(time.perf_counter() - started, sum(amounts))
