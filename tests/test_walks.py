"""The room `_walks`: lists that move at random, read in parts; nothing is lost or comes twice."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from attrs import define, field

from dialytics._bookmarks import Bookmark
from dialytics._checkpoints import Position
from dialytics._offsets import Leaf, digest_key
from dialytics._stats import Stats
from dialytics._walks import Walk
from dialytics.errors import PositionLost, UnstableListing

RUNS = 1_500
MOST_CHANGES = 300
KINDS = ("one", "each", "together")


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


def read(lists: Lists, position: Position | None, size: int, most: int) -> list[int | Position]:
    """Read at most so many rows; where the list does not end, a position comes last."""
    got: list[int | Position] = []
    walk = Walk(Stats(), position)
    asked: Bookmark | None = walk.begin()
    while asked is not None:
        limit = min(100, asked.limit(size))
        page = lists.page(asked.offset, limit)
        rows = [row for one in page for row in one]
        leaf = Leaf.of(asked.offset, [digest_key(row) for row in rows], [*map(len, page)])
        total = len(lists.rows) if lists.counts and lists.kind == "one" else None
        step = walk.step(asked, leaf, total, limit)
        for skip, index in enumerate(step.fresh, 1):
            got.append(rows[index])
            if len(got) == most and step.here is not None:
                return [*got, Position(0, step.here.text, 0, skip, len(got), rows[index])]
        asked = step.ahead
    return got


@pytest.mark.parametrize("kind", KINDS)
def test_lists_that_move_at_random(kind: str) -> None:
    """Rows that are there all the time come once, through any number of resumes, or it is said."""
    ends: Counter[str] = Counter()
    for seed in range(RUNS):
        draw = random.Random(f"{kind} {seed}")
        lists, got = Lists(kind, draw), list[int]()
        position: Position | None = None
        size, parts = draw.choice((1, 2, 3, 5, 100)), draw.random() < 0.75
        between = draw.choice((0, 0, 0.2, 0.5))
        try:
            while True:
                part = read(lists, position, size, draw.choice((1, 2, 5, 20)) if parts else -1)
                got += [row for row in part if not isinstance(row, Position)]
                if not part or not isinstance(part[-1], Position):
                    break
                position = part[-1]
                size = draw.choice((size, 1, 2, 5, 100))
                if draw.random() < between:
                    lists.change()
        except (UnstableListing, PositionLost) as error:
            ends[type(error).__name__] += 1
            assert lists.cap == 1 or lists.changes or kind == "together", seed
            continue
        ends["read"] += 1
        assert len(got) == len({*got}), seed
        assert lists.kept <= {*got}, seed
    assert ends["read"] > RUNS / 2, ends
