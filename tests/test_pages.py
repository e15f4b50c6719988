"""Pages: collections of rows; and what tells a loop of continuations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._checkpoints import Checkpoint
from dialytics._pages import MOST_PAGES, Page, Trail
from dialytics.errors import PaginationLoop


@given(st.lists(st.text(max_size=5), unique=True, max_size=20), st.data())
def test_a_cursor_met_before_is_a_loop(cursors: list[str], data: st.DataObject) -> None:
    """Any number of new cursors is progress; any of them again raises, at whatever distance."""
    trail = Trail()
    trail.follow(None)
    for cursor in cursors:
        trail.follow(cursor)
    trail.follow(None)
    if cursors:
        with pytest.raises(PaginationLoop, match="the same continuation twice"):
            trail.follow(data.draw(st.sampled_from(cursors)))


def test_a_window_has_an_end() -> None:
    """New tokens for ever end in an error too, after more pages than any window has."""
    trail = Trail(3)
    for cursor in ("a", "b", "c"):
        trail.follow(cursor)
    with pytest.raises(PaginationLoop, match="more than 3 pages"):
        trail.follow("d")
    assert MOST_PAGES == 100_000


def test_loops_show_no_token() -> None:
    """A loop's error does not show the token, which may grant access."""
    trail = Trail()
    trail.follow("quasimodo")
    with pytest.raises(PaginationLoop, match="the same continuation twice") as caught:
        trail.follow("quasimodo")
    assert "quasimodo" not in f"{caught.value!r} {vars(caught.value)} {trail!r}"


def test_pages_are_collections_of_rows() -> None:
    """A page has its rows' length and order, and its repr shows none of them."""
    page = Page(("a", "quasimodo"), None, "en", 3, Checkpoint("vendor.listing", "d", ()))
    assert (list(page), len(page)) == (["a", "quasimodo"], 2)
    assert "quasimodo" not in repr(page)
