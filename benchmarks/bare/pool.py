"""A thread pool over bare requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from ..harness import Outcome
from .http import Query, UseWindow
from .rows import read_rows


def read_to_memory(url: str, windows: Sequence[Query]) -> Outcome:
    """Read typed rows into one list."""
    rows: list[Any] = []

    def use(_: Query, pages: Iterator[bytes]) -> int:
        return sum(read_rows([page], rows.append) for page in pages)

    return read_in_pool(url, windows, use)


def read_in_pool(url: str, windows: Sequence[Query], use: UseWindow, threads: int = 8) -> Outcome:
    """Read windows with some threads, each of which keeps its connection."""
    local = threading.local()

    def work(query: Query) -> int:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        return use(query, _iterate_pages(local.session, url, query))

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        amount = sum(pool.map(work, windows))
        return Outcome(time.perf_counter() - started, amount)


def _iterate_pages(session: requests.Session, url: str, query: Query) -> Iterator[bytes]:
    while True:
        response = session.get(url, params=query, timeout=60)
        yield response.content
        if not (token := response.headers.get("continuationToken")):
            return
        query = {**query, "continuationToken": token}
