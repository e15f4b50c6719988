"""What is left to read of a partition, and how it goes on after errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialytics import errors
from dialytics._body import Body
from dialytics._checkpoints import Partition, Position
from dialytics._courses import Course, Lessons, is_final
from dialytics._declarations import Operation, Quirks, Vendor
from dialytics._listings import Fetched, Held, Listing, Place
from dialytics._messages import Reply, Request
from dialytics._paging import LimitOffset, OnePage
from dialytics._ranges import WindowRule
from dialytics._retry import Replay
from dialytics._stats import Stats
from dialytics._windows import Window

START: Final = datetime(2026, 11, 10, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WINDOW: Final = Window(START, START + DAY)
LOGS: Final = Operation(
    vendor=Vendor(name="acme"),
    name="logs",
    method="GET",
    path="/logs",
    replay=Replay.READ,
    paging=OnePage(),
    window=WindowRule(resolution=timedelta(seconds=1), max_span=DAY),
)


def new_course(
    position: Position | None = None,
    operation: Operation = LOGS,
    lessons: Lessons | None = None,
    *,
    divisible: bool = True,
) -> Course:
    """Return the course of one day."""
    partition = Partition(0, "en", WINDOW)
    listing: Listing[Any] = Listing(
        operation, object, Request("GET", "/logs"), (partition,), divisible=divisible
    )
    course = Course(listing, Quirks(), lessons or Lessons(), Stats(), partition, position)
    assert course.begin()
    return course


def come(course: Course, following: str | None = None) -> None:
    """Let the page come that is next."""
    course.advance(Fetched(course.place, following, Reply(200, {}, Body(b"")), Held(), None))


def refusal(status: int) -> errors.StatusError:
    return errors.status_class(status)("no", status=status)


LATE: Final = errors.RequestTimeout("no answer", sent=True)


def test_a_partition_without_trouble_is_one_window() -> None:
    """What was planned is read as it was planned, page by page, and then it is over."""
    course = new_course()
    assert course.place == Place(Partition(0, "en", WINDOW), WINDOW)
    come(course, "t1")
    assert course.place == Place(Partition(0, "en", WINDOW), WINDOW, "t1", 1)
    come(course)
    assert not course.begin()


@pytest.mark.parametrize(
    ("error", "halves"),
    [
        (LATE, True),
        (errors.RequestTimeout("no answer"), True),
        (errors.RequestTimeout("no connection", sent=False), False),
        (errors.DeadlineExceeded("over"), False),
        (errors.ConnectionFailed("reset", sent=True), False),
        (refusal(504), True),
        (refusal(413), True),
        (refusal(408), True),
        (refusal(503), False),
        (refusal(500), False),
        (errors.InvalidResponse("no rows"), False),
    ],
)
def test_only_what_took_too_long_is_halved(error: errors.DialyticsError, *, halves: bool) -> None:
    """Where the vendor cannot be reached, or says why it fails, shorter windows are no help."""
    course = new_course()
    assert course.recover(error) is halves
    assert course.stats.halved == int(halves)


@given(st.lists(st.booleans(), max_size=30))
def test_pieces_tile_the_window(outcomes: list[bool]) -> None:
    """Whichever pieces time out, those that are read follow each other from start to end."""
    course, at, read = new_course(), START, True
    while read:
        window = course.place.window
        assert window is not None
        assert window.start == at
        if outcomes and not outcomes.pop() and course.recover(LATE):
            assert course.begin()
            continue
        come(course)
        at, read = window.end, course.begin()
    assert at == WINDOW.end
    assert course.stats.restarts == 0


def test_a_length_that_failed_is_not_tried_again() -> None:
    """Once a piece has come, longer windows of the listing are cut before they are asked for."""
    lessons = Lessons()
    course = new_course(lessons=lessons)
    assert course.recover(LATE)
    assert course.begin()
    assert lessons.longest is None
    come(course)
    assert lessons.longest == DAY / 2
    other = new_course(lessons=lessons)
    assert other.place.window == Window(START, START + DAY / 2)
    assert other.stats.halved == 1
    # Others have learned more meanwhile; and nothing was said of the vendor's limit.
    lessons.longest = HOUR
    come(other)
    assert lessons.longest == HOUR
    assert not course.quirks.strict_span
    assert course.begin()
    assert course.place.window is not None
    assert course.place.window.span <= HOUR


@pytest.mark.parametrize(
    "position",
    [Position(0, "t", 1), Position(0, None, 0, 3, 3, 7), Position(0, None, 0, 0, 2, 7)],
)
def test_a_window_that_was_begun_stays_whole(position: Position) -> None:
    """Resumed in the middle, a window is neither cut when it times out nor by what was learned."""
    assert not new_course(position).recover(LATE)
    assert new_course(position, lessons=Lessons(longest=HOUR)).place.window == WINDOW


def test_what_follows_a_resumed_part_may_be_cut() -> None:
    """The rest of a window has not been begun, whatever the part before it."""
    half = Window(START, START + DAY / 2)
    course = new_course(Position(0, "t", 2, 0, 40, 7, half), lessons=Lessons(longest=6 * HOUR))
    assert course.place.window == half
    come(course)
    assert course.begin()
    assert course.place.window == Window(START + DAY / 2, START + 18 * HOUR)


def test_windows_that_must_stay_whole_do() -> None:
    """Where a part gives other rows than the whole, only the vendor's limit cuts it."""
    assert not new_course(divisible=False).recover(LATE)
    assert new_course(divisible=False).recover(refusal(400))


