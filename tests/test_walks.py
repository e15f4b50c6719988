"""The room `_walks`: lists that move at random, read in parts; nothing is lost or comes twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator

import pytest
from attrs import define, evolve, field

from dialytics._bookmarks import Bookmark, Mark, Way
from dialytics._checkpoints import Position
from dialytics._offsets import Leaf, digest_key
from dialytics._positions import RECENT
from dialytics._stats import Stats
from dialytics._walks import Step, Walk
from dialytics.errors import PaginationLoop, PositionLost, UnstableListing

SAMPLE, SOAK = 1_000, 10_000
MOST_CHANGES = 300
KINDS = ("one", "each", "together")


def test_a_list_without_an_end_is_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round may have so many pages, and a new one begins to count anew."""
    monkeypatch.setattr("dialytics._walks.MOST_PAGES", 3)
    walk = Walk(Stats(), None)
    walk.begin()
    for offset, row in ((0, b"a"), (0, b"x"), (0, b"b")):
        # The second page has moved.
        walk.step(Leaf.of(offset, [row], [1]), None, 2)
    walk.step(Leaf.of(0, [b"b", b"c"], [2]), None, 2)
    walk.step(Leaf.of(1, [b"c", b"d"], [2]), None, 2)
    with pytest.raises(PaginationLoop, match="more than 3 pages"):
        walk.step(Leaf.of(2, [b"d", b"e"], [2]), None, 2)


def test_a_first_round_may_have_as_many_pages_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last page that is allowed is still read."""
    monkeypatch.setattr("dialytics._walks.MOST_PAGES", 3)
    walk = Walk(Stats(), None)
    walk.begin()
    for offset, rows in enumerate(([b"a", b"b"], [b"b", b"c"], [b"c", b"d"])):
        assert walk.step(Leaf.of(offset, rows, [2]), None, 2).fresh
    with pytest.raises(PaginationLoop, match="more than 3 pages"):
        walk.step(Leaf.of(3, [b"d", b"e"], [2]), None, 2)


def test_rows_behind_the_end_that_go_again_are_a_move() -> None:
    """What was seen there is not behind the last row any more: the list is read again."""
    stats = Stats()
    walk = Walk(stats, None)
    asked: Bookmark | None = walk.begin()
    for rows, offset in ((b"ab", 1), (b"b", 2), (b"c", 1), (b"b", 0), (b"ab", 1), (b"bc", 2)):
        assert asked is not None
        digests = [bytes([row]) for row in rows]
        asked = walk.step(Leaf.of(asked.offset, digests, [len(rows)]), 9, 2).ahead
        assert asked is not None
        assert asked.offset == offset
    assert stats.drifts == 1


@pytest.mark.parametrize(("way", "drifts"), [("?", 1), ("", 0)])
def test_a_search_that_goes_on_is_a_drift(way: Way, drifts: int) -> None:
    """Where the last row was still looked for the list is read from its start again."""
    stats = Stats()
    text = Bookmark(6, 9, marks=(Mark(1, 3, digest_key("a"), digest_key("d")),), way=way).text
    first = Walk(stats, Position(0, text, 1, 1, 7, "b")).begin()
    assert first == (Bookmark() if drifts else Bookmark(7, 1))
    assert stats.drifts == drifts


@pytest.mark.parametrize(
    ("pages", "way"),
    [((("abc", "x"), ("cd", "nx")), "~"), ((("abc",), ("cda",)), "")],
)
def test_a_row_that_stands_further_behind_now(pages: tuple[tuple[str, ...], ...], way: str) -> None:
    """It is dropped and counted; of several lists, what came is not all that is in front then."""
    stats = Stats()
    walk, here = Walk(stats, None), None
    walk.begin()
    for offset, lists in zip((0, 2), pages, strict=True):
        digests = [digest_key(letter) for one in lists for letter in one]
        here = walk.step(Leaf.of(offset, digests, [*map(len, lists)]), None, 3).here
    assert here is not None
    assert here.way == way
    assert (stats.duplicates, stats.drifts) == (1, 0)


def test_a_row_that_came_before_is_in_front_of_the_new_ones() -> None:
    """Whoever goes on with that page's first new row goes on behind it."""
    walk = Walk(Stats(), None)
    walk.begin()
    a, b, c, d = map(digest_key, "abcd")
    walk.step(Leaf.of(0, [a, b], [2]), None, 3)
    walk.step(Leaf.of(1, [b, c], [2]), None, 3)
    here = walk.step(Leaf.of(2, [c, a, d], [3]), None, 3).here
    assert here is not None
    assert here.marks == (Mark(2, 1, a, d),)


