"""The room `_endings`: whether a page that brings nothing new is the last one."""

from __future__ import annotations

import pytest

from dialytics._endings import Ending
from dialytics._offsets import Leaf

EMPTY = ((), ())
ONE = ((b"a",), ())


@pytest.mark.parametrize(
    ("lists", "total", "narrow", "asked"),
    [
        (ONE, 5, False, None),
        (ONE, 6, False, 5),
        (ONE, 4, False, None),
        (ONE, None, False, None),
        (ONE, None, True, 5),
        (ONE, 5, True, 5),
        (EMPTY, 0, False, None),
        (EMPTY, None, False, 4),
        (EMPTY, 6, False, 4),
    ],
)
def test_what_is_behind_is_asked_for_where_there_may_be_more(
    lists: tuple[tuple[bytes, ...], ...], total: int | None, asked: int | None, *, narrow: bool
) -> None:
    """That is so where a total says it, the page had no room, or nothing has come at all."""
    ending = Ending()
    assert ending.ask(Leaf(4, lists), total, narrow=narrow) == asked
    if asked is not None:
        # Nothing is behind; where the page had no room, its last row has to be there still.
        again = ending.ask(Leaf(asked, EMPTY), total, narrow=False)
        assert again == (asked - 1 if narrow else None)
        assert ending.ask(Leaf(asked - 1, lists), total, narrow=True) is None or not narrow


def test_a_list_that_starts_with_nothing_is_asked_for_once_more() -> None:
    """There is no last row then that could be asked for."""
    ending = Ending()
    assert ending.ask(Leaf(0, EMPTY), None, narrow=True) == 0
    assert ending.ask(Leaf(0, EMPTY), None, narrow=True) is None


def test_what_is_behind_is_seen_only_when_it_was_asked_for() -> None:
    """Rows behind the last page mean more, unless they tell by themselves what came between."""
    ending, behind = Ending(), Leaf(5, ONE)
    assert not ending.sees_more(behind, 0)
    assert ending.ask(Leaf(4, ONE), None, narrow=True) == 5
    assert not ending.sees_more(Leaf(5, EMPTY), 0)
    assert not ending.sees_more(behind, 1)
    assert not ending.sees_more(Leaf(0, ONE), 0)
    assert not ending.is_more
    assert ending.sees_more(behind, 0)
    assert ending.is_more
    assert not ending.sees_more(behind, 0)
    ending.settle()
    assert not ending.is_more


def test_what_is_behind_may_share_rows_and_bring_nothing() -> None:
    """Then what is behind that is asked for; once there are new rows all begins anew."""
    ending = Ending()
    assert ending.ask(Leaf(4, ONE), None, narrow=True) == 5
    assert ending.ask(Leaf(5, ONE), None, narrow=True) == 6
    ending.settle()
    assert ending.ask(Leaf(8, ONE), None, narrow=False) is None
