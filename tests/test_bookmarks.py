"""The room `_bookmarks`: where a list that is counted out stands, as a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._bookmarks import Bookmark, Mark
from dialytics.errors import CheckpointMismatch

DIGESTS = st.none() | st.binary(min_size=16, max_size=16)
MARKS = st.builds(Mark, st.integers(0, 99), st.integers(0, 99), DIGESTS, DIGESTS)
BOOKMARKS = st.builds(
    Bookmark,
    st.integers(0, 10**9),
    st.integers(0, 100),
    st.booleans(),
    st.lists(MARKS, max_size=3).map(tuple),
    st.sampled_from(["", "?", "~"]),
)
OLD, P, N, LAST = b"o" * 16, b"p" * 16, b"n" * 16, b"l" * 16
TWO = (Mark(1, 3, OLD, P), Mark(0, 2, None, N))


@given(BOOKMARKS)
def test_a_text_says_all_of_a_bookmark(bookmark: Bookmark) -> None:
    """What is read from a text is what was written."""
    assert Bookmark.parse(bookmark.text) == bookmark


@pytest.mark.parametrize(
    ("skip", "reached"),
    [
        (0, [(0, OLD), (-1, None)]),
        (2, [(2, LAST), (-1, None)]),
        (3, [(3, LAST), (-1, None)]),
        (4, [(3, P), (0, LAST)]),
        (5, [(3, P), (1, LAST)]),
    ],
)
def test_how_far_each_list_was_handed_out(
    skip: int, reached: list[tuple[int, bytes | None]]
) -> None:
    """The lists come one after the other: the last row handed out is in one, others are whole."""
    assert Bookmark(7, 2, marks=TWO).reach(skip, LAST) == tuple(reached)


@pytest.mark.parametrize(("marks", "skip"), [(TWO, 6), ((), 0)])
def test_more_rows_than_there_were_are_refused(marks: tuple[Mark, ...], skip: int) -> None:
    """A checkpoint that counts more rows than its page had, or has no lists, is damaged."""
    with pytest.raises(CheckpointMismatch, match="damaged"):
        Bookmark(7, 2, marks=marks).reach(skip, LAST)


@pytest.mark.parametrize(
    "text",
    ["", "7", "7:2", "7:2:x", "7:2:1.2..,", "7:2:1.2.ab.", "7:2:1.2..!", "7:2:1.2..?~", "-7:2:"],
)
def test_other_texts_are_refused(text: str) -> None:
    """A cursor that is none of ours is a damaged checkpoint."""
    with pytest.raises(CheckpointMismatch, match="damaged"):
        Bookmark.parse(text)


@pytest.mark.parametrize(("exact", "limit"), [(False, 12), (True, 2)])
def test_a_page_has_room_for_what_it_shares(limit: int, *, exact: bool) -> None:
    """To so many new rows come those that were met, unless the page is to be as it was."""
    assert Bookmark(7, 2, exact=exact).limit(10) == limit
    assert Bookmark().limit(10) == 10


def test_marks_show_nothing_of_rows() -> None:
    """Digests are no part of what is shown."""
    assert repr(TWO[0]) == "Mark(shared=1, fresh=3)"
