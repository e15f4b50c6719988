"""Pagers: what they hand out, where they stand, how they end, and what they leave behind."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialytics import Checkpoint, errors
from dialytics.sandbox import Sandbox
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

DAY = timedelta(days=1)
ROWS_A_DAY, ROWS_A_PAGE = 24, 7
START, END = date(2026, 11, 10), date(2026, 11, 13)
HEADER = "LogId,TimestampStart,MainInteractionType"


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A small sandbox: few rows a day, in pages that do not divide them."""
    with Sandbox(now=NOW, rows_per_day=ROWS_A_DAY, page_rows=ROWS_A_PAGE) as running:
        yield running
        assert running.violations == []


def true_ids(box: Sandbox, start: date = START, end: date = END) -> list[int]:
    """Return the ids that the generator has for a range of days."""
    first, last = (datetime(one.year, one.month, one.day, tzinfo=UTC) for one in (start, end))
    return [int(str(row["LogId"])) for row in box.interactions("en", first, last)]


def ids(rows: Any) -> list[int]:
    """Return the rows' ids."""
    return [row.log_id for row in rows]


def at(day: str, second: int = 0) -> str:
    """Return a moment of a day, as the vendor writes it."""
    moment = datetime.fromisoformat(day[:10]).replace(tzinfo=UTC) + timedelta(seconds=second)
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("way", ["pages", "raw_pages"])
def test_pages_tell_what_they_belong_to(twin: Twin, box: Sandbox, way: str) -> None:
    """Of a listing with several keys no two pages have the same key, window and number."""
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture=["en", "nl"], start=START, end=END, concurrency=4)
        pages = twin.collect(getattr(pager, way)())
    places = [(page.key, page.window.start, page.number) for page in pages]
    assert len({*places}) == len(places)
    assert {key for key, _, _ in places} == {"en", "nl"}


def test_closing_twice_at_once_is_closing_once(twin: Twin, box: Sandbox) -> None:
    """Whoever closes what is being closed is not told that it is being read."""
    for _ in range(20):
        with twin.open("DigitalCX", **reach(box)) as client:
            pager = client.interactions(culture="en", start=START, end=END, concurrency=3)
            rows = twin.step(pager)
            assert next(rows).log_id
            twin.together([pager.aclose if twin.is_async else pager.close] * 2)
    assert twin.leftovers() == []


def test_same_pages_whatever_they_are_cut_in(twin: Twin, box: Sandbox) -> None:
    """Pages hold the rows of the listing in order, at most page_size each, and say where from."""
    truth = true_ids(box)
    for page_size in (None, 1, 4, ROWS_A_PAGE, 1000):
        with twin.open("DigitalCX", **reach(box)) as client:
            pager = client.interactions(culture="en", start=START, end=END, page_size=page_size)
            pages = twin.collect(pager.pages())
        assert [row for page in pages for row in ids(page.rows)] == truth
        assert [ids(page) for page in pages] == [ids(page.rows) for page in pages]
        assert all(0 < len(page) <= min(page_size or 1000, ROWS_A_PAGE) for page in pages)
        places = [(page.window.start, page.number) for page in pages]
        assert places == sorted(places)
        assert {page.window.start.day for page in pages} == {10, 11, 12}
        assert pager.stats.rows == len(truth)
        assert pager.stats.pages == 3 * math.ceil((ROWS_A_DAY + 1) / ROWS_A_PAGE)


@pytest.mark.parametrize("kept", [1, 5, ROWS_A_PAGE, ROWS_A_DAY, 70, 1000])
def test_max_items_stops_there(twin: Twin, box: Sandbox, kept: int) -> None:
    """With max_items exactly so many rows come, in rows and in pages, and the rest can follow."""
    truth = true_ids(box)
    with twin.open("DigitalCX", **reach(box)) as client:
        asked = {"culture": "en", "start": START, "end": END}
        box.clear_requests()
        pager = client.interactions(**asked, max_items=kept)
        assert ids(twin.collect(pager)) == truth[:kept]
        in_pages = client.interactions(**asked, max_items=kept)
        pages = twin.collect(in_pages.pages())
        assert [row for page in pages for row in ids(page)] == truth[:kept]
        for checkpoint in (pager.checkpoint, in_pages.checkpoint, pages[-1].checkpoint):
            rest = client.interactions(**asked, resume=checkpoint)
            assert ids(twin.collect(rest)) == truth[kept:]


