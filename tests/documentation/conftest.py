"""Running the documentation's examples: ready clients, and `await` wherever it stands."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stdout
from datetime import UTC, date, datetime
from io import StringIO
from types import FunctionType
from typing import Any, Literal

import pytest

import dialytics
from dialytics.sandbox import Sandbox

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Stage:
    """The names that examples may use, and the running of them."""

    def __init__(self, box: Sandbox, runner: asyncio.Runner, prefix: str) -> None:
        public = {name: getattr(dialytics, name) for name in dialytics.__all__}
        self.clients = make_clients(box, prefix)
        self.names = {**public, **self.clients, "box": box, "date": date, "datetime": datetime}
        self.names |= {"UTC": UTC, "__name__": "examples", "__builtins__": builtins}
        self._runner = runner

    def run(self, source: str, mode: Literal["single", "exec"]) -> str:
        """Run source, which may await, and return what it prints."""
        code = compile(source, "<example>", mode, flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        printed = StringIO()
        with redirect_stdout(printed):
            result = FunctionType(code, self.names)()
            if inspect.iscoroutine(result):
                self._runner.run(result)
        return printed.getvalue()

    def close(self) -> None:
        """Close the clients, of which an example may have closed some."""
        for client in self.clients.values():
            if hasattr(client, "aclose"):
                self._runner.run(client.aclose())
            else:
                client.close()


def make_clients(box: Sandbox, prefix: str) -> dict[str, Any]:
    """Return the four clients, synchronous or with the prefix Async, ready for the sandbox."""

    def make(name: str, **credentials: str) -> Any:
        url = box.url(name.lower())  # type: ignore[arg-type]  # a vendor's name
        client = getattr(dialytics, prefix + name)
        return client(base_url=url, now=box.now, max_retries=0, **credentials)

    return {
        "digitalcx": make("DigitalCX", customer="acme", project="shop", auth="token"),
        "chatlayer": make("Chatlayer", token_id="id", token_secret="secret"),
        "cognigy": make("Cognigy", api_key="key"),
        "inkeep": make("Inkeep", api_key="key"),
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox whose clock is fixed."""
    with Sandbox(seed=1, now=NOW) as box:
        yield box
    assert box.violations == []


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop that outlives each example."""
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def stage(sandbox: Sandbox, runner: asyncio.Runner) -> Iterator[Callable[[str], Stage]]:
    """Return what makes a stage with synchronous ("") or asynchronous ("Async") clients."""
    with ExitStack() as stack:

        def make(prefix: str) -> Stage:
            made = Stage(sandbox, runner, prefix)
            stack.callback(made.close)
            return made

        yield make
