"""Plans of windows as short JSON: windows of one length that follow each other are one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from attrs import frozen

from ._windows import MOST_WINDOWS, Window

_TICK = timedelta(microseconds=1)


@frozen
class Partition:
    """One unit of work of a listing: a key (such as a culture) and a window, each optional."""

    index: int
    key: str | None = None
    window: Window | None = None


def dump_plan(partitions: Sequence[Partition]) -> list[list[Any]]:
    """Return a plan as blocks of windows that follow each other, with the same keys in each.

    A block is its keys, the first window's start, whether its windows are provisional, and pairs of
    a length in microseconds and how many windows have it, in turn. Without windows it is the keys.
    """
    blocks: list[list[Any]] = []
    end = None
    for window, group in groupby(partitions, attrgetter("window")):
        keys = [one.key for one in group]
        if window is None:
            blocks.append([keys])
            end = None
            continue
        head, span = [keys, int(window.provisional)], window.span // _TICK
        if end != window.start or [blocks[-1][0], blocks[-1][2]] != head:
            blocks.append([keys, window.start.isoformat(), int(window.provisional), []])
        spans, end = blocks[-1][3], window.end
        if spans and spans[-1][0] == span:
            spans[-1][1] += 1
        else:
            spans.append([span, 1])
    return blocks


def load_plan(blocks: object) -> tuple[Partition, ...]:
    """Read what ``dump_plan`` returned; ``ValueError`` or the like for anything else."""
    units = [
        (key, window)
        for keys, *rest in map(require_list, require_list(blocks))
        for window in _load_windows(rest)
        for key in _load_keys(keys)
    ]
    return tuple(Partition(index, key, window) for index, (key, window) in enumerate(units))


def dump_window(window: Window | None) -> list[Any]:
    """Return a window's bounds, and a third value if it is provisional."""
    if window is None:
        return []
    bounds = [window.start.isoformat(), window.end.isoformat()]
    return [*bounds, 1] if window.provisional else bounds


def load_window(values: Sequence[Any]) -> Window | None:
    """Read what ``dump_window`` returned."""
    if not values:
        return None
    start, end, *provisional = values
    parse = datetime.fromisoformat
    return Window(parse(start), parse(end), provisional=bool(provisional))


def dump_runs(indexes: Sequence[int]) -> list[list[int]]:
    """Return ascending indexes as pairs of a first one and how many follow on each other."""
    runs: list[list[int]] = []
    for index in indexes:
        if runs and index == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([index, 1])
    return runs


def load_runs(runs: object, most: int) -> tuple[int, ...]:
    """Read what ``dump_runs`` returned of indexes below ``most``."""
    pairs = [(require_whole(first), require_whole(count)) for first, count in require_list(runs)]
    if any(first + count > most for first, count in pairs):
        raise ValueError
    return tuple(index for first, count in pairs for index in range(first, first + count))


def require_list(value: object) -> list[Any]:
    """Return a JSON list."""
    if not isinstance(value, list):
        raise TypeError
    return value


def require_whole(value: object) -> int:
    """Return a whole number, 0 or more."""
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def require_text(value: object) -> str:
    """Return a text that can be sent and written."""
    if not isinstance(value, str):
        raise TypeError
    # JSON can spell halves of characters, which have no bytes.
    value.encode()
    return value


def _load_keys(keys: object) -> list[str | None]:
    return [None if key is None else require_text(key) for key in require_list(keys)]


def _load_windows(values: Sequence[Any]) -> Iterator[Window | None]:
    if not values:
        yield None
        return
    text, provisional, spans = values
    start = datetime.fromisoformat(text)
    pairs = [(require_whole(span), require_whole(count)) for span, count in require_list(spans)]
    if sum(count for _, count in pairs) > MOST_WINDOWS:
        raise ValueError
    for span, count in pairs:
        for _ in range(count):
            window = Window(start, start + span * _TICK, provisional=bool(provisional))
            yield window
            start = window.end