def test_few_items_cost_few_requests(twin: Twin, box: Sandbox) -> None:
    """With max_items nothing is read ahead, so one page of rows costs one request."""
    with twin.open("DigitalCX", **reach(box)) as client:
        box.clear_requests()
        pager = client.interactions(culture="en", start=START, end=END, max_items=ROWS_A_PAGE)
        assert len(twin.collect(pager)) == ROWS_A_PAGE
        assert len(box.requests) == pager.stats.requests == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    stops=st.tuples(st.integers(0, 3 * ROWS_A_DAY), st.integers(0, 3 * ROWS_A_DAY)),
    concurrency=st.sampled_from([1, 2, 8]),
    page_size=st.one_of(st.none(), st.integers(1, 10)),
)
def test_resume_after_any_row(
    twin: Twin, box: Sandbox, stops: tuple[int, int], concurrency: int, page_size: int | None
) -> None:
    """However often a listing is stopped and resumed, each row comes once and in order."""
    truth = true_ids(box)
    asked = {"culture": "en", "start": START, "end": END}
    stop, again = stops
    with twin.open("DigitalCX", **reach(box)) as client:
        first = client.interactions(**asked, concurrency=concurrency)
        got = ids(twin.collect(first, stop)) if stop else []
        second = client.interactions(
            **asked, resume=first.checkpoint.to_json(), page_size=page_size
        )
        got += ids(twin.collect(second, again)) if again else []
        third = client.interactions(**asked, resume=second.checkpoint, concurrency=concurrency)
        got += ids(twin.collect(third))
    assert got == truth
    assert second.stats.duplicates == third.stats.duplicates == 0


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    page_size=st.one_of(st.none(), st.integers(1, 10)),
    concurrency=st.sampled_from([1, 4]),
    data=st.data(),
)
def test_resume_after_any_page(
    twin: Twin, box: Sandbox, page_size: int | None, concurrency: int, data: st.DataObject
) -> None:
    """The checkpoint of any page leads to exactly what follows that page, however far one read."""
    asked = {"culture": "en", "start": START, "end": END, "concurrency": concurrency}
    with twin.open("DigitalCX", **reach(box)) as client:
        pages = twin.collect(client.interactions(**asked, page_size=page_size).pages())
        at = data.draw(st.integers(0, len(pages) - 1))
        rest = client.interactions(**asked, resume=pages[at].checkpoint.to_json())
        following = [row for page in pages[at + 1 :] for row in ids(page)]
        assert ids(twin.collect(rest)) == following


def test_every_row_has_its_checkpoint(twin: Twin, box: Sandbox) -> None:
    """While iterating, the checkpoint always stands after the row that was just handed out."""
    truth = true_ids(box)
    asked = {"culture": "en", "start": START, "end": END}
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(**asked)
        saved = [pager.checkpoint]
        for row in twin.step(pager):
            saved.append(pager.checkpoint)
            (position,) = pager.checkpoint.positions
            assert position.last_id == row.log_id
        for number in range(0, len(truth) + 1, 5):
            rest = client.interactions(**asked, resume=saved[number])
            assert ids(twin.collect(rest)) == truth[number:]


def test_finished_checkpoint_gives_nothing(twin: Twin, box: Sandbox) -> None:
    """Resuming a finished listing gives no rows and sends nothing."""
    asked = {"culture": "en", "start": START, "end": END}
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(**asked)
        twin.collect(pager)
        assert pager.checkpoint.done == pager.stats.partitions_done == 3
        box.clear_requests()
        assert twin.collect(client.interactions(**asked, resume=pager.checkpoint)) == []
        assert box.requests == []


def test_checkpoint_of_the_first_moment_starts_anew(twin: Twin, box: Sandbox) -> None:
    """A pager that was never iterated has a checkpoint, and it leads to all rows."""
    asked = {"culture": "en", "start": START, "end": END}
    with twin.open("DigitalCX", **reach(box)) as client:
        checkpoint = client.interactions(**asked).checkpoint
        assert checkpoint.done == 0
        assert ids(twin.collect(client.interactions(**asked, resume=checkpoint))) == true_ids(box)


def test_open_end_is_frozen_in_the_checkpoint(twin: Twin, box: Sandbox) -> None:
    """A listing up to now that is resumed later still ends where it would have ended."""
    moment = [NOW]
    asked = {"culture": "en", "start": NOW - 2 * DAY}
    with twin.open("DigitalCX", **{**reach(box), "now": lambda: moment[0]}) as client:
        pager = client.interactions(**asked)
        assert pager.stats.provisional == 1
        got = ids(twin.collect(pager, 5))
        moment[0] += 3 * DAY
        got += ids(twin.collect(client.interactions(**asked, resume=pager.checkpoint)))
    settled = NOW - timedelta(minutes=5)
    rows = box.interactions("en", NOW - 2 * DAY, settled)
    assert got == [row["LogId"] for row in rows]


def test_an_end_in_the_future_is_provisional(twin: Twin, box: Sandbox) -> None:
    """Windows that end after now are counted, before and after a resume."""
    asked = {"culture": "en", "start": NOW - 2 * DAY, "end": NOW + DAY}
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(**asked)
        assert (pager.stats.partitions, pager.stats.provisional) == (3, 2)
        (_, _, last) = pager.checkpoint.split()
        assert client.interactions(**asked, resume=last).stats.provisional == 1