def test_a_refused_continuation_restarts_once_from_each_page() -> None:
    """A page that is refused again ends it; one further on is another matter."""
    course = new_course()
    come(course, "t1")
    assert course.recover(refusal(400))
    assert course.begin()
    assert course.place == Place(Partition(0, "en", WINDOW), WINDOW, again=True)
    come(course, "u1")
    assert not course.recover(refusal(400))
    come(course, "u2")
    assert course.recover(refusal(410))
    assert course.stats.restarts == 2


def test_each_part_has_its_own_restarts() -> None:
    """That a page of one part was refused says nothing of the pages of the next."""
    course = new_course()
    assert course.recover(LATE)
    for _ in range(2):
        assert course.begin()
        come(course, "t1")
        assert course.recover(refusal(400))
        assert course.begin()
        come(course, "u1")
        come(course)
    assert not course.begin()
    assert course.stats.restarts == 2


def test_the_first_page_is_never_restarted() -> None:
    """A refusal without a continuation says nothing of one."""
    assert not new_course().recover(refusal(404))
    course = new_course()
    come(course, "t1")
    assert course.recover(refusal(404))
    assert course.begin()
    assert not course.recover(refusal(404))


def test_offsets_do_not_expire() -> None:
    """A list that is counted out has no tokens to be refused."""
    paging = LimitOffset("limit", "offset", 100)
    course = new_course(Position(0, "100:1", 1, 0, 100, 7), evolve(LOGS, paging=paging))
    assert not course.recover(refusal(400))


class Keyed(Listing[Any]):
    """A listing whose pages hold its rows' keys."""

    def keys(self, page: Fetched[Any]) -> Iterator[Any]:
        yield from page.held.items or ()


@pytest.mark.parametrize(
    ("skip", "pages", "follows", "found"),
    [
        (2, [[5, 7, 8]], True, 2),
        (2, [[5, 7, 8]], False, 2),
        (1, [[5, 7, 8]], True, 2),
        (3, [[5, 7]], True, 2),
        # Of rows with one key it is the one that stands where it stood, or the first.
        (3, [[7, 5, 7, 8]], True, 3),
        (2, [[7, 5, 7, 8]], True, 1),
        # Pages are smaller now.
        (4, [[3, 4], [7, 7, 8]], True, 2),
        # It is not within as many rows as there were, or the window ends before.
        (4, [[3, 4], [5, 6]], True, None),
        (2, [[3, 4]], True, None),
        (4, [[3, 4]], False, None),
    ],
)
def test_where_a_window_was_left(
    skip: int, pages: Sequence[list[int]], found: int | None, *, follows: bool
) -> None:
    """The row that was handed out last is looked for in as many rows; without it all is read."""
    partition = Partition(0, "en", WINDOW)
    listing = Keyed(LOGS, object, Request("GET", "/logs"), (partition,))
    position = Position(0, "t0", 1, skip, 9, 7)
    course = Course(listing, Quirks(), Lessons(), Stats(), partition, position)
    assert course.begin()
    page: Fetched[Any] | None = None
    for number, keys in enumerate(pages, 1):
        assert course.is_resuming
        following = f"t{number}" if follows else None
        reply = Reply(200, {}, Body(b""))
        page = course.locate(Fetched(course.place, following, reply, Held(keys), None))
        if page is not None:
            course.advance(page)
    assert not course.is_resuming
    at = None if page is None or page.place.resumed is None else page.place.resumed.skip
    assert at == found
    assert course.stats.restarts == int(found is None)


@pytest.mark.parametrize("position", [Position(0, "t", 1, 0, 9, 7), Position(0, "t", 1, 3, 9)])
def test_nothing_is_looked_for_at_the_start_of_a_page(position: Position) -> None:
    """Nor are rows that have no key."""
    course = new_course(position)
    assert not course.is_resuming
    page: Fetched[Any] = Fetched(course.place, None, Reply(200, {}, Body(b"")), Held([]), None)
    assert course.locate(page) is page


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (errors.DeadlineExceeded("over"), True),
        (errors.ConfigurationError("no threads"), True),
        (refusal(401), True),
        (refusal(403), False),
        (refusal(500), False),
        (LATE, False),
        (errors.PaginationLoop("again"), False),
    ],
)
def test_some_errors_end_everything(error: errors.DialyticsError, *, final: bool) -> None:
    """What would be the same for every window ends the listing at once."""
    assert is_final(error) is final


def test_a_vendor_that_hangs_is_not_asked_for_ever() -> None:
    """A window is halved three times in a row without an answer; a page begins the count anew."""
    course = new_course()
    for _ in range(3):
        assert course.recover(LATE)
        assert course.begin()
    assert not course.recover(LATE)
    come(course)
    assert course.begin()
    assert course.recover(LATE)
    # An answer that says so comes soon enough.
    course = new_course()
    for _ in range(6):
        assert course.recover(refusal(504))
        assert course.begin()


def test_a_window_that_times_out_is_tried_again_once_before_it_is_halved() -> None:
    """While nothing comes its halves are not; what cannot be halved is tried as anything else."""
    course = new_course()
    assert course.late == 1
    assert course.recover(LATE)
    assert course.begin()
    assert course.late == 0
    come(course, "t1")
    assert course.late is None
    come(course)
    assert course.begin()
    assert course.late == 1
    assert new_course(divisible=False).late is None
    assert new_course(Position(0, "t", 1)).late is None
    shortest = evolve(LOGS, window=evolve(LOGS.window, floor=DAY))
    assert new_course(operation=shortest).late is None
