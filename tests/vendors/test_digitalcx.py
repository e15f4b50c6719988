"""DigitalCX: what the client sends and hands out, against the sandbox and scripted servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest

from dialytics import ClientCredentials, InteractionType, errors
from dialytics.sandbox import Sandbox
from dialytics_clients.digitalcx.rows import Interaction
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

DAY = timedelta(days=1)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EXAMPLES = Path(__file__).parent / "examples"
# Where the page's table and its curl line differ, the request follows the curl line.
SENT_ALWAYS = {"culture", "startDate", "endDate", "paginateData"}
FLAGS = {
    "Event": 1,
    "QA": 2,
    "FaqClick": 4,
    "Dialog": 8,
    "LinkClick": 16,
    "Feedback": 32,
    "FaqSearch": 64,
    "TransactionalDialog": 128,
    "DataRetrieval": 256,
    "GenerativeAI": 512,
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with few rows a day."""
    with Sandbox(now=NOW, rows_per_day=30, page_rows=12) as running:
        yield running
        assert running.violations == []


def midnight(day: date) -> datetime:
    """Return a day's first moment in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def as_row(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a row's attributes must be for what the generator says of it."""
    values = {}
    for column in Interaction.COLUMNS:
        value = fields[column.name]
        if column.kind == "timestamp":
            value = datetime.fromisoformat(value)
        elif column.parsed and value is not None:
            value = json.loads(value)
        values[column.attribute] = None if value == "" else value
    return values


def attributes(row: Interaction) -> dict[str, Any]:
    """Return a row's attributes."""
    assert row.extra == {}
    return {column.attribute: getattr(row, column.attribute) for column in Interaction.COLUMNS}


def ids(rows: Any) -> list[int]:
    """Return the ids of rows, or of what the generator says of them."""
    return [row["LogId"] if isinstance(row, dict) else row.log_id for row in rows]


@pytest.mark.parametrize("concurrency", [1, 4, 8])
@pytest.mark.parametrize(("rows_a_day", "rows_a_page"), [(0, 5), (9, 10), (10, 10), (31, 10)])
def test_month_is_the_truth(
    twin: Twin, concurrency: int, rows_a_day: int, rows_a_page: int
) -> None:
    """A month holds every row of the generator in order, at the cost of its pages exactly."""
    start, end = date(2026, 10, 1), date(2026, 11, 1)
    with Sandbox(now=NOW, rows_per_day=rows_a_day, page_rows=rows_a_page, validate=False) as box:
        truth = box.interactions("en", midnight(start), midnight(end))
        with twin.open("DigitalCX", **reach(box)) as client:
            pager = client.interactions(culture="en", start=start, end=end, concurrency=concurrency)
            rows = twin.collect(pager)
        requests = len(box.requests)
    assert ids(rows) == ids(truth)
    assert len(rows) == 31 * rows_a_day == pager.stats.rows
    # A full last page has a token, and the page after it is a 204.
    assert requests == 31 * (rows_a_day // rows_a_page + 1)
    assert requests == pager.stats.requests == pager.stats.pages
    assert (pager.stats.partitions, pager.stats.partitions_done) == (31, 31)
    assert pager.stats.retries == pager.stats.duplicates == pager.stats.not_filtered == 0


def test_rows_hold_every_column(twin: Twin, box: Sandbox) -> None:
    """Each row has all columns of the generator in their types, and knows their names."""
    start, end = date(2026, 11, 1), date(2026, 11, 8)
    truth = box.interactions("en", midnight(start), midnight(end), user_info=True)
    with twin.open("DigitalCX", **reach(box)) as client:
        rows = twin.collect(
            client.interactions(culture="en", start=start, end=end, include_user_info=True)
        )
    assert [attributes(row) for row in rows] == [as_row(one) for one in truth]
    first = {name: value for name, value in truth[0].items() if value is not None}
    back = rows[0].to_dict()
    assert set(back) == set(first)
    assert back["LogId"] == first["LogId"]


def test_days_between_empty_ones(twin: Twin, box: Sandbox) -> None:
    """Days on which nothing matches cost a request and no more, wherever they lie."""
    start, end = date(2026, 10, 1), date(2026, 11, 1)
    truth = [
        row
        for row in box.interactions("en", midnight(start), midnight(end))
        if row["MainInteractionType"] == "Feedback"
    ]
    days = {datetime.fromisoformat(str(row["TimestampStart"])).date() for row in truth}
    assert 0 < len(days) < 31
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(
            culture="en", start=start, end=end, main_interaction_type=InteractionType.FEEDBACK
        )
        assert ids(twin.collect(pager)) == ids(truth)
        assert pager.stats.requests == 31


def test_culture_without_rows(twin: Twin, box: Sandbox) -> None:
    """A culture that nobody uses gives an empty listing."""
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture="EN", start=date(2026, 11, 1), end=date(2026, 11, 4))
        assert twin.collect(pager) == []
        assert pager.stats.requests == 3


