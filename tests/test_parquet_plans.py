"""Plans of folders: after any runs, the windows whose files are there are the call's, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialytics._checkpoints import Checkpoint, Edge, Partition
from dialytics._parquet_plans import FolderPlan, SpanKey, merge, plan_call, span_key
from dialytics._ranges import WindowRule
from dialytics._windows import Window, cut, plan
from dialytics.errors import CheckpointMismatch, WindowError

RULE: Final = WindowRule(
    resolution=timedelta(seconds=1), max_span=timedelta(days=1), horizon=timedelta(days=9)
)
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


def refuse(how: str) -> CheckpointMismatch:
    return CheckpointMismatch(how)


def begin(end: int | None, now: int, parts: int, *, arguments: str = "x") -> Checkpoint:
    """Return where a call begins, of two keys, whose end and now are in hours."""
    last = None if end is None else START + end * HOUR
    made = plan(START, last, rule=RULE, now=START + now * HOUR, clip=True)
    pieces = parts // (len(made.windows) * 2)
    windows = [part for one in made.windows for part in cut(one, max(1, pieces), RULE)]
    units = [(key, window) for window in windows for key in ("nl", "en")]
    plans = (Partition(index, key, window) for index, (key, window) in enumerate(units))
    return Checkpoint("op", arguments, tuple(plans))


class Folder:
    """A folder in memory: what is written down, and each file's window by its name."""

    def __init__(self) -> None:
        self.known: Checkpoint | None = None
        self.files: dict[tuple[object, ...], Partition] = {}

    def plan(self, start: Checkpoint, *, is_part: bool = False) -> FolderPlan:
        """Begin a run."""
        known = self.known
        rest = set() if known is None else {one.index for one in known.rest}
        here = frozenset(
            one.index
            for one in (known.partitions if known else ())
            if one.index not in rest and self.files.get(span_key(one)[:2]) is not None
        )
        made = plan_call(start, known, here, refuse, is_part=is_part)
        names = {span_key(one)[:2] for one in made.whole.partitions}
        lost = [one for name, one in self.files.items() if name not in names]
        assert {span_key(one)[:2] for one in lost} <= {span_key(one)[:2] for one in made.former}
        # Nothing that was finished goes if it cannot be read again.
        low = start.partitions[0].window
        assert low is not None
        finished = {
            span_key(one) for one in (known.partitions if known else ()) if one.index in here
        }
        gone = [one.window for one in lost if span_key(one) in finished and one.window]
        assert all(one.start >= low.start for one in gone)
        self.files = {name: one for name, one in self.files.items() if name in names}
        self.known = made.whole
        return made

    def write(self, made: FolderPlan, count: int) -> bool:
        """Go on with a run for so many windows; tell whether it has ended."""
        assert self.known is not None
        todo = made.start.rest
        done = {one.index for one in made.start.partitions} - {one.index for one in todo}
        for one in todo[:count]:
            assert span_key(one) in made.wanted
            self.files[span_key(one)[:2]] = one
            done.add(one.index)
        reached = evolve(made.start, finished=tuple(sorted(done)))
        self.known = merge(reached, self.known, made.wanted)
        return count >= len(todo)

    def windows(self, key: str) -> list[Window]:
        """Return the windows of the files of a key, ascending."""
        own = [one.window for one in self.files.values() if one.key == key and one.window]
        return sorted(own, key=lambda one: one.start)


def require_tiles(windows: list[Window], low: datetime, end: datetime) -> None:
    """Refuse windows that overlap, or leave a gap from an instant on."""
    for one, other in pairwise(windows):
        assert one.end <= other.start
        assert one.end == other.start or other.start <= low
    assert windows[-1].end == end


