"""Many records, several sent at once: which may go, and what became of each."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from attrs import Factory, define, evolve, field, frozen

from ._checkpoints import Checkpoint, Partition, Position
from ._declarations import Operation
from ._messages import Request
from .errors import ArgumentError, InvalidResponse

I = TypeVar("I")  # noqa: E741  # an item
R = TypeVar("R")
J = TypeVar("J")
T = TypeVar("T")

# A key with many updates in a row should not keep the others from being sent.
_AHEAD_PER_WORKER = 8
_MOST_BYTES_AHEAD = 16 << 20
_DOUBTS_KEPT = 1000


def _name_only(error: Exception | None) -> str:
    return "None" if error is None else type(error).__name__


@frozen(eq=False)
class Outcome(Generic[I, R]):
    """What became of one record of a bulk call. Its repr shows nothing of the record.

    Attributes:
        position: The record's place in the iterable, counted from 0.
        item: The record, the very object that the iterable gave.
        result: What the single call returns; ``None`` if it failed.
        error: Why it could not be sent, was refused, or what is wrong with the answer; ``None`` if
            it succeeded.
        uncertain: Whether a try of it, or of an earlier record that may be about the same thing,
            got no answer, so that the vendor may still carry that try out, over this record's own;
            or an answer that says success and was cut or cannot be read. Check such records later,
            or send their newest version again. The last 1,000 such tries of the call are
            remembered.
    """

    position: int
    item: I = field(repr=False)
    result: R | None = field(default=None, repr=False)
    error: Exception | None = field(default=None, repr=_name_only)
    uncertain: bool = field(default=False, repr=False)


@frozen(eq=False)
class Write:
    """A record that is ready to be sent, as it was when it was read.

    ``key`` says which of the vendor's records it is about; see ``Bulk.overlaps``.
    """

    operation: Operation
    request: Request
    key: Any = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of its body."""
        return len(self.request.content or b"")


@frozen(eq=False)
class Bulk(Generic[I]):
    """What a vendor declares of a bulk call.

    Attributes:
        operation: What is sent for each record; its ``bulk`` is the method's name.
        prepare: Makes a record ready, or raises ``ArgumentError`` for one that cannot be sent.
        overlaps: Whether two keys may be those of one record, so that their order matters.
    """

    operation: Operation
    prepare: Callable[[I], Write]
    overlaps: Callable[[Any, Any], bool]

    @property
    def id(self) -> str:
        """Vendor and method, as checkpoints name them."""
        return f"{self.operation.vendor.name}.{self.operation.bulk}"


def may_be_done(error: Exception, operation: Operation) -> bool:
    """Tell whether an operation was answered with success, in words that cannot be read."""
    return isinstance(error, InvalidResponse) and error.operation == operation.name


class Doubts(Generic[I, R]):
    """Marks the outcomes, as they are handed out, that an uncertain one may still change."""

    def __init__(self, overlaps: Callable[[Any, Any], bool]) -> None:
        self._overlaps = overlaps
        self._keys: deque[Any] = deque(maxlen=_DOUBTS_KEPT)

    def mark(self, outcome: Outcome[I, R], key: Any) -> Outcome[I, R]:
        """Return the next outcome, uncertain if it is; what was not sent has no key."""
        if key is None or outcome.uncertain:
            if outcome.uncertain and key not in self._keys:
                self._keys.append(key)
            return outcome
        doubtful = any(self._overlaps(earlier, key) for earlier in self._keys)
        return evolve(outcome, uncertain=True) if doubtful else outcome


@define(eq=False)
class Slot(Generic[J, T]):
    """A job's place in the line; ``waits`` counts the earlier ones that it has to wait for."""

    number: int
    job: Any
    key: Any
    size: int
    waits: int = 0
    blocks: list[Slot[J, T]] = Factory(list)
    settled: bool = False
    result: T | None = None


class Line(Generic[J, T]):
    """Jobs that were read and not yet handed out, in their order.

    A job may start once all earlier ones that it overlaps are settled: so jobs of one key run one
    after the other, in their order, and others at once. What was read and not yet handed out is
    bounded in number and in bytes, those that may run at once aside.
    """

    def __init__(self, overlaps: Callable[[Any, Any], bool], concurrency: int) -> None:
        self._overlaps = overlaps
        self._concurrency = concurrency
        self._size = 0
        self._slots: deque[Slot[J, T]] = deque()
        self._ready: list[tuple[int, Slot[J, T]]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def full(self) -> bool:
        """Whether nothing more should be read before something was handed out."""
        at_once = _AHEAD_PER_WORKER if self._size < _MOST_BYTES_AHEAD else 1
        return len(self._slots) >= at_once * self._concurrency

    @property
    def ready(self) -> int:
        """How many jobs may start."""
        return len(self._ready)

    @property
    def head_is_settled(self) -> bool:
        """Whether the oldest job's result can be handed out."""
        return bool(self._slots) and self._slots[0].settled

    def add(self, job: J, key: Any, size: int = 0) -> None:
        """Append a job that holds so many bytes, and will until its result is handed out."""
        slot = self._append(job, key, size)
        for earlier in self._slots:
            if earlier is not slot and not earlier.settled and self._overlaps(earlier.key, key):
                earlier.blocks.append(slot)
                slot.waits += 1
        self._release(slot)

    def add_settled(self, result: T, size: int = 0) -> None:
        """Append a result that there is nothing to do for."""
        self.settle(self._append(None, None, size), result)

    def take(self) -> Slot[J, T] | None:
        """Return the oldest job that may start; whoever takes it settles it."""
        return heapq.heappop(self._ready)[1] if self._ready else None

    def settle(self, slot: Slot[J, T], result: T) -> None:
        """Note a job's result, let go what waited for it, and the job itself."""
        slot.result, slot.settled, slot.job = result, True, None
        for later in slot.blocks:
            later.waits -= 1
            self._release(later)
        slot.blocks.clear()

    def pop(self) -> T:
        """Remove the oldest job, which is settled, and return its result."""
        slot = self._slots.popleft()
        self._size -= slot.size
        result: Any = slot.result
        return result  # type: ignore[no-any-return]  # what settle() took

    def _append(self, job: J | None, key: Any, size: int) -> Slot[J, T]:
        slot = Slot[J, T](self._count, job, key, size)
        self._count += 1
        self._size += size
        self._slots.append(slot)
        return slot

    def _release(self, slot: Slot[J, T]) -> None:
        if not slot.waits:
            heapq.heappush(self._ready, (slot.number, slot))


def check_items(items: object, kinds: tuple[type, ...], vendor: str, method: str) -> None:
    """Refuse at the call what holds no records; a single record is itself iterable."""
    if not isinstance(items, kinds) or isinstance(items, (str, bytes, Mapping)):
        raise ArgumentError(
            f"{method}() takes an iterable of records, such as a list or a generator; "
            f"got {type(items).__name__}",
            vendor=vendor,
            operation=method,
        )


def stand_at(bulk: str, position: int) -> Checkpoint:
    """Return the checkpoint that stands after so many outcomes."""
    places = (Position(0, skip=position, rows=position),) if position else ()
    return Checkpoint(bulk, "", (Partition(0),), positions=places)


def read_position(bulk: str, resume: Checkpoint | str | None) -> int:
    """Return how many outcomes had been handed out.

    Raises:
        CheckpointMismatch: It is no checkpoint of this call.
    """
    if resume is None:
        return 0
    checkpoint = resume if isinstance(resume, Checkpoint) else Checkpoint.from_json(resume)
    checkpoint.require(bulk, "")
    return checkpoint.positions[0].rows if checkpoint.positions else 0
