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
        self._closing = False

    async def aclose(self) -> None:
        """Stop reading and release what the iteration holds; closing twice does nothing.

        Raises:
            ArgumentError: Something waits for its next item at this moment.
        """
        self._used = True
        if self._active is None or self._closing:
            return
        self._closing = True
        try:
            await self._active.aclose()
        except (RuntimeError, ValueError) as error:
            if "already" not in str(error):
                raise
            raise ArgumentError(
                f"the {self._this_has.split()[1]} is being read at this moment; leave the loop "
                "that reads it, or close the client, which ends its requests",
                vendor=self._vendor,
                operation=self._method,
            ) from None
        finally:
            self._closing = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            await self.aclose()
        except ArgumentError:
            # What the block ended with says more.
            if exc_value is None:
                raise

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