RUNS: Final = st.lists(
    st.tuples(
        st.integers(1, 60) | st.integers(200, 300),
        st.integers(1, 16),
        st.integers(0, 30),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=8,
)


@given(end=st.none() | st.integers(1, 200), runs=RUNS)
def test_runs_add_up(end: int | None, runs: list[tuple[int, int, int, int]]) -> None:
    """However runs are cut, stopped and robbed of files, a complete one has each instant once."""
    folder, now = Folder(), 0
    for hours, parts, count, removed in runs:
        now += hours
        try:
            start = begin(end, now, parts)
        except WindowError:
            # The vendor gives none of it any more.
            return
        folder.files = dict([*folder.files.items()][removed:])
        made = folder.plan(start)
        for key in ("nl", "en"):
            own = [one.window for one in made.start.partitions if one.key == key and one.window]
            spans = sorted(own, key=lambda one: one.start)
            assert all(one.end <= other.start for one, other in pairwise(spans))
            assert [one for one in own if one.start >= spans[0].start] == spans
        if folder.write(made, count * 2):
            first, last = (start.partitions[index].window for index in (0, -1))
            assert first is not None
            assert last is not None
            for key in ("nl", "en"):
                require_tiles(folder.windows(key), first.start, last.end)
            again = folder.plan(start)
            assert all(one.window and one.window.provisional for one in again.start.rest)


@given(
    parts=st.integers(1, 8),
    order=st.permutations(range(8)),
    counts=st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_parts_add_up_at_once(parts: int, order: list[int], counts: list[bool]) -> None:
    """Parts that are begun all before one ends, in any order, leave the others' windows alone."""
    folder, start = Folder(), begin(48, 100, parts)
    pieces = start.split()
    made = [folder.plan(pieces[number % len(pieces)], is_part=True) for number in order]
    finished: set[SpanKey] = set()
    for one, ends in zip(made, counts, strict=True):
        if ends:
            finished |= one.wanted
            assert folder.write(one, 1)
    assert folder.known is not None
    known = folder.known
    rest = {span_key(one) for one in known.rest}
    assert {span_key(one) for one in known.partitions} == {
        span_key(one) for one in start.partitions
    }
    assert rest == {span_key(one) for one in start.partitions} - finished
    whole = folder.plan(begin(48, 100, 1))
    assert {span_key(one) for one in whole.start.rest} == rest
    assert folder.write(whole, 100)
    for key in ("nl", "en"):
        require_tiles(folder.windows(key), START, START + 48 * HOUR)


def test_settled_windows_stay() -> None:
    """A call without an end reads what touched now, and what is new, in the files' names."""
    folder = Folder()
    assert folder.write(folder.plan(begin(None, 36, 1)), 9)
    made = folder.plan(begin(None, 60, 1))
    assert [one.window.start for one in made.start.rest if one.window] == [
        START + hours * HOUR for hours in (24, 24, 48, 48)
    ]
    assert {span_key(one)[:2] for one in made.former} <= {
        span_key(one)[:2] for one in made.start.partitions
    }


def test_parts_may_widen_what_had_not_settled() -> None:
    """A part whose window begins like a provisional one takes its place; settled ones stay."""
    folder = Folder()
    assert folder.write(folder.plan(begin(None, 36, 1)), 9)
    parts = begin(None, 40, 1).split()
    settled, wider = folder.plan(parts[0], is_part=True), folder.plan(parts[2], is_part=True)
    assert settled.wanted == set()
    assert len(wider.wanted) == len(wider.former) == 1
    two = Window(START + 12 * HOUR, START + 30 * HOUR)
    with pytest.raises(CheckpointMismatch, match="in other windows"):
        folder.plan(Checkpoint("op", "x", (Partition(0, "nl", two),)), is_part=True)


def test_other_calls_are_refused_where_there_are_files() -> None:
    """Other arguments may take a folder over that has none."""
    folder = Folder()
    folder.plan(begin(24, 100, 1))
    made = folder.plan(begin(24, 100, 1, arguments="y"))
    assert folder.write(made, 9)
    with pytest.raises(CheckpointMismatch, match="with other arguments"):
        folder.plan(begin(24, 100, 1))


def test_edges_of_others_are_kept() -> None:
    """What other runs know of the edges of their windows is not lost; of one's own, one knows."""
    start = begin(72, 100, 1)
    first, *_, last = start.split()
    edges = [Edge("nl", START + hours * HOUR, ("a",)) for hours in (24, 48, 72)]
    theirs = evolve(start, edges=tuple(edges))
    mine = evolve(first, finished=(0,), edges=(Edge("nl", START, ("b",)),))
    wanted = frozenset({span_key(first.partitions[0])})
    merged = merge(mine, theirs, wanted)
    assert [(one.at - START) / HOUR for one in merged.edges] == [0, 48, 72]
    assert (merged.finished, merged.partitions) == ((0,), start.partitions)
    assert span_key(last.partitions[0]) in {span_key(one) for one in merged.rest}