def test_stats_are_of_one_pager(twin: Twin, box: Sandbox) -> None:
    """After a resume only windows are counted as before; rows, pages and requests begin at 0."""
    asked = {"culture": "en", "start": START, "end": END, "concurrency": 1}
    with twin.open("DigitalCX", **reach(box)) as client:
        first = client.interactions(**asked)
        twin.collect(first, ROWS_A_DAY + 1)
        rest = client.interactions(**asked, resume=first.checkpoint)
        assert (rest.stats.partitions, rest.stats.partitions_done) == (3, 1)
        assert (rest.stats.rows, rest.stats.pages, rest.stats.requests) == (0, 0, 0)
        rows = twin.collect(rest)
    assert (rest.stats.partitions_done, rest.stats.rows) == (3, len(rows))
    assert first.stats.rows + rest.stats.rows == 3 * ROWS_A_DAY


def test_checkpoint_is_small_json_without_secrets(twin: Twin, box: Sandbox) -> None:
    """A checkpoint is JSON that reads back as itself, and shows nothing of what was asked for."""
    with twin.open("DigitalCX", **{**reach(box), "auth": "tell-nobody"}) as client:
        pager = client.interactions(culture="en", start=START, end=END, filter_text="e")
        twin.collect(pager, 3)
    text = pager.checkpoint.to_json()
    assert Checkpoint.from_json(text) == pager.checkpoint
    assert json.loads(text)["operation"] == "digitalcx.interactions"
    assert len(text) < 600
    assert not any(secret in text for secret in ("tell-nobody", "acme", "shop", "filter"))


def test_resume_takes_only_the_same_call(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A checkpoint of another operation, other arguments or no checkpoint at all is refused."""
    asked: dict[str, Any] = {"culture": "en", "start": START, "end": END}
    scripted = serve(lambda _: answer())
    settings = reach(scripted)
    with (
        twin.open("DigitalCX", **settings) as client,
        twin.open("DigitalCX", **{**settings, "project": "other"}) as elsewhere,
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as inkeep,
    ):
        checkpoint = client.interactions(**asked).checkpoint
        for changed in (
            {"culture": "nl"},
            {"culture": ["en", "nl"]},
            {"end": date(2026, 11, 12)},
            {"filter_text": "x"},
            {"include_user_info": True},
            {"main_interaction_type": 2},
            {"environment": "Staging"},
            {"tz": "Europe/Amsterdam"},
        ):
            with pytest.raises(errors.CheckpointMismatch, match="other arguments"):
                client.interactions(**{**asked, **changed}, resume=checkpoint)
        with pytest.raises(errors.CheckpointMismatch, match="other arguments"):
            elsewhere.interactions(**asked, resume=checkpoint)
        with pytest.raises(errors.CheckpointMismatch, match=r"digitalcx\.interactions"):
            inkeep.conversations(resume=checkpoint)
        for junk in ("", "{}", "[]", '{"version":2}', "x"):
            with pytest.raises(errors.CheckpointMismatch):
                client.interactions(**asked, resume=junk)
    assert scripted.asked == []


def test_pager_is_used_once(twin: Twin, box: Sandbox) -> None:
    """A second iteration of a pager, by rows or by pages, is refused and names the way on."""
    with twin.open("DigitalCX", **reach(box)) as client:
        for first in (iter_of, pages_of):
            for second in (iter_of, pages_of):
                pager = client.interactions(culture="en", start=START, end=END)
                twin.collect(first(twin, pager), 2)
                with pytest.raises(errors.ArgumentError, match=r"resume=pager\.checkpoint"):
                    second(twin, pager)


def iter_of(twin: Twin, pager: Any) -> Any:
    """Begin to iterate a pager's rows."""
    return aiter(pager) if twin.is_async else iter(pager)


def pages_of(_: Twin, pager: Any) -> Any:
    """Begin to iterate a pager's pages."""
    return pager.pages()


def test_nothing_is_sent_before_the_iteration(twin: Twin) -> None:
    """Making, entering and closing a pager sends nothing; its repr says whose it is."""
    with Sandbox(now=NOW, validate=False) as box, twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture="en", start=START, end=END)
        with twin.enter(pager) as entered:
            assert entered is pager
        twin.close(pager)
        prefix = "Async" if twin.is_async else ""
        assert repr(pager) == f"<{prefix}Pager digitalcx.interactions rows=0>"
    assert box.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_items": 0},
        {"max_items": True},
        {"page_size": -1},
        {"page_size": 1.5},
        {"concurrency": 0},
        {"concurrency": "4"},
    ],
)
def test_wrong_counts_are_refused_at_the_call(
    twin: Twin, box: Sandbox, wrong: dict[str, Any]
) -> None:
    """A count that is no positive whole number is refused at the call, naming the argument."""
    with (
        twin.open("DigitalCX", **reach(box)) as client,
        pytest.raises(errors.ArgumentError, match=next(iter(wrong))),
    ):
        client.interactions(culture="en", start=START, end=END, **wrong)


