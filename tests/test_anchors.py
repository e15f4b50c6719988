"""The room `_anchors`: what a listing by limit and offset goes on behind."""

from __future__ import annotations

import pytest

from dialytics._anchors import Anchors
from dialytics._bookmarks import Bookmark, Mark, Way
from dialytics._checkpoints import Position
from dialytics._offsets import Census, Leaf, digest_key
from dialytics.errors import CheckpointMismatch, PositionLost

A, B, C, D, E, X = (digest_key(letter) for letter in "abcdex")
ONE = (Mark(1, 3, A, D),)
TWO = (Mark(1, 2, A, C), Mark(0, 2, X, E))


def resumed(
    marks: tuple[Mark, ...], skip: int, last: str | None, way: Way = "", offset: int = 6
) -> Anchors:
    text = Bookmark(offset, 9, exact=True, marks=marks, way=way).text
    return Anchors(Position(0, text, 1, skip, 7, last))


def follows(anchors: Anchors, *lists: str) -> bool:
    """Join a page and tell whether it stands where it stood."""
    digests = tuple(tuple(digest_key(letter) for letter in one) for one in lists)
    return anchors.join(Leaf(anchors.first().offset, digests), Census())


def test_a_listing_without_a_position_begins_at_the_start() -> None:
    """Nothing is looked for then."""
    for position in (None, Position(0)):
        anchors = Anchors(position)
        assert anchors.first() == Bookmark()
        assert (anchors.rows, anchors.is_joining) == ([], False)
        anchors.seek(Census())
        assert not anchors.is_missing()


def test_a_page_of_which_nothing_was_handed_out_begins_anew() -> None:
    """Where an error came before the first row, the list is read from its start."""
    anchors = resumed((Mark(0, 3, None, D),), 0, None, offset=0)
    assert anchors.first() == Bookmark()
    assert not anchors.is_joining


def test_rows_without_a_page_are_damaged() -> None:
    """A position that counts rows and has no page does not begin at the start."""
    with pytest.raises(CheckpointMismatch, match="damaged"):
        Anchors(Position(0, None, 1, 0, 7, "b"))


@pytest.mark.parametrize(("skip", "offset"), [(0, 6), (1, 7), (3, 9)])
def test_one_list_goes_on_with_its_last_row(skip: int, offset: int) -> None:
    """No row in front of it is asked for."""
    assert resumed(ONE, skip, "b").first() == Bookmark(offset, 1)


@pytest.mark.parametrize(("marks", "last"), [(TWO, "b"), (ONE, None)])
def test_other_pages_come_again_as_they_were(marks: tuple[Mark, ...], last: str | None) -> None:
    """So do several lists, and a row without a key, which is known by its place."""
    assert resumed(marks, 1, last).first() == Bookmark(6, 9, exact=True)


@pytest.mark.parametrize(("page", "joins"), [("bcd", True), ("xbc", True), ("cd", False)])
def test_one_list_may_have_moved_within_the_page(page: str, *, joins: bool) -> None:
    """What stands behind the last row comes, also where that is further behind."""
    assert follows(resumed(ONE, 1, "b"), page) is joins


@pytest.mark.parametrize(
    ("skip", "last", "pages", "joins"),
    [
        (1, "b", ("abc", "de"), True),
        (1, "b", ("abcx", "dex"), True),
        (3, "d", ("abc", "de"), True),
        # The row that was handed out last, the one before the page, and those that end it.
        (1, "b", ("axc", "de"), False),
        (1, "b", ("xbc", "de"), False),
        (1, "b", ("abx", "de"), False),
        (1, "b", ("abc", "dx"), False),
        (1, "b", ("abc", ""), False),
        (1, "b", ("xabc", "de"), False),
        (3, "d", ("abc", "ed"), False),
    ],
)
def test_several_lists_stand_where_they_stood(
    skip: int, last: str, pages: tuple[str, str], *, joins: bool
) -> None:
    """Of each the ends are known, and of one the row that was handed out last."""
    assert follows(resumed(TWO, skip, last), *pages) is joins


@pytest.mark.parametrize(
    ("row", "page", "joins"), [(X, "", True), (X, "y", False), (None, "y", True)]
)
def test_a_list_that_had_ended_shows_nothing(row: bytes | None, page: str, *, joins: bool) -> None:
    """Where it does, it has moved; one that never had a row may have got its first."""
    anchors = resumed((Mark(1, 2, A, C), Mark(0, 0, row, row)), 1, "b")
    assert follows(anchors, "abc", page) is joins


def test_a_row_without_a_key_is_known_by_its_place() -> None:
    """If the rest of the page is not as it was, nobody knows where that is now."""
    anchors = resumed(ONE, 1, None)
    assert follows(anchors, "axcd")
    assert anchors.rows == [X]
    anchors = resumed(ONE, 1, None)
    assert not follows(anchors, "axdc")
    with pytest.raises(PositionLost, match="read it anew"):
        anchors.seek(Census())


def test_a_row_that_is_looked_for() -> None:
    """None of a list's rows come before it does, and without it there is no end."""
    anchors, census = resumed(TWO, 1, "b", way="?"), Census()
    assert anchors.first() == Bookmark()
    anchors.seek(census)
    assert anchors.meet(Leaf(0, ((D, A), (E,))), census) == [2, 1]
    assert anchors.is_missing()
    with pytest.raises(PositionLost, match="not in it any more"):
        anchors.require_met()
    assert anchors.meet(Leaf(1, ((A, B, C), (E, X))), census) == [2, 2]
    assert not anchors.is_missing()
    anchors.require_met()
    assert anchors.meet(Leaf(2, ((B, C), (X,))), census) == [0, 0]


def test_each_list_is_looked_for_by_itself() -> None:
    """One that is found comes while another is still looked for."""
    anchors, census = resumed(TWO, 1, "b", way="?"), Census()
    anchors.seek(census)
    assert anchors.meet(Leaf(0, ((A, B, C), (E,))), census) == [2, 1]
    assert [anchors.is_missing(index) for index in (0, 1)] == [False, True]


def test_a_list_that_had_moved_has_no_place() -> None:
    """A checkpoint that was taken after a drift is refused before anything is sent."""
    with pytest.raises(PositionLost, match="had moved while it was read"):
        resumed(ONE, 1, "b", way="~").first()


def test_a_page_with_other_lists_is_damaged() -> None:
    """A checkpoint of two lists does not fit a response with one."""
    with pytest.raises(CheckpointMismatch, match="damaged"):
        follows(resumed(TWO, 1, "b"), "abc")
    anchors = resumed(TWO, 1, "b", way="?")
    with pytest.raises(CheckpointMismatch, match="damaged"):
        anchors.meet(Leaf(0, ((A,),)), Census())


def test_what_was_handed_out_does_not_come_again() -> None:
    """Of the page and of what was before it all is known, and only the last row is looked for."""
    anchors, census = resumed(TWO, 3, "d"), Census()
    assert anchors.join(Leaf(6, ((A, B, C), (D, E))), census)
    assert anchors.rows == [C, D]
    leaf = Leaf(8, ((X, B, A, C), (D, E)))
    assert (census.find(leaf, 0), census.find(leaf, 1)) == (3, 0)
    assert census.take(leaf, [0, 0]) == ([[], [1]], 4)
