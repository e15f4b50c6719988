"""Pages as streams of bytes out of memory: nothing but a decoder is left to be measured."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from ..harness import Outcome
from ..inmemory import cut
from ..scenario import Scenario
from ..site import Site
from .http import find_url, plan

UsePieces = Callable[[Iterable[bytes]], int]


def read_in_memory(site: Site, scenario: Scenario, days: int, use: UsePieces) -> Outcome:
    """Read the pages of the first days."""
    started, amount = time.perf_counter(), 0
    for window in plan(days):
        query = window
        while True:
            answer = site.answer(f"{find_url('', scenario)}?{urlencode(query)}", {}, b"")
            amount += use(cut(answer))
            if "continuationToken" not in answer.headers:
                break
            query = {**query, "continuationToken": answer.headers["continuationToken"]}
    return Outcome(time.perf_counter() - started, amount)