@pytest.mark.parametrize("concurrency", [1, 5])
def test_cultures_come_window_by_window(twin: Twin, box: Sandbox, concurrency: int) -> None:
    """Several cultures come day by day, within a day in the order given, each once."""
    start, end = date(2026, 11, 1), date(2026, 11, 4)
    cultures = ["nl", "en", "fr-be", "nl"]
    expected = [
        row
        for day in range(3)
        for culture in ("nl", "en", "fr-be")
        for row in box.interactions(
            culture, midnight(start) + day * DAY, midnight(start) + (day + 1) * DAY
        )
    ]
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture=cultures, start=start, end=end, concurrency=concurrency)
        rows = twin.collect(pager)
    assert ids(rows) == ids(expected)
    assert [row.culture for row in rows] == [row["Culture"] for row in expected]
    assert pager.stats.partitions == 9


def kinds(row: Mapping[str, Any]) -> int:
    """Return the flags of all of a row's types."""
    return sum(FLAGS[kind] for kind in json.loads(row["AllInteractionTypes"]))


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Mapping[str, Any]], bool]]] = {
    "text": (
        {"filter_text": "order"},
        lambda row: "order" in (row["InteractionValue"] or ""),
    ),
    "awkward text": (
        {"filter_text": "Größe 42 für"},
        lambda row: "Größe 42 für" in (row["InteractionValue"] or ""),
    ),
    "types": (
        {"interaction_types": InteractionType.DIALOG | InteractionType.QA},
        lambda row: bool(kinds(row) & 10),
    ),
    "types as a number": ({"interaction_types": 131}, lambda row: bool(kinds(row) & 131)),
    "main type": (
        {"main_interaction_type": InteractionType.EVENT},
        lambda row: row["MainInteractionType"] == "Event",
    ),
    "active": ({"active_session_only": True}, lambda row: bool(row["SessionIsActive"])),
    "not only active": ({"active_session_only": False}, lambda _: True),
    "several": (
        {"interaction_types": InteractionType.QA, "filter_text": "o", "active_session_only": True},
        lambda row: (
            bool(kinds(row) & 2)
            and "o" in (row["InteractionValue"] or "")
            and bool(row["SessionIsActive"])
        ),
    ),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters(twin: Twin, box: Sandbox, name: str) -> None:
    """Each filter reaches every page of every window and leaves exactly the rows that match."""
    asked, matches = FILTERS[name]
    start, end = date(2026, 11, 1), date(2026, 11, 8)
    truth = box.interactions("en", midnight(start), midnight(end))
    expected = [row for row in truth if matches(row)]
    assert expected
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture="en", start=start, end=end, **asked)
        assert ids(twin.collect(pager)) == ids(expected)
        assert pager.stats.not_filtered == 0


@pytest.mark.parametrize("environment", ["Production", "Staging"])
@pytest.mark.parametrize("mode", ["Public", "Internal", "Test", "Monitor"])
def test_places(twin: Twin, box: Sandbox, environment: str, mode: str) -> None:
    """Environment and session mode choose whose rows come."""
    start, end = date(2026, 11, 1), date(2026, 11, 2)
    truth = box.interactions(
        "en", midnight(start), midnight(end), environment=environment, session_mode=mode
    )
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(
            culture="en", start=start, end=end, environment=environment, session_mode=mode
        )
        assert ids(twin.collect(pager)) == ids(truth)