@define
class Lists:
    """A vendor's lists by limit and offset, changed now and then before a request."""

    kind: str
    draw: random.Random
    rows: list[int] = field(init=False)
    kept: set[int] = field(init=False)
    # A vendor may give fewer rows than are asked for, and may not count them.
    cap: int = field(init=False)
    counts: bool = field(init=False)
    churn: float = field(init=False)
    places: str = field(init=False)
    share: int = field(init=False)
    # One row in so many cannot be read.
    spoilt: int = field(init=False)
    changes: int = 0

    def __attrs_post_init__(self) -> None:
        draw = self.draw
        self.rows = [*range(draw.choice((0, 1, 2, 3, 7, 12, 30, 60)))]
        self.kept = {*self.rows}
        self.cap = draw.choice((1, 2, 3, 5, 100, 100))
        self.counts = draw.random() < 0.5
        self.churn = draw.choice((0, 0, 0.05, 0.1, 0.2))
        self.places = draw.choice(("f", "d", "fd", "ad", "e", "efda"))
        self.share = draw.choice((2, 3, 5, 11))
        self.spoilt = draw.choice((10_000, 10_000, 4, 9))

    def change(self) -> None:
        """Add a few rows in front, behind or anywhere, or delete some."""
        where = self.draw.choice(self.places)
        for _ in range(self.draw.choice((1, 1, 2, 5))):
            self.changes += 1
            if where == "d" and self.rows:
                self.kept.discard(self.rows.pop(self.draw.randrange(len(self.rows))))
            elif where != "d" and self.changes < MOST_CHANGES:
                places = {"f": 0, "e": len(self.rows), "a": self.draw.randint(0, len(self.rows))}
                self.rows.insert(places[where], 1_000 + self.changes)

    def is_bad(self, row: int) -> bool:
        """Tell whether a row cannot be read."""
        return row * 31 % self.spoilt == self.spoilt - 1

    def page(self, offset: int, limit: int) -> list[list[int]]:
        """Return the lists of a response."""
        if self.draw.random() < self.churn:
            self.change()
        end = offset + min(limit, self.cap)
        if self.kind == "one":
            return [self.rows[offset:end]]
        together = self.kind == "together"
        rows = self.rows[offset:end] if together else self.rows
        lists = [
            [row for row in rows if (row * 7919 % self.share == 0) is one] for one in (True, False)
        ]
        return lists if together else [rows[offset:end] for rows in lists]


@define
class Reader:
    """Somebody who reads such lists in parts, and keeps of each no more than where it ended."""

    lists: Lists
    draw: random.Random
    got: list[int] = field(factory=list)
    bad: set[int] = field(factory=set)
    position: Position | None = None
    # As a listing does, where pages are short.
    recent: list[int] = field(factory=list)
    drifts: int = 0
    requests: int = 0

    def read(self, size: int, most: int) -> bool:
        """Read so many rows and save the position; tell whether the lists have ended."""
        stats = Stats()
        try:
            return self._read(Walk(stats, self.position), size, most)
        finally:
            self.drifts += stats.drifts

    def _read(self, walk: Walk, size: int, most: int) -> bool:
        asked: Bookmark | None = walk.begin()
        while asked is not None:
            self.requests += 1
            assert self.requests < 100 * (len(self.lists.rows) + MOST_CHANGES), "no end"
            limit = min(100, asked.limit(size))
            page = self.lists.page(asked.offset, limit)
            rows = [row for one in page for row in one]
            leaf = Leaf.of(asked.offset, [digest_key(row) for row in rows], [*map(len, page)])
            total = len(self.lists.rows) if self.lists.counts and self.lists.kind == "one" else None
            step = walk.step(leaf, total, limit)
            most = self._take(step, [rows[index] for index in step.fresh], most)
            if most == 0:
                return False
            asked = step.ahead
        return True

    def _take(self, step: Step, rows: list[int], most: int) -> int:
        recent = {*self.recent}
        for skip, row in enumerate(rows, 1):
            if self.lists.is_bad(row):
                self.bad.add(row)
            elif row not in recent:
                self.got.append(row)
                most -= 1
                if most == 0:
                    self._save(step, skip, row)
                    if skip < len(rows) or step.behind is None or self.draw.random() < 0.5:
                        return 0
                    # The page has been left.
                    self._leave(rows)
                    self._save(evolve(step, here=step.behind), 0, row)
                    return 0
        self._leave(rows)
        return most

    def _leave(self, rows: list[int]) -> None:
        self.recent = [*self.recent, *rows][-RECENT:] if len(rows) < RECENT else []

    def _save(self, step: Step, skip: int, last: int) -> None:
        assert step.here is not None
        self.position = Position(0, step.here.text, 0, skip, len(self.got), last)