def test_closed_pager_gives_no_more(twin: Twin, box: Sandbox) -> None:
    """After a close the iteration is over, and the checkpoint still leads to the rest."""
    truth = true_ids(box)
    asked = {"culture": "en", "start": START, "end": END}
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(**asked)
        steps = twin.step(pager)
        got = [next(steps).log_id for _ in range(10)]
        twin.close(pager)
        twin.close(pager)
        assert list(steps) == []
        got += ids(twin.collect(client.interactions(**asked, resume=pager.checkpoint)))
    assert got == truth


def endless(answer: type[Answer]) -> Callable[[Asked], Answer]:
    """Return a script whose windows have a hundred pages of three rows."""

    def script(asked: Asked) -> Answer:
        page = int(asked.query.get("continuationToken", "0"))
        day = asked.query["startDate"]
        first = int(day[8:10]) * 10_000 + page * 3
        rows = [f"{first + row},{at(day, first % 10_000 + row + 60)},QA" for row in range(3)]
        return answer.csv(HEADER, *rows, token=str(page + 1) if page < 99 else None)

    return script


# Errors, and going on after them.


def test_error_carries_the_checkpoint(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """An error in the middle says whose it is, and its checkpoint resumes after the last row."""
    healthy = endless_days(answer, pages=3)
    broken = [True]

    def script(asked: Asked) -> Answer:
        if (
            broken[0]
            and asked.query["startDate"][8:10] == "12"
            and "continuationToken" in (asked.query)
        ):
            return answer(b"Forbidden", 403, {"content-type": "text/plain"})
        return healthy(asked)

    asked = {"culture": "en", "start": date(2026, 11, 10), "end": date(2026, 11, 15)}
    whole = [1000 * day + row for day in range(10, 15) for row in range(6)]
    for concurrency in (1, 4):
        for by_page in (False, True):
            broken[0] = True
            with twin.open("DigitalCX", **reach(serve(script))) as client:
                pager = client.interactions(**asked, concurrency=concurrency)
                got: list[int] = []
                steps = twin.step(pager.pages() if by_page else pager)
                with pytest.raises(errors.Forbidden) as caught:
                    got.extend(row for one in steps for row in (ids(one if by_page else [one])))
                assert (caught.value.vendor, caught.value.operation) == (
                    "digitalcx",
                    "interactions",
                )
                assert got == whole[:14]
                broken[0] = False
                assert caught.value.checkpoint == pager.checkpoint
                rest = client.interactions(**asked, resume=caught.value.checkpoint)
                assert got + ids(twin.collect(rest)) == whole


def test_bad_row_carries_the_checkpoint_before_it(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """A row that cannot be read stops at its position, after the rows before it."""

    def script(asked: Asked) -> Answer:
        day = asked.query["startDate"]
        return answer.csv(HEADER, f"1,{at(day)},QA", f"many,{at(day)},QA", f"3,{at(day)},QA")

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(culture="en", start=START, end=END)
        steps = twin.step(pager)
        assert next(steps).log_id == 1
        with pytest.raises(errors.InvalidResponse, match="LogId") as caught:
            next(steps)
    assert caught.value.position == 1
    assert "many" not in str(caught.value)
    checkpoint = caught.value.checkpoint
    assert checkpoint is not None
    (position,) = checkpoint.positions
    assert (position.skip, position.last_id) == (1, 1)


def test_bad_row_loses_no_row_of_its_page(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """In pages() the rows before a bad one come as a page, before the error and its checkpoint."""
    healed = False

    def script(asked: Asked) -> Answer:
        day = asked.query["startDate"]
        rows = [f"{number},{at(day)},QA" for number in (1, 2, 3)]
        return answer.csv(HEADER, *rows[:2], rows[2] if healed else f"many,{at(day)},QA")

    asked = {"culture": "en", "start": START, "end": date(2026, 11, 11)}
    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pages = client.interactions(**asked).pages()
        got: list[int] = []
        with pytest.raises(errors.InvalidResponse) as caught:
            got.extend(row.log_id for page in twin.step(pages) for row in page.rows)
        assert got == [1, 2]
        healed = True
        rest = client.interactions(**asked, resume=caught.value.checkpoint)
        assert got + ids(twin.collect(rest)) == [1, 2, 3]


def test_closed_pager_is_not_iterated(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A pager that was closed before its first row sends nothing any more."""
    scripted = serve(lambda _: answer.csv(HEADER))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(culture="en", start=START, end=END)
        with twin.enter(pager):
            pass
        with pytest.raises(errors.ArgumentError, match="iterated or closed"):
            twin.collect(pager)
    assert scripted.asked == []


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_pager_is_not_closed_while_it_is_read(
    twin: Twin, serve: Serve, answer: type[Answer], at_once: int
) -> None:
    """A close while the next row is waited for is refused, and the reading goes on."""
    scripted = serve(endless_days(answer, 3))
    refused: list[errors.ArgumentError] = []
    closing: set[asyncio.Future[None]] = set()

    async def close_meanwhile() -> None:
        with pytest.raises(errors.ArgumentError, match="being read") as caught:
            await pager.aclose()
        refused.append(caught.value)

    def close(stats: Any) -> None:
        if stats.pages > 1:
            return
        if twin.is_async:
            closing.add(asyncio.ensure_future(close_meanwhile()))
            return
        with pytest.raises(errors.ArgumentError, match="being read") as caught:
            pager.close()
        refused.append(caught.value)

    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(
            culture="en", start=START, end=END, concurrency=at_once, on_progress=close
        )
        rows = twin.collect(pager)
        twin.wait(pager.aclose() if twin.is_async else pager.close())
    assert (len(rows), len(scripted.asked)) == (18, 9)
    assert [error.operation for error in refused] == ["interactions"]


def test_errors_of_the_block_come_before_a_refused_close(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """A block that fails while its pager is read elsewhere ends with its own error."""
    scripted = serve(endless_days(answer, 3))
    seen: list[BaseException] = []

    async def leave_meanwhile(failure: Exception | None) -> None:
        try:
            async with pager:
                if failure is not None:
                    raise failure
        except (KeyError, errors.ArgumentError) as error:
            seen.append(error)

    def leave(failure: Exception | None) -> None:
        if twin.is_async:
            leaving.add(asyncio.ensure_future(leave_meanwhile(failure)))
            return
        try:
            with pager:
                if failure is not None:
                    raise failure
        except (KeyError, errors.ArgumentError) as error:
            seen.append(error)

    leaving: set[asyncio.Future[None]] = set()
    failures = iter([KeyError("ours"), None])
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(
            culture="en",
            start=START,
            end=END,
            concurrency=1,
            on_progress=lambda stats: leave(next(failures)) if stats.pages < 3 else None,
        )
        assert len(twin.collect(pager)) == 18
    assert [type(error) for error in seen] == [KeyError, errors.ArgumentError]


def test_equal_ids_of_two_cultures_are_two_rows(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Repetitions are looked for within a culture, not between cultures."""
    scripted = serve(lambda asked: answer.csv(HEADER, f"1,{at(asked.query['startDate'])},QA"))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(culture=["de", "en"], start=START, end=date(2026, 11, 11))
        assert ids(twin.collect(pager)) == [1, 1]
    assert pager.stats.duplicates == 0


def endless_days(answer: type[Answer], pages: int) -> Callable[[Asked], Answer]:
    """Return a script whose days have some pages of two rows, numbered by day."""

    def script(asked: Asked) -> Answer:
        page = int(asked.query.get("continuationToken", "0"))
        day = asked.query["startDate"]
        first = int(day[8:10]) * 1000 + 2 * page
        rows = [f"{first + row},{at(day, 60 + 2 * page + row)},QA" for row in range(2)]
        return answer.csv(HEADER, *rows, token=str(page + 1) if page < pages - 1 else None)

    return script


# Ends, loops, seams.


def test_empty_page_with_a_token_goes_on(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A page without rows that has a token is no end; an absent or empty token is one."""
    pages = {"": ([1], "a"), "a": ([], "b"), "b": ([], "c"), "c": ([2, 3], "d"), "d": ([4], "")}

    def script(asked: Asked) -> Answer:
        rows, token = pages[asked.query.get("continuationToken", "")]
        day = asked.query["startDate"]
        return answer.csv(HEADER, *(f"{row},{at(day, 60 + row)},QA" for row in rows), token=token)

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(culture="en", start=START, end=date(2026, 11, 11))
        assert ids(twin.collect(pager)) == [1, 2, 3, 4]
        assert pager.stats.pages == len(scripted.asked) == 5
        pages_only = client.interactions(culture="en", start=START, end=date(2026, 11, 11))
        assert [ids(page) for page in twin.collect(pages_only.pages())] == [[1], [2, 3], [4]]


def test_no_content_ends_a_window(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Status 204 ends a window, also where it wrongly brings a token along."""

    def script(asked: Asked) -> Answer:
        if "continuationToken" in asked.query:
            return answer(status=204, headers={"continuationToken": "more"})
        return answer.csv(HEADER, f"1,{at(asked.query['startDate'], 60)},QA", token="next")

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(culture="en", start=START, end=date(2026, 11, 11))
        assert ids(twin.collect(pager)) == [1]
    assert len(scripted.asked) == 2


@pytest.mark.parametrize("period", [1, 2, 5])
def test_repeated_token_is_a_loop(
    twin: Twin, serve: Serve, answer: type[Answer], period: int
) -> None:
    """A token that comes a second time in a window ends in PaginationLoop, not in a circle."""
    number = count()

    def script(asked: Asked) -> Answer:
        page = next(number)
        row = f"{page},{at(asked.query['startDate'], 60 + page)},QA"
        return answer.csv(HEADER, row, token=f"t{page % period}")

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(culture="en", start=START, end=date(2026, 11, 11))
        steps = twin.step(pager)
        for _ in range(period + 1):
            next(steps)
        with pytest.raises(errors.PaginationLoop) as caught:
            next(steps)
    assert len(scripted.asked) == period + 1
    assert caught.value.checkpoint == pager.checkpoint


def test_same_token_in_another_window_is_no_loop(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Tokens are compared within a window only: each day may have a first page's token."""
    with twin.open("DigitalCX", **reach(serve(endless_days(answer, pages=3)))) as client:
        pager = client.interactions(culture="en", start=START, end=END)
        assert len(twin.collect(pager)) == 18


def test_loop_is_seen_through_changing_bytes(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """The same items in bodies that differ, packed or not, are the same page."""
    count = 0

    def script(_: Asked) -> Answer:
        nonlocal count
        count += 1
        items = [{"id": name} for name in "abc"] if count < 30 else []
        body = json.dumps({"conversations": items, "total": 9, "served": count}).encode()
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        return answer(gzip.compress(body, mtime=count), 200, headers)

    scripted = serve(script)
    with (
        twin.open("Inkeep", api_key="k", base_url=scripted.url) as client,
        pytest.raises(errors.PaginationLoop),
    ):
        twin.collect(client.conversations())
    # A list with new rows at its front may look like that once, so it is read again.
    assert len(scripted.asked) == 2 * 4


def overlapping(answer: type[Answer]) -> Callable[[Asked], Answer]:
    """Return a script whose pages begin with the last row of the page before."""

    def script(asked: Asked) -> Answer:
        page = int(asked.query.get("continuationToken", "0"))
        day = asked.query["startDate"]
        rows = range(max(0, 3 * page - 1), 3 * page + 3)
        lines = [f"{int(day[8:10]) * 100 + row},{at(day, 60 + row)},QA" for row in rows]
        return answer.csv(HEADER, *lines, token=str(page + 1) if page < 3 else None)

    return script


@pytest.mark.parametrize("concurrency", [1, 4])
def test_rows_that_repeat_across_pages_are_dropped(
    twin: Twin, serve: Serve, answer: type[Answer], concurrency: int
) -> None:
    """A row at the end of a page and at the start of the next comes once, and is counted."""
    with twin.open("DigitalCX", **reach(serve(overlapping(answer)))) as client:
        pager = client.interactions(culture="en", start=START, end=END, concurrency=concurrency)
        expected = [100 * day + row for day in (10, 11, 12) for row in range(12)]
        assert ids(twin.collect(pager)) == expected
        assert pager.stats.duplicates == 9
        assert pager.stats.rows == len(expected)


def test_rows_that_repeat_are_dropped_after_a_resume_too(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Stopping between two pages that overlap and resuming does not bring the row again."""
    asked = {"culture": "en", "start": START, "end": date(2026, 11, 11)}
    with twin.open("DigitalCX", **reach(serve(overlapping(answer)))) as client:
        whole = ids(twin.collect(client.interactions(**asked)))
        for page in twin.step(client.interactions(**asked).pages()):
            rest = client.interactions(**asked, resume=page.checkpoint.to_json())
            done = whole.index(page.rows[-1].log_id) + 1
            assert ids(twin.collect(rest)) == whole[done:]


@pytest.mark.parametrize("rows", [20, 5_000])
@pytest.mark.parametrize("form", ["rows", "batches"])
def test_new_rows_before_repeated_ones_come_after_a_resume(
    twin: Twin, serve: Serve, answer: type[Answer], rows: int, form: str
) -> None:
    """Where a page brings rows of the one before among new ones, a resume loses none of these."""
    old = [rows - 9, rows - 1, rows - 3]
    second = [*range(9_000, 9_500), *old, *range(9_500, 9_600)]
    asked = {"culture": "en", "start": START, "end": date(2026, 11, 11)}

    def script(asked: Asked) -> Answer:
        is_first = "continuationToken" not in asked.query
        sent = range(rows) if is_first else second
        lines = [f"{row},{at('2026-11-10', 60)},QA" for row in sent]
        return answer.csv(HEADER, *lines, token="1" if is_first else None)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        first = next(iter(twin.step(client.interactions(**asked).pages())))
        rest = client.interactions(**asked, resume=first.checkpoint.to_json())
        if form == "rows":
            got = ids(twin.collect(rest))
        else:
            batches = twin.collect(rest.batches())
            got = [one for batch in batches for one in batch.column("log_id").to_pylist()]
        assert got == [row for row in second if row not in old]
        assert rest.stats.duplicates == len(old)


@pytest.mark.parametrize("concurrency", [1, 4])
def test_rows_that_repeat_across_windows_are_dropped(
    twin: Twin, serve: Serve, answer: type[Answer], concurrency: int
) -> None:
    """A server that takes the end as inclusive gives midnight's row twice; it comes once."""
    moments = [datetime(2026, 11, 10, tzinfo=UTC) + number * DAY / 4 for number in range(13)]

    def script(asked: Asked) -> Answer:
        first, last = (
            datetime.fromisoformat(asked.query[name]) for name in ("startDate", "endDate")
        )
        rows = [
            f"{number},{moment.isoformat()},QA"
            for number, moment in enumerate(moments)
            if first <= moment <= last
        ]
        return answer.csv(HEADER, *rows)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(culture="en", start=START, end=END, concurrency=concurrency)
        assert ids(twin.collect(pager)) == list(range(13))
        assert pager.stats.duplicates == 2


def test_rows_at_the_edges_are_known_whatever_the_order(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Midnight's row comes once also where days are newest first and many pages lie between."""
    moments = [datetime(2026, 11, 10, tzinfo=UTC) + number * DAY / 8 for number in range(25)]

    def script(asked: Asked) -> Answer:
        first, last = (
            datetime.fromisoformat(asked.query[name]) for name in ("startDate", "endDate")
        )
        rows = [
            f"{number},{moment.isoformat()},QA"
            for number, moment in reversed([*enumerate(moments)])
            if first <= moment <= last
        ]
        page = int(asked.query.get("continuationToken", "0"))
        more = str(page + 1) if rows[2 * page + 2 :] else None
        return answer.csv(HEADER, *rows[2 * page : 2 * page + 2], token=more)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(culture="en", start=START, end=END)
        got = ids(twin.collect(pager))
    assert sorted(got) == list(range(25))
    assert pager.stats.duplicates == 2


# A vendor that takes less than a day.


def refusing_days(
    answer: type[Answer], message: str = "You cannot request more than one day."
) -> Callable[[Asked], Answer]:
    """Return a script that refuses ranges of exactly a day, or longer."""

    def script(asked: Asked) -> Answer:
        first, last = (
            datetime.fromisoformat(asked.query[name]) for name in ("startDate", "endDate")
        )
        if last - first >= DAY:
            return answer(message.encode(), 400, {"content-type": "text/plain"})
        row = int(first.timestamp())
        return answer.csv(HEADER, f"{row},{first.isoformat()},QA")

    return script


def spans(scripted: Scripted) -> list[timedelta]:
    """Return how long the ranges were that were asked for."""
    bounds = [
        [datetime.fromisoformat(asked.query[name]) for name in ("startDate", "endDate")]
        for asked in scripted.asked
    ]
    return [end - start for start, end in bounds]


def test_refused_day_is_halved_and_remembered(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """A server that takes less than a day is asked for one once, then for halves only."""
    scripted = serve(refusing_days(answer))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        first = client.interactions(culture="en", start=START, end=END, concurrency=1)
        rows = twin.collect(first)
        assert [row.timestamp_start for row in rows] == [
            datetime(2026, 11, 10, tzinfo=UTC) + number * DAY / 2 for number in range(6)
        ]
        assert spans(scripted) == [DAY] + [DAY / 2] * 6
        assert first.stats.requests == 7
        scripted.asked.clear()
        second = client.interactions(culture="en", start=START, end=END, concurrency=1)
        assert len(twin.collect(second)) == 6
        assert spans(scripted) == [DAY / 2] * 6


def test_halved_days_resume_anywhere(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A checkpoint within a halved day leads to the rest, in a client that knows nothing of it."""
    asked = {"culture": "en", "start": START, "end": END}
    scripted = serve(refusing_days(answer))
    for stop in range(1, 7):
        with twin.open("DigitalCX", **reach(scripted)) as client:
            pager = client.interactions(**asked)
            got = ids(twin.collect(pager, stop))
        with twin.open("DigitalCX", **reach(scripted)) as another:
            rest = another.interactions(**asked, resume=pager.checkpoint.to_json())
            got += ids(twin.collect(rest))
        assert got == sorted(set(got))
        assert len(got) == 6


def test_halving_ends(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A server that refuses the half too is not asked again: its error is raised."""
    scripted = serve(lambda _: answer(b"culture is not valid", 400))
    with (
        twin.open("DigitalCX", **reach(scripted)) as client,
        pytest.raises(errors.BadRequest, match="culture is not valid"),
    ):
        twin.collect(client.interactions(culture="en", start=START, end=END, concurrency=1))
    assert spans(scripted) == [DAY, DAY / 2]


def test_other_refusals_teach_nothing(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A day refused for another reason leaves the client asking for days."""
    refused = True

    def script(_: Asked) -> Answer:
        return answer(b"culture is not valid", 400) if refused else answer.csv(HEADER)

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        asked = {"culture": "en", "start": START, "end": END, "concurrency": 1}
        with pytest.raises(errors.BadRequest):
            twin.collect(client.interactions(**asked))
        refused = False
        scripted.asked.clear()
        assert twin.collect(client.interactions(**asked)) == []
    assert spans(scripted) == [DAY] * 3


def test_unknown_project_is_not_halved(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """The 400 that means no such project is raised at once, as UnknownProject."""
    message = "Customer key acme with project shop does not exist."
    scripted = serve(refusing_days(answer, message))
    with (
        twin.open("DigitalCX", **reach(scripted)) as client,
        pytest.raises(errors.UnknownProject),
    ):
        twin.collect(client.interactions(culture="en", start=START, end=END, concurrency=1))
    assert spans(scripted) == [DAY]


def test_shorter_window_is_not_halved(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A 400 on less than a day has another reason, so it is raised at once."""
    scripted = serve(lambda _: answer(b"no", 400))
    start = datetime(2026, 11, 10, 6, tzinfo=UTC)
    with (
        twin.open("DigitalCX", **reach(scripted)) as client,
        pytest.raises(errors.BadRequest),
    ):
        twin.collect(client.interactions(culture="en", start=start, end=start + DAY / 2))
    assert len(scripted.asked) == 1


def test_window_that_was_begun_is_not_halved(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """A 400 on a later page of a day, also when read again, is raised: halves would repeat rows."""
    healthy = endless_days(answer, pages=5)

    def script(asked: Asked) -> Answer:
        if asked.query.get("continuationToken") == "3":
            return answer(b"The continuation token has expired.", 400)
        return healthy(asked)

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(culture="en", start=START, end=date(2026, 11, 11))
        got: list[int] = []
        with pytest.raises(errors.BadRequest, match="expired"):
            got.extend(row.log_id for row in twin.step(pager))
    assert got == [10_000 + row for row in range(6)]
    assert (len(scripted.asked), pager.stats.restarts) == (8, 1)


def test_windows_tile_what_was_asked(twin: Twin, box: Sandbox) -> None:
    """The windows of a plan follow each other without gap or overlap, none over a day."""
    start = datetime(2026, 11, 10, 5, 30, tzinfo=UTC)
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture="en", start=start, end=date(2026, 11, 15))
    windows = [partition.window for partition in pager.checkpoint.partitions]
    assert windows[0].start == start
    assert windows[-1].end == datetime(2026, 11, 15, tzinfo=UTC)
    assert all(one.end == following.start for one, following in pairwise(windows))
    assert all(timedelta(0) < window.span <= DAY for window in windows)


# Windows as they come


def test_unordered_windows_do_not_wait_for_a_slow_one(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """With ordered=False the rows of quick windows come first, each window's in their order."""
    released = threading.Event()

    def script(asked: Asked) -> Answer:
        day = datetime.fromisoformat(asked.query["startDate"]).day
        page = int(asked.query.get("continuationToken", "0"))
        if day == START.day:
            assert released.wait(5)
        rows = f"{10 * day + page},{at(asked.query['startDate'], page)},QA"
        return answer.csv(HEADER, rows, token="1" if page == 0 else None)

    with twin.open("DigitalCX", **reach(serve(script))) as client:
        pager = client.interactions(
            culture="en", start=START, end=END, concurrency=3, ordered=False
        )
        steps = twin.step(pager)
        first = [next(steps).log_id for _ in range(4)]
        assert sorted(first) == [110, 111, 120, 121]
        assert first.index(110) < first.index(111)
        assert first.index(120) < first.index(121)
        saved = pager.checkpoint
        assert (saved.done, len(saved.finished)) == (0, 1)
        released.set()
        assert [row.log_id for row in steps] == [100, 101]
        rest = client.interactions(
            culture="en", start=START, end=END, resume=saved.to_json(), ordered=False
        )
        assert ids(twin.collect(rest)) == [100, 101]


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    stops=st.tuples(st.integers(0, 3 * ROWS_A_DAY), st.integers(0, 3 * ROWS_A_DAY)),
    in_order=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_unordered_resume_after_any_row(
    twin: Twin, box: Sandbox, stops: tuple[int, int], in_order: tuple[bool, bool, bool]
) -> None:
    """Stopped anywhere, in whatever order windows are read, nothing is lost or doubled."""
    seen: list[int] = []
    saved: str | None = None
    with twin.open("DigitalCX", **reach(box)) as client:
        for stop, ordered in zip((*stops, None), in_order, strict=True):
            pager = client.interactions(
                culture="en", start=START, end=END, concurrency=3, ordered=ordered, resume=saved
            )
            if stop != 0:
                seen += ids(twin.collect(pager, stop))
            saved = pager.checkpoint.to_json()
    assert sorted(seen) == true_ids(box)


def test_few_windows_are_cut_shorter(twin: Twin, box: Sandbox) -> None:
    """A day is read in as many windows as are asked for at once, and its rows stay in order."""
    with twin.open("DigitalCX", **reach(box)) as client:
        asked = {"culture": "en", "start": START, "end": START + DAY}
        pager = client.interactions(**asked, concurrency=8)
        assert ids(twin.collect(pager)) == true_ids(box, START, START + DAY)
        assert pager.stats.partitions == 8
        whole = client.interactions(**asked)
        assert ids(twin.collect(whole)) == true_ids(box, START, START + DAY)
        assert whole.stats.partitions == 1