def test_user_columns_need_the_flag_and_the_role(twin: Twin, box: Sandbox) -> None:
    """The two user columns are filled only when asked for, by a token that may see them."""
    asked = {"culture": "en", "start": date(2026, 11, 1), "end": date(2026, 11, 2)}
    for auth, flag, filled in (("t", True, True), ("t", None, False), ("limited", True, False)):
        with twin.open("DigitalCX", **{**reach(box), "auth": auth}) as client:
            row = twin.collect(client.interactions(**asked, include_user_info=flag), 1)[0]
        assert (row.additional_session_info is not None, row.variables is not None) == (
            filled,
            filled,
        )


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (date(2026, 10, 25), date(2026, 10, 26), 25),
        (date(2026, 10, 24), date(2026, 10, 27), 73),
        (date(2026, 10, 26), date(2026, 10, 27), 24),
    ],
)
def test_local_days(twin: Twin, box: Sandbox, start: date, end: date, hours: int) -> None:
    """Dates are local days where a zone is given, also where a day has 25 hours."""
    first, last = (
        datetime(one.year, one.month, one.day, tzinfo=AMSTERDAM).astimezone(UTC)
        for one in (start, end)
    )
    assert last - first == timedelta(hours=hours)
    for zone in ("Europe/Amsterdam", AMSTERDAM):
        with twin.open("DigitalCX", **reach(box)) as client:
            pager = client.interactions(culture="en", start=start, end=end, tz=zone)
            assert ids(twin.collect(pager)) == ids(box.interactions("en", first, last))
            assert pager.stats.partitions == -(-hours // 24)


def test_short_local_day(twin: Twin) -> None:
    """A local day of 23 hours is one window of 23 hours."""
    spring = datetime(2026, 4, 20, tzinfo=UTC)
    with Sandbox(now=spring, rows_per_day=24, page_rows=50, validate=False) as box:
        first = datetime(2026, 3, 28, 23, tzinfo=UTC)
        with twin.open("DigitalCX", **reach(box)) as client:
            pager = client.interactions(
                culture="en",
                start=date(2026, 3, 29),
                end=date(2026, 3, 30),
                tz="Europe/Amsterdam",
            )
            expected = box.interactions("en", first, first + timedelta(hours=23))
            assert ids(twin.collect(pager)) == ids(expected)
        assert len(box.requests) == 1


def test_ranges_that_touch(twin: Twin, box: Sandbox) -> None:
    """Two ranges, one beginning where the other ends, hold each row once, wherever the cut is."""
    start, end = midnight(date(2026, 11, 1)), midnight(date(2026, 11, 4))
    truth = box.interactions("en", start, end)
    moments = [datetime.fromisoformat(str(row["TimestampStart"])) for row in truth]
    on_a_row = moments[40].replace(microsecond=0)
    for cut in (midnight(date(2026, 11, 2)), on_a_row, on_a_row + timedelta(seconds=1)):
        with twin.open("DigitalCX", **reach(box)) as client:
            before = twin.collect(client.interactions(culture="en", start=start, end=cut))
            after = twin.collect(client.interactions(culture="en", start=cut, end=end))
        assert ids(before) + ids(after) == ids(truth)
        assert before
        assert after


def test_dates_and_moments_mean_the_same(twin: Twin, box: Sandbox) -> None:
    """A date is its first moment; moments of any zone are the same instants."""
    start, end = date(2026, 11, 1), date(2026, 11, 3)
    spellings = [
        (start, end),
        (midnight(start), midnight(end)),
        (midnight(start).astimezone(AMSTERDAM), end),
        (start, midnight(end).astimezone(ZoneInfo("Asia/Kathmandu"))),
    ]
    with twin.open("DigitalCX", **reach(box)) as client:
        got = [
            ids(twin.collect(client.interactions(culture="en", start=first, end=last)))
            for first, last in spellings
        ]
    assert got == [ids(box.interactions("en", midnight(start), midnight(end)))] * 4


def test_moments_within_a_day(twin: Twin, box: Sandbox) -> None:
    """A range that begins and ends within days holds just what lies in it."""
    start = datetime(2026, 11, 1, 13, 7, 11, tzinfo=UTC)
    end = datetime(2026, 11, 3, 2, 0, 1, tzinfo=UTC)
    with twin.open("DigitalCX", **reach(box)) as client:
        rows = twin.collect(client.interactions(culture="en", start=start, end=end))
    assert ids(rows) == ids(box.interactions("en", start, end))


def test_open_end_stops_before_now(twin: Twin, box: Sandbox) -> None:
    """Without an end the listing goes up to five minutes before now, and says so."""
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(culture="en", start=date(2026, 11, 19))
        rows = twin.collect(pager)
    settled = NOW - timedelta(minutes=5)
    assert ids(rows) == ids(box.interactions("en", midnight(date(2026, 11, 19)), settled))
    assert pager.stats.provisional == 1
    assert pager.checkpoint.partitions[-1].window.end == settled


# What the vendor would refuse.

FIRST = datetime(2026, 8, 22, 12, 5, tzinfo=UTC)
REFUSED = {
    "naive start": (datetime(2026, 11, 1), date(2026, 11, 2), "start"),  # noqa: DTZ001
    "naive end": (date(2026, 11, 1), datetime(2026, 11, 2), "end"),  # noqa: DTZ001
    "reversed": (date(2026, 11, 2), date(2026, 11, 1), "swap"),
    "empty": (date(2026, 11, 1), date(2026, 11, 1), "empty"),
    "92 days back": (NOW - 92 * DAY, date(2026, 11, 1), "2026-08-23"),
    "just over 91 days back": (
        NOW - 91 * DAY - timedelta(seconds=1),
        date(2026, 11, 1),
        "2026-08-22T12:05:00Z",
    ),
    "before the first day": (date(2024, 12, 14), date(2024, 12, 16), "2026-08-22"),
    "a text": ("2026-11-01", date(2026, 11, 2), "start"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_ranges_send_nothing(twin: Twin, box: Sandbox, name: str) -> None:
    """A range that the vendor surely refuses is refused at the call, saying what is acceptable."""
    start, end, named = REFUSED[name]
    box.clear_requests()
    with (
        twin.open("DigitalCX", **reach(box)) as client,
        pytest.raises(errors.WindowError, match=named) as caught,
    ):
        client.interactions(culture="en", start=start, end=end)
    assert box.requests == []
    assert (caught.value.vendor, caught.value.operation) == ("digitalcx", "interactions")


def test_first_day_is_named_while_it_is_the_limit(twin: Twin) -> None:
    """Within 90 days of December 15th 2024 that day is the first acceptable one."""
    early = datetime(2025, 1, 10, tzinfo=UTC)
    with (
        twin.open("DigitalCX", customer="a", project="p", auth="t", now=lambda: early) as client,
        pytest.raises(errors.WindowError, match="2024-12-15"),
    ):
        client.interactions(culture="en", start=date(2024, 12, 14), end=date(2024, 12, 20))


def test_grey_day_is_sent_and_its_answer_mapped(twin: Twin) -> None:
    """The day at the horizon is for the vendor to judge: its rows come, or its 400 does."""
    with Sandbox(now=NOW, rows_per_day=24, page_rows=50, validate=False) as box:
        with twin.open("DigitalCX", **reach(box)) as client:
            served = client.interactions(
                culture="en", start=date(2026, 8, 22), end=date(2026, 8, 23)
            )
            assert len(twin.collect(served)) == 24
            box.clear_requests()
            start = NOW - 91 * DAY + timedelta(minutes=1)
            refused = client.interactions(culture="en", start=start, end=date(2026, 8, 22))
            with pytest.raises(errors.BadRequest, match="90 days back") as caught:
                twin.collect(refused)
        assert [request.status for request in box.requests] == [400]
    assert (caught.value.status, caught.value.operation) == (400, "interactions")
    assert caught.value.checkpoint == refused.checkpoint


def test_clip_moves_the_start(twin: Twin, box: Sandbox) -> None:
    """With clip=True a start too early becomes the first acceptable moment, and stats say so."""
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(
            culture="en", start=date(2026, 1, 1), end=date(2026, 8, 25), clip=True
        )
        assert ids(twin.collect(pager)) == ids(
            box.interactions("en", FIRST, midnight(date(2026, 8, 25)))
        )
        assert pager.stats.clipped
        unclipped = client.interactions(
            culture="en", start=date(2026, 11, 1), end=date(2026, 11, 2), clip=True
        )
        assert not unclipped.stats.clipped
        with pytest.raises(errors.WindowError, match="nothing is left"):
            client.interactions(
                culture="en", start=date(2026, 1, 1), end=date(2026, 2, 1), clip=True
            )


@pytest.mark.parametrize(
    "wrong",
    [
        {"culture": ""},
        {"culture": []},
        {"culture": ["en", 1]},
        {"interaction_types": 0},
        {"interaction_types": "Hologram"},
        {"interaction_types": []},
        {"interaction_types": ["QA", None]},
        {"interaction_types": ["QA", 0]},
        {"interaction_types": b"QA"},
        {"interaction_types": 1.5},
        {"main_interaction_type": ["All", "none"]},
        {"main_interaction_type": [["QA"]]},
        {"filter_text": 7},
        {"environment": ["Staging"]},
        {"session_mode": False},
        {"active_session_only": "true"},
        {"include_user_info": 1},
        {"accept": "xml"},
        {"accept": None},
        {"clipped": True},
        {"main_interaction_type": -1},
        {"main_interaction_type": True},
        {"tz": "Europe/Nowhere"},
    ],
)
def test_wrong_arguments_send_nothing(twin: Twin, box: Sandbox, wrong: dict[str, Any]) -> None:
    """An argument that cannot be meant is refused at the call, naming it."""
    box.clear_requests()
    asked = {"culture": "en", "start": date(2026, 11, 1), "end": date(2026, 11, 2), **wrong}
    with (
        twin.open("DigitalCX", **reach(box)) as client,
        pytest.raises(errors.ArgumentError, match=next(iter(wrong))),
    ):
        client.interactions(**asked)
    assert box.requests == []


# Two spellings of one filter.


def main_type_server(answer: type[Answer], known: str | None) -> Callable[[Asked], Answer]:
    """Return a script that knows one spelling of the main type's filter, or none."""
    names = ["QA", "Event", "Faq_Click", "GenerativeAI", "Hologram", ""]

    def script(asked: Asked) -> Answer:
        wanted = int(asked.query.get(known or "", "0"))
        day = asked.query["startDate"][:10]
        rows = [
            f"{number},{day}T01:00:0{number}Z,{name}"
            for number, name in enumerate(names)
            if not wanted or FLAGS.get(name.replace("_", ""), 0) & wanted
        ]
        return answer.csv("log_id,timestamp_start,main_interaction_type", *rows)

    return script


@pytest.mark.parametrize("known", ["mainInteractionType", "mainInteractionTypes"])
def test_both_spellings_are_sent(
    twin: Twin, serve: Serve, answer: type[Answer], known: str
) -> None:
    """The main type's filter works with a server that knows either of its documented names."""
    scripted = serve(main_type_server(answer, known))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(
            culture="en",
            start=date(2026, 11, 1),
            end=date(2026, 11, 2),
            main_interaction_type=InteractionType.QA | InteractionType.FAQ_CLICK,
        )
        rows = twin.collect(pager)
    assert [row.main_interaction_type for row in rows] == ["QA", "Faq_Click"]
    assert pager.stats.not_filtered == 0
    sent = scripted.asked[0].query
    assert sent["mainInteractionType"] == sent["mainInteractionTypes"] == "6"


def test_filter_that_is_ignored_is_counted(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Rows that a server with neither name gives are kept, and the wrong ones counted."""
    scripted = serve(main_type_server(answer, None))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        asked = {"culture": "en", "start": date(2026, 11, 1), "end": date(2026, 11, 2)}
        pager = client.interactions(**asked, main_interaction_type=InteractionType.QA)
        assert ids(twin.collect(pager)) == [0, 1, 2, 3, 4, 5]
        # Neither an unknown type nor a missing one can be judged.
        assert pager.stats.not_filtered == 3
        unfiltered = client.interactions(**asked)
        twin.collect(unfiltered)
        assert unfiltered.stats.not_filtered == 0


# The documentation's own example.


def example_query() -> dict[str, str]:
    """Return the query of the page's curl line."""
    line = (EXAMPLES / "digitalcx-interactions.curl.txt").read_text(encoding="utf-8")
    return dict(parse_qsl(urlsplit(line.split("'")[1]).query, keep_blank_values=True))


def test_request_has_the_keys_of_the_curl_line(twin: Twin, box: Sandbox) -> None:
    """The documented call, its blanks filled, is sent with its keys and values, and one more."""
    example = example_query()
    box.clear_requests()
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(
            culture="en",
            start=date(2026, 11, 1),
            end=date(2026, 11, 2),
            filter_text="o",
            include_user_info=example["includeUserinfo"] == "true",
            interaction_types=int(example["interactionTypes"]),
            main_interaction_type=InteractionType.QA,
            active_session_only=example["activeSessionOnly"] == "true",
            environment=example["environment"],
            session_mode="Public",
        )
        rows = twin.collect(pager)
    assert rows
    assert {request.path for request in box.requests} == {"/acme/projects/shop/interactions"}
    sent = [dict(request.query) for request in box.requests]
    assert set().union(*sent) - {"mainInteractionType"} <= set(example)
    for name, value in example.items():
        if value:
            assert [query[name] for query in sent] == [value] * len(sent)


def test_all_keys_of_the_curl_line_can_be_sent(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Over the pages of one call, the query's keys are those of the curl line, exactly."""

    def script(asked: Asked) -> Answer:
        row = f"1,{asked.query['startDate'][:10]}T01:00:00Z,QA"
        more = "continuationToken" not in asked.query
        return answer.csv(
            "LogId,TimestampStart,MainInteractionType", row, token="a/b+c="[: 6 * more]
        )

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        twin.collect(
            client.interactions(
                culture="en",
                start=date(2026, 11, 1),
                end=date(2026, 11, 2),
                filter_text="a&b=c #1/ü",
                include_user_info=False,
                interaction_types=2,
                main_interaction_type=2,
                active_session_only=True,
                environment="Production",
                session_mode="Public",
            )
        )
    first, second = (asked.query for asked in scripted.asked)
    assert {*first, *second} == {*example_query(), "mainInteractionType"}
    assert second == {**first, "continuationToken": "a/b+c="}
    assert first["filterText"] == "a&b=c #1/ü"
    assert (first["startDate"], first["endDate"]) == (
        "2026-11-01T00:00:00Z",
        "2026-11-02T00:00:00Z",
    )


def test_what_is_not_asked_for_is_not_sent(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A call without filters sends the range, the culture and the wish for pages only."""
    scripted = serve(lambda _: answer.csv("LogId"))
    with twin.open("DigitalCX", **reach(scripted, auth="token")) as client:
        pager = client.interactions(culture="en", start=date(2026, 11, 1), end=date(2026, 11, 2))
        assert twin.collect(pager) == []
    assert set(scripted.asked[0].query) == SENT_ALWAYS
    assert scripted.asked[0].query["paginateData"] == "true"
    assert scripted.asked[0].headers["authorization"] == "Bearer token"
    assert scripted.asked[0].headers["accept"] == "text/csv"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ((400, "End date cannot be earlier than start date."), errors.BadRequest),
        ((400, "Customer key acme with project shop does not exist."), errors.UnknownProject),
        ((403, ""), errors.Forbidden),
        ((500, "Something went wrong"), errors.ServerError),
    ],
)
def test_documented_messages(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    said: tuple[int, str],
    error: type[errors.StatusError],
) -> None:
    """The page's statuses and messages come out as the errors they mean, with the message."""
    status, body = said
    scripted = serve(lambda _: answer(body.encode(), status, {"content-type": "text/plain"}))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(
            culture="en",
            start=datetime(2026, 11, 1, tzinfo=UTC),
            end=datetime(2026, 11, 1, 6, tzinfo=UTC),
        )
        with pytest.raises(error) as caught:
            twin.collect(pager)
    assert type(caught.value) is error
    assert (caught.value.vendor, caught.value.status) == ("digitalcx", status)
    assert (caught.value.detail or "") == body
    assert len(scripted.asked) == 1


def test_unknown_project_of_the_sandbox(twin: Twin, box: Sandbox) -> None:
    """A project that does not exist is UnknownProject after one request."""
    box.clear_requests()
    with (
        twin.open("DigitalCX", **{**reach(box), "project": "unknown"}) as client,
        pytest.raises(errors.UnknownProject),
    ):
        twin.collect(
            client.interactions(
                culture="en", start=date(2026, 11, 1), end=date(2026, 11, 8), concurrency=1
            )
        )
    assert len(box.requests) == 1


def test_ids_in_the_path_are_escaped(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A key with a slash or a space stays one part of the path."""
    scripted = serve(lambda _: answer.csv("LogId"))
    settings = {**reach(scripted), "customer": "a/b c", "project": "ü?#"}
    with twin.open("DigitalCX", **settings) as client:
        twin.collect(
            client.interactions(culture="en", start=date(2026, 11, 1), end=date(2026, 11, 2))
        )
    assert scripted.asked[0].path == "/a%2Fb%20c/projects/%C3%BC%3F%23/interactions"


def test_client_credentials(twin: Twin, box: Sandbox) -> None:
    """Client credentials fetch one token for all windows, from the URL that is given."""
    auth = ClientCredentials("id", "secret", token_url=f"{box.url('digitalcx')}/oauth2/token")
    box.clear_requests()
    with twin.open("DigitalCX", **{**reach(box), "auth": auth}) as client:
        pager = client.interactions(culture="en", start=date(2026, 11, 1), end=date(2026, 11, 4))
        assert len(twin.collect(pager)) == 90
    assert [request.operation for request in box.requests].count("token") == 1
