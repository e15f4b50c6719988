"""Windows that are read again, cut in two, or given up while the others go on."""

from __future__ import annotations

import pickle
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest
from attrs import Factory, define
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialytics import errors
from dialytics._positions import RECENT
from dialytics.testing import no_waits
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Step, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]
    Read = Callable[[Any], list[int]]

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
START = datetime(2026, 11, 10, tzinfo=UTC)
ONE_DAY: dict[str, Any] = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 11)}
FIVE_DAYS: dict[str, Any] = {**ONE_DAY, "end": date(2026, 11, 15)}
HEADER = "LogId,TimestampStart"
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


def bounds(asked: Asked) -> tuple[datetime, datetime]:
    first, last = (datetime.fromisoformat(asked.query[name]) for name in ("startDate", "endDate"))
    return first, last


@define
class Days:
    """A vendor with a row every hour, numbered by the hour; tokens die with their generation."""

    answer: type[Answer]
    page_rows: int = 5
    generation: int = 0
    refusals: Mapping[int, int] = Factory(dict)
    status: int = 400
    gone: Sequence[int] = ()
    asked: int = 0

    def __call__(self, asked: Asked) -> Answer:
        self.asked += 1
        if self.asked in self.refusals:
            self.generation += 1
            self.page_rows = self.refusals[self.asked]
        generation, offset = asked.query.get("continuationToken", f"{self.generation}-0").split("-")
        if int(generation) != self.generation:
            return self.answer(b"This continuation token is not known.", self.status)
        first, last = bounds(asked)
        hours = range(-(-(first - START) // HOUR), -(-(last - START) // HOUR))
        rows = [hour for hour in hours if hour not in self.gone]
        stop = int(offset) + self.page_rows
        lines = (f"{hour},{(START + hour * HOUR).isoformat()}" for hour in rows[int(offset) : stop])
        token = f"{self.generation}-{stop}" if stop < len(rows) else None
        return self.answer.csv(HEADER, *lines, token=token)


def ids(rows: Any) -> list[int]:
    return [row.log_id for row in rows]


def read_pages(twin: Twin, pager: Any) -> list[int]:
    return [row.log_id for page in twin.collect(pager.pages()) for row in page]


def read_rows(twin: Twin, pager: Any) -> list[int]:
    return ids(twin.collect(pager))


def read_batches(twin: Twin, pager: Any) -> list[int]:
    return [n for one in twin.collect(pager.batches()) for n in one.column("log_id").to_pylist()]


WAYS = [read_rows, read_pages, read_batches]


@pytest.fixture(params=WAYS)
def read(request: pytest.FixtureRequest, twin: Twin) -> Read:
    """One of the ways to read a listing to its end, and to the rows' ids."""
    return partial(request.param, twin)


# A continuation that the vendor does not accept any longer


@pytest.mark.parametrize("page_rows", [2, 7, 50])
def test_an_expired_token_on_resume_goes_on_behind_the_last_row(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, page_rows: int
) -> None:
    """Resumed after any row with a dead token, the rest comes, however pages are cut by then."""
    for stop in (1, 5, 8, 16, 23):
        days = Days(answer)
        with twin.open("DigitalCX", **reach(serve(days))) as client:
            first = client.interactions(**ONE_DAY)
            got = ids(twin.collect(first, stop))
            saved = first.checkpoint.to_json()
            days.generation, days.page_rows = 1, page_rows
            rest = client.interactions(**ONE_DAY, resume=saved)
            assert got + read(rest) == list(range(24))
            assert rest.stats.restarts == (1 if stop > 5 else 0)
            assert (rest.stats.rows, rest.stats.duplicates) == (24 - stop, 0)
            assert rest.checkpoint.rest == []


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("page_rows", [5, 11])
def test_a_token_that_expires_under_way_loses_nothing(  # noqa: PLR0917  # parameters
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, concurrency: int, page_rows: int
) -> None:
    """Tokens that all die in the middle, read ahead or not, cost requests and no row."""
    for request in (2, 4, 9):
        days = Days(answer, refusals={request: page_rows})
        with twin.open("DigitalCX", **reach(serve(days))) as client:
            pager = client.interactions(**FIVE_DAYS, concurrency=concurrency)
            assert read(pager) == list(range(120))
            assert 1 <= pager.stats.restarts <= concurrency
            assert (pager.stats.rows, pager.stats.partitions_done) == (120, 5)
    assert twin.leftovers() == []


@settings(max_examples=20, suppress_health_check=SLOW)
@given(
    refusals=st.dictionaries(st.integers(2, 25), st.integers(1, 12), max_size=3),
    stop=st.integers(0, 60),
    concurrency=st.integers(1, 4),
    late=st.integers(1, 12),
)
def test_nothing_is_lost_or_doubled_whenever_tokens_expire(  # noqa: PLR0917  # parameters
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    refusals: dict[int, int],
    stop: int,
    concurrency: int,
    late: int,
) -> None:
    """Whichever requests are refused, and wherever one stops and resumes, each row comes once."""
    days = Days(answer, refusals=refusals)
    asked = {**ONE_DAY, "end": date(2026, 11, 13), "concurrency": concurrency}
    got: list[int] = []
    saved = None
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        for number in range(20):
            if number == 1:
                days.generation, days.page_rows = days.generation + 1, late
            pager = client.interactions(**asked, resume=saved)
            with suppress(errors.BadRequest):
                for row in twin.step(pager):
                    got.append(row.log_id)
                    if number == 0 and len(got) == stop:
                        break
            twin.close(pager)
            saved = pager.checkpoint.to_json()
            if not pager.checkpoint.rest:
                break
    assert got == list(range(72))


@pytest.mark.parametrize(
    ("status", "restarts"), [(400, 1), (404, 1), (410, 1), (403, 0), (422, 0), (500, 0)]
)
def test_only_some_statuses_mean_an_expired_token(
    twin: Twin, serve: Serve, answer: type[Answer], status: int, restarts: int
) -> None:
    """Statuses that say nothing of the request's token are raised as they are."""
    days = Days(answer, refusals={3: 5}, status=status)
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        pager = client.interactions(**ONE_DAY, max_items=100)
        if restarts:
            assert read_rows(twin, pager) == list(range(24))
        else:
            with pytest.raises(errors.StatusError) as caught:
                twin.collect(pager)
            assert caught.value.status == status
    assert pager.stats.restarts == restarts


def test_a_page_is_refused_twice_only(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A continuation that is refused after a restart too ends in the vendor's error."""
    days = Days(answer)

    def script(asked: Asked) -> Answer:
        if asked.query.get("continuationToken") == "0-10":
            return answer(b"no such token", 400)
        return days(asked)

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(**ONE_DAY, max_items=100)
        got: list[int] = []
        with pytest.raises(errors.BadRequest, match="no such token") as caught:
            got.extend(row.log_id for row in twin.step(pager))
    assert got == list(range(10))
    assert (len(scripted.asked), pager.stats.restarts) == (6, 1)
    assert caught.value.checkpoint == pager.checkpoint
    (position,) = pager.checkpoint.positions
    assert (position.rows, position.last_id) == (10, 9)


def test_later_pages_may_expire_too(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A window that gets further each time is read again each time."""
    # The third page, then the fourth: by requests 3 and 3 + 4.
    days = Days(answer, refusals={3: 5, 7: 5})
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        pager = client.interactions(**ONE_DAY, max_items=100)
        assert read_rows(twin, pager) == list(range(24))
    assert (pager.stats.restarts, days.asked) == (2, 3 + 4 + 5)


def test_an_error_while_catching_up_resumes(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Between a restart and the last row known, a checkpoint still stands after that row."""
    days = Days(answer, refusals={4: 2})
    broken = True

    def script(asked: Asked) -> Answer:
        if broken and days.asked == 6:
            return answer(status=500)
        return days(asked)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**ONE_DAY, max_items=100)
        got: list[int] = []
        with pytest.raises(errors.ServerError) as caught:
            got.extend(row.log_id for row in twin.step(pager))
        broken = False
        assert got == list(range(15))
        rest = client.interactions(
            **ONE_DAY, resume=pickle.loads(pickle.dumps(caught.value)).checkpoint
        )
        assert got + read_rows(twin, rest) == list(range(24))


def test_a_row_that_is_gone_is_missed(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read
) -> None:
    """When the last row is not in its window any more, nothing is guessed: an error says so."""
    days = Days(answer)
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        first = client.interactions(**ONE_DAY)
        twin.collect(first, 8)
        days.generation, days.gone = 1, [7]
        rest = client.interactions(**ONE_DAY, resume=first.checkpoint)
        with pytest.raises(errors.PositionLost, match="read this window anew") as caught:
            read(rest)
        assert caught.value.window == first.checkpoint.partitions[0].window
        assert caught.value.checkpoint == first.checkpoint
        assert rest.stats.rows == 0


@pytest.mark.parametrize("stop", [3, 5, 8, 10, 23])
def test_a_page_that_has_changed_is_searched(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, stop: int
) -> None:
    """A row removed before the last one shifts pages; where tokens stay the same none is lost."""
    days = Days(answer)
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        first = client.interactions(**ONE_DAY)
        got = ids(twin.collect(first, stop))
        days.gone = [1]
        rest = client.interactions(**ONE_DAY, resume=first.checkpoint.to_json())
        assert got + read(rest) == list(range(24))


def test_a_changed_page_without_the_last_row_is_an_error(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read
) -> None:
    """Is the last row itself gone, its window is read once more and then given up."""
    days = Days(answer)
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        first = client.interactions(**ONE_DAY)
        twin.collect(first, 8)
        days.gone = [7]
        rest = client.interactions(**ONE_DAY, resume=first.checkpoint)
        with pytest.raises(errors.PositionLost) as caught:
            read(rest)
        assert (rest.stats.rows, rest.stats.restarts) == (0, 1)
        assert caught.value.checkpoint == first.checkpoint


def test_an_error_while_a_restart_catches_up_keeps_the_position(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read
) -> None:
    """Smaller pages whose tokens are refused too: the checkpoint is that of the row handed out."""
    days, refusing = Days(answer, page_rows=10), True

    def script(asked: Asked) -> Answer:
        if refusing and "continuationToken" in asked.query:
            return answer(status=410)
        return days(asked)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        first = client.interactions(**ONE_DAY)
        got = ids(twin.collect(first, 8))
        days.page_rows = 2
        rest = client.interactions(**ONE_DAY, resume=first.checkpoint)
        with pytest.raises(errors.StatusError) as caught:
            read(rest)
        assert rest.stats.restarts == 1
        saved = caught.value.checkpoint
        assert saved is not None
        assert [(one.page, one.skip, one.rows) for one in saved.positions] == [(1, 6, 8)]
        refusing = False
        assert got + read(client.interactions(**ONE_DAY, resume=saved)) == list(range(24))


@define
class Inclusive:
    """A vendor with a row every six hours that gives those at a window's end too."""

    answer: type[Answer]

    def __call__(self, asked: Asked) -> Answer:
        first, last = bounds(asked)
        rows = [hour for hour in range(0, 121, 6) if first <= START + hour * HOUR <= last]
        lines = (f"{hour},{(START + hour * HOUR).isoformat()}" for hour in rows)
        return self.answer.csv(HEADER, *lines)


@pytest.mark.parametrize("ordered", [True, False])
def test_rows_at_edges_come_once(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, *, ordered: bool
) -> None:
    """Resumed anywhere, and in any order of windows, a row at the edge of two comes once."""
    every = list(range(0, 121, 6))
    with twin.open("DigitalCX", **reach(serve(Inclusive(answer)))) as client:
        asked = {**FIVE_DAYS, "concurrency": 3, "ordered": ordered}
        for stop in range(1, len(every)):
            first = client.interactions(**asked)
            got = ids(twin.collect(first, stop))
            saved = first.checkpoint.to_json()
            got += read(client.interactions(**asked, resume=saved))
            assert sorted(got) == every
        whole = client.interactions(**asked)
        assert sorted(read(whole)) == every
        assert whole.stats.duplicates == 4
        assert whole.checkpoint.edges == ()


def test_rows_without_a_key_are_passed_over_by_number(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Intents have no id: after a restart as many are passed over as were handed out."""
    generation, size = 0, 4

    def script(asked: Asked) -> Answer:
        made, _, offset = asked.query.get("after", f"{generation}-0").partition("-")
        if int(made) != generation:
            return answer.json({"message": "cursor"}, 400)
        stop = int(offset) + size
        info = {"has_more": stop < 15, "end_cursor": f"{generation}-{stop}"}
        rows = [{"name": f"n{row}", "rank": row} for row in range(int(offset), min(15, stop))]
        return answer.json({"data": rows, "pagination": info})

    scripted = serve(script)
    settings = {"token_id": "a", "token_secret": "b", "base_url": scripted.url}
    asked = {"start": date(2026, 11, 10), "end": date(2026, 11, 15)}
    with twin.open("Chatlayer", **settings, now=lambda: NOW) as client:
        for stop in range(1, 15):
            generation, size = 0, 4
            first = client.intents("bot", **asked)
            got = [one.rank for one in twin.collect(first, stop)]
            generation, size = 1, 3
            rest = client.intents("bot", **asked, resume=first.checkpoint.to_json())
            got += [one.rank for one in twin.collect(rest)]
            assert got == list(range(15))


def test_raw_pages_of_a_restarted_window_come_again(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Nothing is dropped from raw pages: their window begins anew, with page 0, and is counted."""
    days = Days(answer, refusals={3: 5})
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        pager = client.interactions(**ONE_DAY, max_items=None, concurrency=1)
        pages = twin.collect(pager.raw_pages())
    numbers = [page.number for page in pages]
    first = numbers.index(0, 1)
    assert numbers == [*range(first), *range(5)]
    kept = {page.number: page.content for page in pages}
    lines = [line for number in range(5) for line in kept[number].decode().split()[1:]]
    assert [int(line.split(",")[0]) for line in lines] == list(range(24))
    assert pager.stats.restarts == 1


def test_raw_pages_go_on_with_what_rows_began(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Raw pages cannot look for a row: with a dead token all of the window comes again."""
    days = Days(answer)
    with twin.open("DigitalCX", **reach(serve(days))) as client:
        first = client.interactions(**ONE_DAY)
        twin.collect(first, 8)
        days.generation = 1
        rest = client.interactions(**ONE_DAY, resume=first.checkpoint)
        pages = twin.collect(rest.raw_pages())
        assert [(page.number, page.skip) for page in pages] == [(n, 0) for n in range(5)]
        assert rest.checkpoint.rest == []


@pytest.mark.parametrize("size", [1, 3, 10])
def test_smaller_pages_after_a_resume_repeat_nothing(
    twin: Twin, serve: Serve, answer: type[Answer], size: int
) -> None:
    """Where a page comes in several smaller ones after a resume, nothing of it comes twice."""

    def script(asked: Asked) -> Answer:
        offset, count = int(asked.query.get("page_token", "0")), int(asked.query["page_size"])
        rows = [{"id": f"e{row}", "timestamp": START.isoformat()} for row in range(20)]
        token = str(offset + count) if offset + count < 20 else None
        return answer.json({"events": rows[offset : offset + count], "next_page_token": token})

    settings = {"token_id": "a", "token_secret": "b", "base_url": serve(script).url}
    asked = {"start": date(2026, 11, 10), "end": date(2026, 11, 11)}
    with twin.open("Chatlayer", **settings, now=lambda: NOW) as client:
        first = client.events("bot", **asked, page_size=8)
        got = [row.id for row in twin.collect(first, 14)]
        rest = client.events("bot", **asked, page_size=size, resume=first.checkpoint)
        got += [row.id for row in twin.collect(rest)]
    assert got == [f"e{row}" for row in range(20)]


# Windows that take too long


def slow(days: Days, most: timedelta, status: int = 504) -> Callable[[Asked], Answer]:
    """Return a script that has no answer in time for long windows."""

    def script(asked: Asked) -> Answer:
        first, last = bounds(asked)
        return days.answer(status=status) if last - first > most else days(asked)

    return script


def spans(scripted: Scripted) -> list[timedelta]:
    return [last - first for first, last in map(bounds, scripted.asked)]


@pytest.mark.parametrize("status", [408, 413, 504, 524])
def test_windows_that_are_too_much_are_halved(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, status: int
) -> None:
    """One that takes too long, or gives too much, is cut in two, and so are those after it."""
    scripted = serve(slow(Days(answer, page_rows=50), 6 * HOUR, status))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(**FIVE_DAYS, concurrency=1)
        assert read(pager) == list(range(120))
    assert spans(scripted) == [DAY, DAY / 2, DAY / 4, DAY / 4, DAY / 4, DAY / 4] + [DAY / 4] * 16
    assert (pager.stats.halved, pager.stats.partitions_done) == (15, 5)
    assert pager.stats.partitions == 5


def test_halves_are_resumed(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A checkpoint within a half leads to what follows, in a client that knows nothing of it."""
    script = slow(Days(answer, page_rows=4), 6 * HOUR)
    for stop in (1, 5, 6, 17, 24, 30, 47):
        asked = {**FIVE_DAYS, "end": date(2026, 11, 12), "concurrency": 2 if stop % 2 else 1}
        scripted = serve(script)
        with twin.open("DigitalCX", **reach(scripted)) as client:
            first = client.interactions(**asked)
            got = ids(twin.collect(first, stop))
        with twin.open("DigitalCX", **reach(scripted)) as client:
            rest = client.interactions(**asked, resume=first.checkpoint.to_json())
            assert got + ids(twin.collect(rest)) == list(range(48))


def test_a_timeout_of_the_connection_halves(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """No answer within the timeout is as good as a gateway's word for it."""
    days = Days(answer, page_rows=50)

    def script(asked: Asked) -> Answer | Iterator[Step]:
        first, last = bounds(asked)
        return iter(["hang"]) if last - first > 12 * HOUR else days(asked)

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(**ONE_DAY, timeout=1.5)
        assert read_rows(twin, pager) == list(range(24))
    assert (pager.stats.halved, len(raw.asked)) == (1, 3)


def test_a_vendor_that_hangs_costs_five_timeouts(twin: Twin, serve_raw: ServeRaw) -> None:
    """A day is asked for twice, its half, quarter and eighth once, and then it ends."""
    raw = serve_raw(lambda _: iter(["hang"]))
    with (
        no_waits(),
        twin.open("DigitalCX", **reach(raw), max_retries=3) as client,
        pytest.raises(errors.RequestTimeout),
    ):
        twin.collect(client.interactions(**ONE_DAY, timeout=0.5))
    asked = [last - first for first, last in map(bounds, raw.asked)]
    assert asked == [DAY, DAY, DAY / 2, DAY / 4, DAY / 8]


def test_what_is_left_whole_is_tried_again(twin: Twin, serve_raw: ServeRaw) -> None:
    """A window that is not cut has all of its repetitions."""
    raw = serve_raw(lambda _: iter(["hang"]))
    with no_waits(), twin.open("DigitalCX", **reach(raw), max_retries=2) as client:
        with pytest.raises(errors.RequestTimeout):
            twin.collect(client.interactions(**ONE_DAY, active_session_only=True, timeout=0.5))
        assert len(raw.asked) == 3


def test_a_later_page_is_tried_again(twin: Twin, serve_raw: ServeRaw, answer: type[Answer]) -> None:
    """A window that has begun is not cut, so that its pages have all of their repetitions."""
    days = Days(answer)

    def script(asked: Asked) -> Answer | Iterator[Step]:
        return iter(["hang"]) if "continuationToken" in asked.query else days(asked)

    raw = serve_raw(script)
    with no_waits(), twin.open("DigitalCX", **reach(raw), max_retries=2) as client:
        pager = client.interactions(**ONE_DAY, timeout=1.0)
        with pytest.raises(errors.RequestTimeout):
            twin.collect(pager)
        assert (len(raw.asked), pager.stats.rows) == (4, 5)


@pytest.mark.parametrize(
    ("status", "error"), [(504, errors.GatewayTimeout), (413, errors.PayloadTooLarge)]
)
def test_halving_ends_at_the_floor(
    twin: Twin, serve: Serve, answer: type[Answer], status: int, error: type[errors.StatusError]
) -> None:
    """Nothing is asked for in pieces under a minute; the error names the last one, and resumes."""
    scripted = serve(slow(Days(answer), timedelta(0), status))
    asked: dict[str, Any] = {"culture": "en", "start": START, "end": START + 8 * MINUTE}
    with twin.open("DigitalCX", **reach(scripted)) as client, pytest.raises(error) as caught:
        twin.collect(client.interactions(**asked))
    with twin.open("DigitalCX", **reach(serve(Days(answer)))) as client:
        rest = client.interactions(**asked, resume=caught.value.checkpoint)
        assert ids(twin.collect(rest)) == [0]
    assert spans(scripted) == [8 * MINUTE, 4 * MINUTE, 2 * MINUTE, MINUTE]
    window = caught.value.window
    assert window is not None
    assert (window.start, window.span) == (START, MINUTE)
    assert "window 2026-11-10T00:00:00Z/2026-11-10T00:01:00Z, key en" in str(caught.value)


def test_sessions_are_not_cut(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Where a shorter window may give other rows, a timeout is raised."""
    scripted = serve(slow(Days(answer), HOUR))
    with (
        twin.open("DigitalCX", **reach(scripted)) as client,
        pytest.raises(errors.GatewayTimeout),
    ):
        twin.collect(client.interactions(**ONE_DAY, active_session_only=True))
    assert spans(scripted) == [DAY]


def test_a_window_that_was_begun_is_not_halved(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """After a page, or when resumed in one, a timeout is raised: halves would repeat rows."""
    days, working = Days(answer), 2

    def script(asked: Asked) -> Answer:
        return days(asked) if days.asked < working else answer(status=504)

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(**ONE_DAY, max_items=100)
        with pytest.raises(errors.GatewayTimeout):
            twin.collect(pager)
        assert pager.stats.rows == 10
        days.asked = 0
        first = client.interactions(**ONE_DAY, max_items=3)
        twin.collect(first)
        scripted.asked.clear()
        days.asked = working
        with pytest.raises(errors.GatewayTimeout):
            twin.collect(client.interactions(**ONE_DAY, resume=first.checkpoint))
    assert spans(scripted) == [DAY]


# Windows that fail while others go on


def failing(days: Days, numbers: Sequence[int], status: int = 500) -> Callable[[Asked], Answer]:
    """Return a script that fails on some days."""

    def script(asked: Asked) -> Answer:
        first, _ = bounds(asked)
        return days.answer(status=status) if (first - START).days in numbers else days(asked)

    return script


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("ordered", [True, False])
def test_other_windows_are_read_to_their_end(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, concurrency: int, *, ordered: bool
) -> None:
    """With on_window_error="continue" all else comes first; then an error names what failed."""
    days = Days(answer)
    broken = [1, 3]
    scripted = serve(failing(days, broken))
    how: dict[str, Any] = {"concurrency": concurrency, "ordered": ordered}
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(**FIVE_DAYS, **how, on_window_error="continue")
        with pytest.raises(errors.WindowsFailed, match="2 of 5 windows failed") as caught:
            read(pager)
        error = pickle.loads(pickle.dumps(caught.value))
        assert [one.window.start for one in error.failures] == [START + DAY, START + 3 * DAY]
        assert [type(one.error) for one in error.failures] == [errors.ServerError] * 2
        assert {one.key for one in error.failures} == {"en"}
        assert "2026-11-11T00:00:00Z/2026-11-12T00:00:00Z" in str(error)
        stats = pager.stats
        assert (stats.rows, stats.partitions_done, stats.partitions_failed) == (72, 3, 2)
        broken.clear()
        rest = client.interactions(**FIVE_DAYS, resume=error.checkpoint.to_json())
        assert ids(twin.collect(rest)) == [*range(24, 48), *range(72, 96)]
        assert (rest.stats.partitions_done, rest.stats.partitions_failed) == (5, 0)


def test_a_window_that_fails_late_keeps_its_position(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Rows of a failed window that were handed out do not come again with the resume."""
    days, working = Days(answer), False

    def script(asked: Asked) -> Answer:
        late = "continuationToken" in asked.query and bounds(asked)[0] == START + DAY
        return days(asked) if working or not late else answer(status=500)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**FIVE_DAYS, on_window_error="continue")
        got: list[int] = []
        with pytest.raises(errors.WindowsFailed) as caught:
            got.extend(row.log_id for row in twin.step(pager))
        assert got == [*range(29), *range(48, 120)]
        working = True
        rest = client.interactions(**FIVE_DAYS, resume=caught.value.checkpoint)
        assert ids(twin.collect(rest)) == list(range(29, 48))


def test_bad_rows_and_loops_end_their_window_only(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read
) -> None:
    """What is found while handing out ends its window too; that is not read on."""
    days = Days(answer)
    asked_of_loop = 0

    def script(asked: Asked) -> Answer:
        nonlocal asked_of_loop
        first, _ = bounds(asked)
        if first == START:
            return answer.csv(HEADER, "1,2026-11-10T00:00:00Z", "x,yesterday", token="t")
        if first == START + DAY:
            asked_of_loop += 1
            token = f"t{asked_of_loop}" if asked_of_loop < 10_000 else None
            return answer.csv(HEADER, "30,2026-11-11T06:00:00Z", token=token)
        return days(asked)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**FIVE_DAYS, on_window_error="continue", concurrency=2)
        with pytest.raises(errors.WindowsFailed) as caught:
            read(pager)
    failed = [one.error for one in caught.value.failures]
    assert [type(one) for one in failed] == [errors.InvalidResponse, errors.PaginationLoop]
    assert [one.window and one.window.start for one in failed] == [START, START + DAY]
    assert {one.key for one in failed} == {"en"}
    assert (pager.stats.partitions_done, pager.stats.rows) == (3, 74)
    # Not to the most pages that a window may have: it was given up when that was found.
    assert asked_of_loop < 10_000


def test_what_was_read_ahead_of_a_failure_is_dropped(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Behind a bad row nothing of its window is handed out, though later pages have come."""

    def script(asked: Asked) -> Answer:
        first, _ = bounds(asked)
        if first != START:
            return answer.csv(HEADER)
        if "continuationToken" in asked.query:
            return answer.csv(HEADER, "3,2026-11-10T02:00:00Z")
        return answer.csv(HEADER, "1,2026-11-10T00:00:00Z", "x,yesterday", token="t")

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**FIVE_DAYS, on_window_error="continue", concurrency=2)
        steps = twin.step(pager)
        assert next(steps).log_id == 1
        # Meanwhile the second page arrives.
        twin.pause(0.1)
        with pytest.raises(errors.WindowsFailed):
            next(steps)
        assert (pager.stats.rows, pager.stats.partitions_done) == (1, 4)
        (position,) = pager.checkpoint.positions
        assert (position.page, position.rows, position.last_id) == (0, 1, 1)


@pytest.mark.parametrize("status", [401])
def test_what_fails_everywhere_ends_at_once(
    twin: Twin, serve: Serve, answer: type[Answer], status: int
) -> None:
    """Wrong credentials are not tried on every window."""
    scripted = serve(lambda _: answer(status=status))
    with (
        twin.open("DigitalCX", **reach(scripted)) as client,
        pytest.raises(errors.Unauthorized),
    ):
        twin.collect(client.interactions(**FIVE_DAYS, on_window_error="continue", concurrency=1))
    assert len(scripted.asked) == 1


def test_max_items_does_not_hide_a_failure(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Rows before which others are missing are not passed off as the first ones."""
    scripted = serve(failing(Days(answer), [0]))
    for read in WAYS:
        with twin.open("DigitalCX", **reach(scripted)) as client:
            pager = client.interactions(**FIVE_DAYS, on_window_error="continue", max_items=30)
            with pytest.raises(errors.WindowsFailed) as caught:
                read(twin, pager)
            assert (pager.stats.rows, len(caught.value.failures)) == (30, 1)


def test_errors_name_the_window(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Any error out of a listing names window and key, from whichever window it came."""
    scripted = serve(failing(Days(answer), [2]))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        for concurrency in (1, 4):
            pager = client.interactions(**FIVE_DAYS, concurrency=concurrency)
            with pytest.raises(errors.ServerError) as caught:
                twin.collect(pager)
            error = pickle.loads(pickle.dumps(caught.value))
            assert error.window is not None
            assert (error.window.start, error.key) == (START + 2 * DAY, "en")
            assert "(window 2026-11-12T00:00:00Z/2026-11-13T00:00:00Z, key en)" in str(error)
            assert pager.stats.partitions_failed == 0


@pytest.mark.parametrize("word", ["stop", "", None, True, 1])
def test_other_words_are_refused(twin: Twin, serve: Serve, answer: type[Answer], word: Any) -> None:
    """on_window_error is one of two words, on_progress a function; told at the call."""
    with twin.open("DigitalCX", **reach(serve(Days(answer)))) as client:
        with pytest.raises(errors.ArgumentError, match="one of raise, continue"):
            client.interactions(**ONE_DAY, on_window_error=word)
        with pytest.raises(errors.ArgumentError, match="on_progress must be a function; got str"):
            client.interactions(**ONE_DAY, on_progress="often")


# Loops


@pytest.mark.parametrize("count", [1, 3, 2_000])
def test_the_same_page_under_new_tokens_is_a_loop(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, count: int
) -> None:
    """A page that comes again with another token ends in PaginationLoop, and no row comes twice."""
    number = 0

    def script(_: Asked) -> Answer:
        nonlocal number
        number += 1
        rows = (
            f"{row},{(START + row * timedelta(seconds=40)).isoformat()}" for row in range(count)
        )
        return answer.csv(HEADER, *rows, token=f"t{number}" if number < 30 else None)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**ONE_DAY)
        with pytest.raises(errors.PaginationLoop, match="begins with the same rows"):
            read(pager)
    assert pager.stats.rows == count
    assert number < 10


def test_a_token_that_leads_back_loses_nothing(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read
) -> None:
    """The rows of the page that brought it are handed out; asked for again, the page leads on."""
    days, broken = Days(answer), True

    def script(asked: Asked) -> Answer:
        page = days(asked)
        if broken and asked.query.get("continuationToken") == "0-10":
            return answer(page.body, 200, {**page.headers, "continuationToken": "0-5"})
        return page

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**ONE_DAY)
        with pytest.raises(errors.PaginationLoop, match="the same continuation twice") as caught:
            read(pager)
        assert pager.stats.rows == 15
        broken = False
        rest = client.interactions(**ONE_DAY, resume=caught.value.checkpoint)
        assert read(rest) == list(range(15, 24))


@pytest.mark.parametrize("first", [1, 2, 17])
def test_a_page_that_begins_as_the_one_before_may_go_on(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, first: int
) -> None:
    """Pages that overlap wholly are no loop as long as they bring new rows."""

    def script(asked: Asked) -> Answer:
        page = int(asked.query.get("continuationToken", 0))
        count = first + 2 * page
        lines = (f"{row},{(START + row * MINUTE).isoformat()}" for row in range(count))
        return answer.csv(HEADER, *lines, token=str(page + 1) if page < 2 else None)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        assert read(client.interactions(**ONE_DAY)) == list(range(first + 4))


def test_a_last_page_that_repeats_is_no_loop(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Where nothing follows, a repeated page is dropped row by row, and so the window ends."""

    def script(asked: Asked) -> Answer:
        token = None if "continuationToken" in asked.query else "t"
        return answer.csv(HEADER, "1,2026-11-10T00:10:00Z", "2,2026-11-10T00:20:00Z", token=token)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(**ONE_DAY)
        assert read_rows(twin, pager) == [1, 2]
        assert pager.stats.duplicates == 2


# Progress


def test_progress_is_told_after_each_page(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read
) -> None:
    """on_progress sees the pager's stats after each page, in whoever iterates."""
    told: list[tuple[int, int, int]] = []
    threads = set()

    def tell(stats: Any) -> None:
        told.append((stats.pages, stats.rows, stats.partitions_done))
        threads.add(threading.current_thread())

    with twin.open("DigitalCX", **reach(serve(Days(answer, page_rows=12)))) as client:
        two_days = {**ONE_DAY, "end": date(2026, 11, 12)}
        read(client.interactions(**two_days, on_progress=tell))
        assert told == [(1, 12, 0), (2, 24, 1), (3, 36, 1), (4, 48, 2)]
        told.clear()
        read(client.interactions(**two_days, on_progress=tell, max_items=18))
        assert told == [(1, 12, 0), (2, 18, 0)]
    assert threads == {threading.current_thread()}


def test_what_progress_raises_ends_the_iteration(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """An exception of the caller's own comes out as it is, and nothing is left behind."""

    def give_up(_: object) -> None:
        raise KeyError("enough")

    with twin.open("DigitalCX", **reach(serve(Days(answer)))) as client:
        with pytest.raises(KeyError, match="enough"):
            twin.collect(client.interactions(**FIVE_DAYS, on_progress=give_up))
        assert twin.leftovers() == []


# Deadlines


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_deadline_ends_all_windows(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], concurrency: int
) -> None:
    """When the time is over, whatever is to be done about windows: the error has the checkpoint."""
    days = Days(answer, page_rows=50)

    def script(asked: Asked) -> Answer | Iterator[Step]:
        return days(asked) if bounds(asked)[0] == START else iter(["hang"])

    raw = serve_raw(script)
    with twin.open("DigitalCX", **reach(raw)) as client:
        pager = client.interactions(
            **FIVE_DAYS, concurrency=concurrency, deadline=2.0, on_window_error="continue"
        )
        got: list[int] = []
        with pytest.raises(errors.DeadlineExceeded) as caught:
            got.extend(row.log_id for row in twin.step(pager))
    assert got == list(range(24))
    assert caught.value.checkpoint is not None
    assert [one.index for one in caught.value.checkpoint.rest] == [1, 2, 3, 4]
    assert twin.leftovers() == []
    assert (pager.stats.halved, pager.stats.partitions_failed) == (0, 0)


# Vendors that repeat rows


@define
class Repeating:
    """A vendor with a row every four hours whose pages begin with rows that came before.

    ``back`` tells by how many, in turn. Its pages hold two new rows besides, or two rows in all:
    some of them have nothing new then, and not the last row either.
    """

    answer: type[Answer]
    back: Sequence[int]
    grows: bool

    def __call__(self, asked: Asked) -> Answer:
        first, last = bounds(asked)
        hours = range(-(-(first - START) // HOUR), -(-(last - START) // HOUR))
        rows = [hour for hour in hours if hour % 4 == 0]
        pages = [*self._cut(len(rows))]
        page = int(asked.query.get("continuationToken", 0))
        low, high = pages[page]
        lines = (f"{hour},{(START + hour * HOUR).isoformat()}" for hour in rows[low:high])
        token = str(page + 1) if page + 1 < len(pages) else None
        return self.answer.csv(HEADER, *lines, token=token)

    def _cut(self, count: int) -> Iterator[tuple[int, int]]:
        yield 0, 2
        begun, back = 2, cycle(self.back)
        while begun < count:
            low = max(0, begun - next(back))
            yield low, min(count, begun + 2 if self.grows else low + 2)
            begun = max(begun, begun + 2 if self.grows else low + 2)


@pytest.mark.parametrize(
    ("back", "grows"), [((1, 2, 3), True), ((3,), True), ((1, 3), False), ((0, 3, 2, 1), False)]
)
def test_rows_that_repeat_over_several_pages_are_dropped_after_any_resume(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, back: Sequence[int], *, grows: bool
) -> None:
    """Also where more rows repeat than a page holds, and the last one is not among them."""
    asked: dict[str, Any] = {**ONE_DAY, "end": date(2026, 11, 12)}
    expected = [*range(0, 48, 4)]
    with twin.open("DigitalCX", **reach(serve(Repeating(answer, back, grows)))) as client:
        pager = client.interactions(**asked)
        assert read(pager) == expected
        assert pager.stats.duplicates > 0
        for stop in range(1, 12):
            first = client.interactions(**asked, concurrency=1 + stop % 2)
            got = ids(twin.collect(first, stop))
            rest = client.interactions(**asked, resume=first.checkpoint.to_json())
            assert got + read(rest) == expected


@pytest.mark.parametrize(("concurrency", "ordered"), [(1, True), (8, True), (1, False), (8, False)])
def test_long_pages_that_repeat_are_dropped_after_any_resume(
    twin: Twin, serve: Serve, answer: type[Answer], read: Read, concurrency: int, *, ordered: bool
) -> None:
    """Of eight windows that are open at once too, as many rows are known as of one."""

    def script(asked: Asked) -> Answer:
        first, _ = bounds(asked)
        begun = int(asked.query.get("continuationToken", 0))
        numbers = range(max(0, begun - RECENT), begun + 20)
        times = (first + number * 12 * MINUTE for number in numbers)
        lines = (f"{(at - START) // MINUTE},{at.isoformat()}" for at in times)
        return answer.csv(HEADER, *lines, token=str(begun + 20) if begun < 100 else None)

    how: dict[str, Any] = {**ONE_DAY, "end": date(2026, 11, 18)}
    how |= {"concurrency": concurrency, "ordered": ordered}
    expected = [*range(0, 8 * 24 * 60, 12)]
    draw = random.Random(0)
    with twin.open("DigitalCX", **reach(serve(script)), rate_limit=None) as client:
        for _ in range(2):
            got: list[int] = []
            pager = client.interactions(**how)
            for _ in range(2):
                got += ids(twin.collect(pager, draw.randrange(1, 400)))
                pager = client.interactions(**how, resume=pager.checkpoint.to_json())
            assert sorted(got + read(pager)) == expected
