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
    st.lists(MARKS, max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
)
OLD, P, N, LAST = b"o" * 16, b"p" * 16, b"n" * 16, b"l" * 16
TWO = (Mark(1, 3, OLD, P), Mark(0, 2, None, N))


@given(BOOKMARKS)
def test_a_text_says_all_of_a_bookmark(bookmark: Bookmark) -> None:
    """What is read from a text is what was written."""
    assert Bookmark.parse(bookmark.text) == bookmark


@pytest.mark.parametrize(
    ("skip", "holding", "reached"),
    [
        (0, (), [(0, OLD), (-1, None)]),
        (2, (), [(2, LAST), (-1, None)]),
        (3, (), [(3, LAST), (-1, None)]),
        (4, (), [(3, P), (0, LAST)]),
        (5, (), [(3, P), (1, LAST)]),
        # A row of the first list could not be read, so that fewer were counted.
        (3, (1,), [(3, P), (0, LAST)]),
    ],
)
def test_how_far_each_list_was_handed_out(
    skip: int, holding: tuple[int, ...], reached: list[tuple[int, bytes | None]]
) -> None:
    """The lists come one after the other: the last row handed out is in one, others are whole."""
    assert Bookmark(7, 2, TWO).reach(skip, LAST, holding) == reached


def test_more_rows_than_there_were_are_refused() -> None:
    """A checkpoint that counts more rows than its page had is damaged."""
    with pytest.raises(CheckpointMismatch, match="damaged"):
        Bookmark(7, 2, TWO).reach(6, LAST)


@pytest.mark.parametrize(
    ("marks", "skip", "offset", "room", "exact"),
    [
        (TWO[:1], 2, 9, 1, False),
        (TWO, 2, 7, 4, True),
        (TWO, 5, 8, 3, True),
        ((Mark(1, 0, P, P), Mark(0, 0, N, N)), 0, 7, 2, False),
        ((Mark(1, 3, OLD, P), Mark(Mark.UNMET, 0, N, N)), 3, 10, 2, False),
    ],
)
def test_a_resume_begins_with_the_earliest_last_row(
    marks: tuple[Mark, ...], skip: int, offset: int, room: int, *, exact: bool
) -> None:
    """No row in front of it is asked for; of several lists the page ends where it did."""
    assert Bookmark(7, 2, marks).resume(skip) == Bookmark(offset, room, exact=exact)
