"""The shelf of pages read ahead: bounded, in order, and never at a standstill."""

from __future__ import annotations

import random
from collections import deque

import pytest
from attrs import define, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from dialytics._ahead import Shelf


@frozen
class Leaf:
    """A page of a job."""

    job: int
    number: int
    size: int


@define
class Reader:
    """A job as readers run it: a page may follow the one before when there is room."""

    index: int
    sizes: deque[int]
    read: int = 0
    over: bool = False


@define
class World:
    """Readers and a consumer around a shelf, which do things in any order."""

    shelf: Shelf[Leaf]
    jobs: list[list[int]]
    readers: dict[int, Reader] = field(factory=dict)
    waiting: list[Leaf] = field(factory=list)
    taken: list[Leaf] = field(factory=list)

    @property
    def held(self) -> int:
        return sum(leaf.size for leaf in self.waiting)

    @property
    def running(self) -> list[Reader]:
        return [one for one in self.readers.values() if not one.over]

    def begin(self) -> None:
        """Start what the shelf lets start, and see that it is as much as it may be, no more."""
        full, idle = self.held >= self.shelf.budget, not self._open
        for index in self.shelf.begin():
            assert index == len(self.readers)
            assert idle or not full
            idle = False
            self.readers[index] = Reader(index, deque(self.jobs[index]))
        assert len(self.running) <= self.shelf.concurrency
        if not full and len(self.readers) < len(self.jobs):
            assert len(self.running) == self.shelf.concurrency

    @property
    def _open(self) -> list[Reader]:
        left = {leaf.job for leaf in self.waiting}
        return [one for one in self.readers.values() if not one.over or one.index in left]

    def step(self, reader: Reader) -> bool:
        """Let a reader put its next page, or end; tell whether it may do either."""
        if not reader.sizes:
            self.shelf.end(reader.index)
            reader.over = True
            return True
        if reader.read:
            room, full = self.shelf.has_room(reader.index), self.held >= self.shelf.budget
            assert room or full
            if room and full:
                # The consumer waits for this one.
                assert reader.index == min(one.index for one in self.running)
                assert reader.index not in {leaf.job for leaf in self.waiting}
            if not room:
                return False
        leaf = Leaf(reader.index, reader.read, reader.sizes.popleft())
        reader.read += 1
        self.waiting.append(leaf)
        self.shelf.put(reader.index, leaf)
        return True

    def take(self) -> bool:
        """Let the consumer take a page; tell whether there was one."""
        leaf = self.shelf.take()
        if leaf is None:
            return False
        self.waiting.remove(leaf)
        self.taken.append(leaf)
        return True


JOBS = st.lists(st.lists(st.integers(1, 9), max_size=5), max_size=7)


@pytest.mark.parametrize("ordered", [False, True])
@given(
    jobs=JOBS,
    concurrency=st.integers(1, 4),
    budget=st.integers(0, 25),
    chance=st.randoms(use_true_random=False),
)
def test_whatever_happens_first(
    jobs: list[list[int]], concurrency: int, budget: int, chance: random.Random, *, ordered: bool
) -> None:
    """In any order of events all pages come once, in order, within the budget, without an end."""
    world = World(Shelf(len(jobs), concurrency, budget, ordered), jobs)
    world.begin()
    most = max((max(sizes, default=0) for sizes in jobs), default=0)
    while not world.shelf.done:
        readers = world.running
        chance.shuffle(readers)
        moved = chance.random() < 0.5 and any(world.step(one) for one in readers)
        moved = moved or (world.shelf.ready() and world.take())
        moved = moved or any(world.step(one) for one in readers)
        before = len(world.readers)
        world.begin()
        assert moved or world.shelf.done or len(world.readers) > before, "nobody may do anything"
        assert world.held <= budget + concurrency * most
    expected = [Leaf(job, n, size) for job, of in enumerate(jobs) for n, size in enumerate(of)]
    assert sorted(world.taken, key=lambda leaf: (leaf.job, leaf.number)) == expected
    for job in range(len(jobs)):
        numbers = [leaf.number for leaf in world.taken if leaf.job == job]
        assert numbers == sorted(numbers)
    if ordered:
        assert world.taken == expected
    assert (world.shelf.take(), world.shelf.ready(), world.shelf.begin()) == (None, True, [])


@pytest.mark.parametrize("ordered", [False, True])
def test_an_error_comes_after_its_jobs_pages(*, ordered: bool) -> None:
    """What a job ended with is raised once its pages have been taken, in order at its turn."""
    shelf = Shelf[Leaf](2, 2, 100, ordered)
    assert shelf.begin() == [0, 1]
    failure = ValueError()
    shelf.put(1, Leaf(1, 0, 1))
    shelf.end(1, failure)
    assert shelf.ready() != ordered
    assert shelf.take() == (None if ordered else Leaf(1, 0, 1))
    shelf.put(0, Leaf(0, 0, 1))
    shelf.end(0)
    assert shelf.take() == Leaf(0, 0, 1)
    if ordered:
        assert shelf.take() == Leaf(1, 0, 1)
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # this very one
        shelf.take()
    assert caught.value is failure
    assert shelf.done


def test_pages_that_wait_behind_another_are_not_ready() -> None:
    """In order, only the first job's pages, or its end, wake the consumer; else any job's do."""
    for ordered in (False, True):
        shelf = Shelf[Leaf](2, 2, 100, ordered)
        shelf.begin()
        assert not shelf.ready()
        shelf.put(1, Leaf(1, 0, 1))
        assert shelf.ready() != ordered
        shelf.end(0)
        assert shelf.ready()
        assert shelf.take() == Leaf(1, 0, 1)
        assert not shelf.ready()
        shelf.end(1)
        assert shelf.ready()
        assert (shelf.take(), shelf.done) == (None, True)
