"""What one small call costs above the HTTP client's own share."""

from __future__ import annotations

import asyncio
import time

import httpx

from dialytics import AsyncChatlayer, Chatlayer

from ..aims import at_most
from ..harness import Case, Line, Outcome
from ..scenario import Scenario
from ..setup import Setup

_BARE = "bare httpx, the same client"
_MESSAGE = "hello"


def echo(setup: Setup) -> Case:
    """Echo in a row, with both kinds of client."""
    url, count = setup.url + Scenario().path, setup.sizes.calls
    return Case(
        {
            "ours": lambda: _call(url, count),
            "bare": lambda: _call_bare(url, count),
            "ours, async": lambda: asyncio.run(_call_async(url, count)),
            "bare, async": lambda: asyncio.run(_call_bare_async(url, count)),
        },
        [
            Line("one small call (echo)", "ours", "bare", _BARE, at_most(1.25)),
            Line("- asynchronous", "ours, async", "bare, async", _BARE, at_most(1.25)),
        ],
    )


def _call(url: str, count: int) -> Outcome:
    with httpx.Client() as wire:
        client = Chatlayer(auth="token", base_url=url, http_client=wire)
        client.echo(_MESSAGE)
        started = time.perf_counter()
        for _ in range(count):
            client.echo(_MESSAGE)
        return Outcome((time.perf_counter() - started) / count)


def _call_bare(url: str, count: int) -> Outcome:
    with httpx.Client() as wire:
        wire.post(f"{url}/v1/echo", json={"message": _MESSAGE})
        started = time.perf_counter()
        for _ in range(count):
            wire.post(f"{url}/v1/echo", json={"message": _MESSAGE}).json()["message"]
        return Outcome((time.perf_counter() - started) / count)


async def _call_async(url: str, count: int) -> Outcome:
    async with httpx.AsyncClient() as wire:
        client = AsyncChatlayer(auth="token", base_url=url, http_client=wire)
        await client.echo(_MESSAGE)
        started = time.perf_counter()
        for _ in range(count):
            await client.echo(_MESSAGE)
        return Outcome((time.perf_counter() - started) / count)


async def _call_bare_async(url: str, count: int) -> Outcome:
    async with httpx.AsyncClient() as wire:
        await wire.post(f"{url}/v1/echo", json={"message": _MESSAGE})
        started = time.perf_counter()
        for _ in range(count):
            (await wire.post(f"{url}/v1/echo", json={"message": _MESSAGE})).json()["message"]
        return Outcome((time.perf_counter() - started) / count)
