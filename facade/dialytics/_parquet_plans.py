"""Which windows a call writes into a folder that others may have written to before. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import TypeAlias

from attrs import evolve, frozen

from ._checkpoints import Checkpoint, Partition
from ._windows import Window
from .errors import CheckpointMismatch

SpanKey: TypeAlias = tuple[object, ...]
_NEVER = datetime.min.replace(tzinfo=UTC)


@frozen
class FolderPlan:
    """What a call does in a folder.

    Attributes:
        start: Where it begins: its own windows, with those finished that it need not write.
        whole: All windows of the folder, with those finished whose files stay.
        wanted: What it writes.
        former: Windows whose place others take.
    """

    start: Checkpoint
    whole: Checkpoint
    wanted: frozenset[SpanKey]
    former: tuple[Partition, ...]


def plan_call(
    start: Checkpoint,
    known: Checkpoint | None,
    here: frozenset[int],
    refusal: Callable[[str], CheckpointMismatch],
    *,
    is_part: bool,
) -> FolderPlan:
    """Return what a call does that would begin at ``start`` in an empty folder.

    What has settled stays: windows that touched now when they were read, and listings without
    windows, are read again.

    Args:
        start: Where it would begin.
        known: What former calls have written down.
        here: The windows of that which are finished and whose files are there.
        refusal: Makes the error of a call that does not fit, told why.
        is_part: Whether ``start`` is a checkpoint of the caller's own, of which the rest is wanted.

    Raises:
        CheckpointMismatch: The files are those of another call, or of windows that are not this
            call's.
    """
    known = _known(start, known, here, refusal)
    there = {span_key(one) for one in known.partitions if one.index in here}
    stays = {span_key(one) for one in known.partitions if _has_settled(one, start)} & there
    others: list[Partition] = []
    if is_part:
        asked, others = _ask_part(start, known, stays, refusal)
        wanted = frozenset({span_key(one) for one in start.rest} - stays)
    else:
        asked = _ask_all(start, known, stays)
        wanted = frozenset({span_key(one) for one in asked} - stays)
    begin = evolve(start, edges=(*known.edges, *start.edges))
    whole = _order([*others, *asked], start)
    left = {span_key(one) for one in whole}
    return FolderPlan(
        _put(begin, asked, {span_key(one) for one in asked} - wanted),
        _put(begin, whole, there - wanted),
        wanted,
        tuple(one for one in known.partitions if span_key(one) not in left),
    )


def merge(mine: Checkpoint, theirs: Checkpoint, wanted: frozenset[SpanKey]) -> Checkpoint:
    """Return what a folder holds where other runs have written down theirs meanwhile.

    Args:
        mine: What this run knows.
        theirs: What they have written down.
        wanted: The windows of which this run knows better.
    """
    own = [one for one in mine.partitions if span_key(one) in wanted]
    others = [one for one in theirs.partitions if span_key(one) not in wanted]
    done = (_done(theirs) - wanted) | (_done(mine) & wanted)
    bounds = {(one.key, at) for one in own if (span := one.window) for at in (span.start, span.end)}
    bounds |= {(one.key, one.at) for one in mine.edges}
    edges = (one for one in theirs.edges if (one.key, one.at) not in bounds)
    return _put(evolve(mine, edges=(*mine.edges, *edges)), _order([*others, *own], theirs), done)


def span_key(partition: Partition) -> SpanKey:
    """Return what tells a window of a folder from the others."""
    window = partition.window
    return (partition.key, *((window.start, window.end) if window else ()))


def finish_only(checkpoint: Checkpoint, indexes: Iterable[int]) -> Checkpoint:
    """Return a checkpoint of which just these windows are finished, and none is begun."""
    return evolve(checkpoint, done=0, finished=tuple(sorted(indexes)), positions=())


def _known(
    start: Checkpoint,
    known: Checkpoint | None,
    here: frozenset[int],
    refusal: Callable[[str], CheckpointMismatch],
) -> Checkpoint:
    """Return what is known of a call's folder, which may be nothing."""
    if known is not None:
        if (known.operation, known.arguments) == (start.operation, start.arguments):
            return known
        if here:
            raise refusal("by a call with other arguments")
    return Checkpoint(start.operation, start.arguments, ())


