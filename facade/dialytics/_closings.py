"""Generators that other generators read, and close; and what closes their synchronous twins."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable
from contextlib import closing
from typing import Generic, Self, TypeVar

__all__ = ["aclosing", "closing"]

T = TypeVar("T")


class aclosing(Generic[T]):  # noqa: N801  # as the standard library's
    """Iterates a generator, and closes it at the end of the block, as nobody else does.

    An event loop that ends closes all generators that it knows at the same time: an inner one amid
    its outer one's closing it. So it does not get to know it.
    """

    def __init__(self, generator: AsyncGenerator[T]) -> None:
        self._generator = generator
        self._begun = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._generator.aclose()

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[T]:
        if self._begun:
            return self._generator.__anext__()
        self._begun = True
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=None, finalizer=_leave)
        try:
            return self._generator.__anext__()
        finally:
            sys.set_asyncgen_hooks(*hooks)


def _leave(_: object) -> None:
    """Leave it to the outer one, which closes it later; without this Python would do so at once."""
