"""The server that everything is measured against."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve

from benchmarks.bare.http import (
    find_url,
    iterate_pages,
    plan,
    read_in_tasks,
    read_in_threads,
    read_in_turn,
)
from benchmarks.bare.rows import count_cells
from benchmarks.rows import HEADER
from benchmarks.scenario import Scenario
from benchmarks.site import Site

SCENARIO = Scenario(rows=25, days=2, page=10)


def test_scenario() -> None:
    """A scenario survives its way through a URL."""
    scenario = Scenario(1, 2, 3, 0.25, 5, packed=True, explicit_end=True)
    assert Scenario.parse(scenario.path[1:]) == scenario


@pytest.mark.parametrize("explicit", [True, False])
def test_pages(url: str, *, explicit: bool) -> None:
    """A window's pages have all its rows, and end without a token or with a 204."""
    scenario = Scenario(rows=20, days=2, page=10, explicit_end=explicit)
    with httpx.Client() as client:
        pages = list(iterate_pages(client, find_url(url, scenario), plan(1)[0]))
    assert [count_cells([page]) for page in pages if page] == [10, 10]
    assert len(pages) == 2 + explicit


@pytest.mark.parametrize("parts", [1, 3, 8])
def test_windows(url: str, parts: int) -> None:
    """However a day is cut into windows, each row is in one of them."""
    hours = [24 * part // parts for part in range(parts + 1)]
    day = plan(1)[0]
    windows = [
        day | {"startDate": f"2026-09-01T{start:02}:00:00Z"} | _end(end)
        for start, end in pairwise(hours)
    ]
    outcome = read_in_turn(find_url(url, SCENARIO), windows, lambda page: count_cells([page]))
    assert outcome.amount == SCENARIO.rows


def test_loops(url: str) -> None:
    """The bare loops do the same job."""
    address = find_url(url, SCENARIO)
    amounts = {
        read_in_turn(address, plan(2), len).amount,
        read_in_tasks(address, plan(2), len).amount,
        read_in_threads(address, plan(2), lambda _, pages: sum(map(len, pages))).amount,
    }
    assert len(amounts) == 1


def test_packed(url: str, folder: Path) -> None:
    """Whole pages come as gzip to those who accept it, and hold the same."""
    packed = Scenario(rows=20, days=1, page=10, packed=True)
    Site(folder).prepare(packed)
    query = plan(1)[0]
    pages = [
        httpx.get(find_url(url, packed), params=query, headers={"accept-encoding": encoding})
        for encoding in ("gzip", "identity")
    ]
    assert [page.headers.get("content-encoding") for page in pages] == ["gzip", None]
    assert pages[0].content == pages[1].content
    assert pages[0].content.startswith(HEADER)


@pytest.mark.parametrize("slow", [{"latency": 0.2}, {"rate": 400_000}])
def test_slowness(url: str, slow: dict[str, Any]) -> None:
    """A response begins after the latency, and its bytes take their time; 0.2 s here."""
    quick = Scenario(rows=250, days=1, page=250)
    with httpx.Client() as client:
        client.get(find_url(url, quick), params=plan(1)[0])
        started = time.perf_counter()
        client.get(find_url(url, evolve(quick, **slow)), params=plan(1)[0])
    assert time.perf_counter() - started > 0.18


def _end(hour: int) -> dict[str, str]:
    return {"endDate": f"2026-09-01T{hour:02}:00:00Z" if hour < 24 else "2026-09-02T00:00:00Z"}
