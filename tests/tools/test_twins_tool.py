"""Turning asynchronous source into its synchronous twin."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tools import twins

SOURCE = '''
from ._async.pager import AsyncPager
from ._task_readers import AsyncLookAhead


class AsyncThing:
    """An asynchronous thing.

    Example:
        >>> async with thing as one:
        ...     await one.send("x")
        >>> [row async for row in thing.rows()]
        >>> await thing.aclose()
    """

    async def __aenter__(self) -> AsyncThing:
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.aclose()

    async def send(self) -> AsyncPager:
        async with self.lock:
            async for chunk in response.aiter_raw():
                await async_sleep(1)
'''


def test_translate() -> None:
    """Code, names and docstrings all become synchronous."""
    twin = twins.translate(SOURCE)
    ast.parse(twin)
    assert "sync " not in twin.replace("synchronous thing", "").replace("_sync", "")
    assert "Async" not in twin
    assert "await" not in twin
    for line in (
        "from ._sync.pager import Pager",
        "from ._thread_readers import LookAhead",
        "class Thing:",
        '    """A synchronous thing.',
        '        ...     one.send("x")',
        "        >>> with thing as one:",
        "        >>> [row for row in thing.rows()]",
        "        >>> thing.close()",
        "    def __enter__(self) -> Thing:",
        "    def __exit__(self, *reason: object) -> None:",
        "        with self.lock:",
        "            for chunk in response.iter_raw():",
        "                thread_sleep(1)",
    ):
        assert line in twin.splitlines()


@pytest.mark.parametrize(
    "source",
    [
        'text = "use AsyncPager"\n',
        "# an async remark\n",
        "first = anext(rows)\n",
        "rows = aiter(pager)\n",
        "text = 'await it'\n",
    ],
)
def test_half_translations_are_refused(source: str) -> None:
    """What the translation passes over fails the run and is shown."""
    with pytest.raises(twins.TwinError, match="cannot be translated") as caught:
        twins.translate(source)
    assert source.strip() in str(caught.value)


def test_every_module_has_its_twin() -> None:
    """Each asynchronous module goes to the synchronous file beside it, and that file is there."""
    sources = twins.twin_sources()
    here = {path for path in twins.FACADE.rglob("*.py") if "_async" in path.as_posix()}
    assert set(sources) == here
    for source, target in sources.items():
        assert target == Path(str(source).replace("_async", "_sync"))
        assert target.exists()


def test_f_strings_are_translated_or_refused() -> None:
    """What an f-string awaits is refused where Python reads it as one token (before 3.12)."""
    source = 'text = f"{await read()} rows"\n'
    try:
        twin = twins.translate(source)
    except twins.TwinError:
        assert sys.version_info < (3, 12)
    else:
        assert twin == 'text = f"{read()} rows"\n'
