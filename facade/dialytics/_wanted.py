"""What a client's method lists, and the windows that it is read in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from attrs import frozen

from ._checkpoints import Checkpoint, Partition
from ._declarations import Operation
from ._listings import Listing, check_page_size, digest_arguments
from ._messages import Request
from ._ranges import Range
from ._windows import Plan, cut

R = TypeVar("R")


@frozen
class Wanted(Generic[R]):
    """The arguments of a method that lists.

    Attributes:
        operation: What is called.
        base: The request, but for windows and pages.
        row_class: What the items become.
        within: The range of time; ``None`` where there is none.
        keys: What is listed one by one, such as cultures.
        key_parameter: The query parameter that a key goes into.
        expects: What is true of every row if the vendor filters as it was asked to.
        divisible: Whether windows may be cut shorter than the vendor's limit.
        columns: The only attributes that are read; ``None`` reads all.
        asked: Columns that the call asks the vendor for, of rows without columns of their own.
    """

    operation: Operation
    base: Request
    row_class: type[R]
    within: Range | None = None
    keys: Sequence[str] | None = None
    key_parameter: str | None = None
    expects: Callable[[R], bool] | None = None
    divisible: bool = True
    columns: frozenset[str] | None = None
    asked: tuple[str, ...] = ()

    def start(
        self, resume: Checkpoint | str | None, partition: Callable[[], tuple[Partition, ...]]
    ) -> Checkpoint:
        """Return where to begin: at the front of a new plan, or where a checkpoint stands.

        Raises:
            CheckpointMismatch: The checkpoint is of another call.
        """
        arguments = self._digest()
        if resume is None:
            return Checkpoint(self.operation.id, arguments, partition())
        start = resume if isinstance(resume, Checkpoint) else Checkpoint.from_json(resume)
        start.require(self.operation.id, arguments)
        return start

    def partition(self, planned: Plan | None, parts: int) -> tuple[Partition, ...]:
        """Return the units of work; windows are cut where there are fewer units than parts."""
        if planned is None:
            return (Partition(0),)
        keys: Sequence[str | None] = self.keys or (None,)
        rule, windows = self.operation.window, planned.windows
        if rule is not None and (pieces := parts // (len(windows) * len(keys))) > 1:
            windows = tuple(part for window in windows for part in cut(window, pieces, rule))
        units = [(window, key) for window in windows for key in keys]
        return tuple(Partition(index, key, window) for index, (window, key) in enumerate(units))

    def listing(self, start: Checkpoint, page_size: int | None) -> Listing[R]:
        """Return what reads the pages."""
        return Listing(
            operation=self.operation,
            row_class=self.row_class,
            base=self.base,
            partitions=start.partitions,
            page_size=check_page_size(page_size, self.operation),
            key_parameter=self.key_parameter,
            expects=self.expects,
            columns=self.columns,
            divisible=self.divisible,
            asked=self.asked,
        )

    def _digest(self) -> str:
        one = self.within
        span = () if one is None else (one.start, one.end, one.tz, one.clip)
        columns = None if self.columns is None else sorted(self.columns)
        return digest_arguments(self.operation, self.base, *span, self.keys, columns)