def read_all(kind: str, seed: int) -> tuple[Reader, str]:
    """Read lists that change at random, in parts; return how it ended."""
    draw = random.Random(f"{kind} {seed}")
    lists = Lists(kind, draw)
    reader = Reader(lists, random.Random(seed))
    size, parts = draw.choice((1, 2, 3, 5, 100)), draw.random() < 0.75
    between = draw.choice((0, 0, 0.2, 0.5))
    try:
        while not reader.read(size, draw.choice((1, 2, 5, 20)) if parts else -1):
            size = draw.choice((size, 1, 2, 5, 100))
            if draw.random() < between:
                lists.change()
    except (UnstableListing, PositionLost) as error:
        return reader, type(error).__name__
    return reader, "read"


@pytest.mark.parametrize("kind", KINDS)
def test_lists_that_move_at_random(kind: str, *, soak: bool) -> None:
    """Rows that are there all the time come once, through any number of resumes, or it is said."""
    ends: Counter[str] = Counter()
    count = SOAK if soak else SAMPLE
    for seed in range(count):
        reader, end = read_all(kind, seed)
        lists, got = reader.lists, reader.got
        ends[end] += 1
        assert len(got) == len({*got}), seed
        if end == "read":
            assert lists.kept <= {*got} | reader.bad, seed
        if not lists.changes:
            assert (end, lists.cap) == ("UnstableListing", 1) or end == "read", seed
            assert reader.drifts == 0, seed
    assert ends["read"] > count / 2, ends


@pytest.mark.parametrize(
    ("kind", "count", "stop", "size", "requests"),
    [
        # As many rows are there as the vendor counts.
        ("one", 7, 7, 5, 1),
        # The page that was left was no longer than this, or it may have been cut.
        ("each", 3, 3, 5, 2),
        ("together", 4, 0, 100, 5),
    ],
)
def test_what_it_costs_to_see_the_end(
    kind: str, count: int, stop: int, size: int, requests: int
) -> None:
    """Nothing is asked for that tells nothing new."""
    lists = Lists(kind, random.Random(0))
    lists.rows, lists.cap, lists.churn, lists.share = [*range(count)], 100, 0, 2
    lists.counts, lists.spoilt = True, 10_000
    reader = Reader(lists, random.Random(0))
    if stop:
        assert not reader.read(1, stop)
    before = reader.requests
    assert reader.read(size, -1)
    assert sorted(reader.got) == lists.rows
    assert reader.requests - before == requests


def rest(kind: str) -> Iterator[Lists]:
    """Yield lists that lie still."""
    for count in range(9):
        for cap in (2, 3, 100):
            lists = Lists(kind, random.Random(count))
            lists.rows, lists.cap, lists.churn, lists.share = [*range(count)], cap, 0, 2
            lists.spoilt = 10_000
            yield lists


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_lists_that_lie_still_resume_at_every_row(kind: str, size: int) -> None:
    """The rest comes, once, whatever is asked for a page, and no drift is seen."""
    for lists in rest(kind):
        for stop in range(1, len(lists.rows) + 1):
            for seed, after in enumerate((1, 2, 5, 100)):
                reader = Reader(lists, random.Random(seed))
                assert not reader.read(size, stop)
                assert reader.read(after, -1)
                assert sorted(reader.got) == lists.rows, (lists, stop, after)
                assert reader.drifts == 0