def _has_settled(partition: Partition, start: Checkpoint) -> bool:
    """Tell whether a call that begins so need not read, or cannot read again, what is there."""
    window = partition.window
    if window is None:
        return False
    return not window.provisional or any(
        one.window is not None and window.start < one.window.start for one in start.partitions[:1]
    )


def _ask_all(start: Checkpoint, known: Checkpoint, stays: set[SpanKey]) -> list[Partition]:
    """Return a whole call's windows: those of the folder, and its own where there are none."""
    spans = [one.window for one in start.partitions if one.window is not None]
    if not spans:
        return [*start.partitions]
    low, high = spans[0].start, spans[-1].end
    kept = [
        one
        for one in known.partitions
        if span_key(one) in stays
        or (
            one.window is not None
            and not one.window.provisional
            and low <= one.window.start
            and one.window.end <= high
        )
    ]
    taken = _by_key(kept)
    new = [
        evolve(one, window=gap)
        for one in start.partitions
        if one.window is not None
        for gap in _gaps(one.window, taken.get(one.key, ()))
    ]
    return _order([*kept, *new], start)


def _ask_part(
    start: Checkpoint,
    known: Checkpoint,
    stays: set[SpanKey],
    refusal: Callable[[str], CheckpointMismatch],
) -> tuple[list[Partition], list[Partition]]:
    """Return a part's windows, and those of the folder that are not its own."""
    ours = {span_key(one): one for one in start.partitions}
    taken = _by_key(start.partitions)
    others = []
    for one in known.partitions:
        if span_key(one) in stays and span_key(one) in ours:
            ours[span_key(one)] = one
        elif span_key(one) not in ours:
            window = one.window
            gaps = [window] if window is None else [*_gaps(window, taken.get(one.key, ()))]
            if gaps == [window]:
                others.append(one)
            elif gaps or window is None or not window.provisional:
                raise refusal("in other windows than this call's")
    return [*ours.values()], others


def _gaps(window: Window, taken: Sequence[Window]) -> Iterator[Window]:
    """Yield what of a window none of others covers, which are ascending and do not overlap."""
    at, index = window.start, bisect_right(taken, window.start, key=attrgetter("end"))
    while index < len(taken) and taken[index].start < window.end:
        if at < taken[index].start:
            yield Window(at, taken[index].start, window.provisional)
        at, index = taken[index].end, index + 1
    if at < window.end:
        yield Window(at, window.end, window.provisional)


def _by_key(partitions: Iterable[Partition]) -> dict[str | None, list[Window]]:
    windows: dict[str | None, list[Window]] = {}
    for one in partitions:
        if one.window is not None:
            windows.setdefault(one.key, []).append(one.window)
    for each in windows.values():
        each.sort(key=attrgetter("start"))
    return windows


def _order(partitions: Iterable[Partition], like: Checkpoint) -> list[Partition]:
    """Return windows ascending, and the keys of each as those of another plan."""
    keys = {key: rank for rank, key in enumerate(dict.fromkeys(one.key for one in like.partitions))}
    dated = [(one.window.start if one.window else _NEVER, one) for one in partitions]
    dated.sort(key=lambda pair: (pair[0], keys.get(pair[1].key, len(keys))))
    return [one for _, one in dated]


def _put(like: Checkpoint, partitions: Iterable[Partition], done: Iterable[SpanKey]) -> Checkpoint:
    """Return a checkpoint with a plan, of which some windows are finished."""
    plan, done = tuple(evolve(one, index=index) for index, one in enumerate(partitions)), {*done}
    finished = (one.index for one in plan if span_key(one) in done)
    return finish_only(evolve(like, partitions=plan, dumped=[]), finished)


def _done(checkpoint: Checkpoint) -> set[SpanKey]:
    return {span_key(one) for one in checkpoint.partitions} - {
        span_key(one) for one in checkpoint.rest
    }
