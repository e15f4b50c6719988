"""What is iterated once, and lets go of what it holds."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Any, Self, TypeVar

from ..errors import ArgumentError

T = TypeVar("T")


class AsyncIteration:
    """Something that is iterated once; a context manager that closes it."""

    def __init__(self, this_has: str, vendor: str, method: str) -> None:
        self._this_has = this_has
        self._vendor = vendor
        self._method = method
        self._used = False
        self._active: AsyncGenerator[Any] | None = None

    async def aclose(self) -> None:
        """Stop reading and release what the iteration holds; closing twice does nothing."""
        self._used = True
        if self._active is not None:
            await self._active.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _begin(self, items: AsyncGenerator[T]) -> AsyncGenerator[T]:
        if self._used:
            raise ArgumentError(
                f"{self._this_has} been iterated or closed; call {self._method}() again, with "
                f"resume={self._this_has.split()[1]}.checkpoint to go on where it stands",
                vendor=self._vendor,
                operation=self._method,
            )
        self._used, self._active = True, items
        return items
