"""Chatlayer's series: cutting ranges on buckets, joining the parts, and all that gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import Series, errors
from dialytics._windows import Window
from dialytics.sandbox import Sandbox
from dialytics.vendors.chatlayer import Serie
from dialytics.vendors.chatlayer.buckets import (
    bucket_starts,
    check_bucket,
    cut_buckets,
    floor_start,
    next_start,
)
from dialytics.vendors.chatlayer.declarations import USERS
from dialytics.vendors.chatlayer.series import join_series
from dialytics_clients.chatlayer.rows import SeriesData

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BUCKETS = ["1h", "1d", "1w", "1m"]
YEAR = datetime(2024, 1, 1, tzinfo=UTC)


# Cutting.


@st.composite
def cuts(draw: st.DrawFn) -> tuple[Window, str, int]:
    """A range that starts on a bucket and is longer than one, its bucket, and a size."""
    bucket = draw(st.sampled_from(BUCKETS))
    start = floor_start(YEAR + draw(st.integers(0, 20_000)) * timedelta(hours=1), bucket)
    end = next_start(start, bucket)
    for _ in range(draw(st.integers(0, 40))):
        end = next_start(end, bucket)
    rest = draw(st.integers(1, 1000)) * (next_start(end, bucket) - end) // 1000
    return Window(start, end + rest), bucket, draw(st.integers(2, 50))


@given(cuts())
def test_parts_tile_the_range(cut: tuple[Window, str, int]) -> None:
    """Parts follow each other from the range's start to its end and are cut where buckets begin."""
    window, bucket, size = cut
    parts = cut_buckets(USERS, window, bucket, size)
    assert (parts[0].start, parts[-1].end) == (window.start, window.end)
    assert all(one.end == other.start for one, other in pairwise(parts))
    starts = set(bucket_starts(window, bucket))
    assert {part.start for part in parts} <= starts


@given(cuts())
def test_parts_are_as_long_as_asked(cut: tuple[Window, str, int]) -> None:
    """Each part has the buckets asked for, the last one fewer or one more, none just one."""
    window, bucket, size = cut
    counts = [
        len([*bucket_starts(one, bucket)]) for one in cut_buckets(USERS, window, bucket, size)
    ]
    assert set(counts[:-1]) <= {size}
    assert 2 <= counts[-1] <= size + 1
    assert sum(counts) == len([*bucket_starts(window, bucket)])


@given(cuts())
def test_parts_can_be_asked_for(cut: tuple[Window, str, int]) -> None:
    """No part is as short as its bucket, which the vendor would refuse."""
    window, bucket, size = cut
    for part in cut_buckets(USERS, window, bucket, size):
        check_bucket(USERS, bucket, part)
        assert part.end > next_start(part.start, bucket)


def test_only_the_last_part_runs() -> None:
    """Of a range that ends now only the last part may still change."""
    window = Window(YEAR, YEAR + timedelta(days=8), provisional=True)
    assert [part.provisional for part in cut_buckets(USERS, window, "1d", 3)] == [
        *[False] * 2,
        True,
    ]


def test_without_split_there_is_one_part() -> None:
    """Without a size a range stays whole, whatever its start and bucket."""
    window = Window(YEAR + timedelta(minutes=7), YEAR + timedelta(days=3))
    for bucket in (None, "1h", "1w", "5m"):
        assert cut_buckets(USERS, window, bucket, None) == (window,)


@pytest.mark.parametrize("size", [0, 1, -3, True, 2.0, "1d", timedelta(days=1)])
def test_sizes_that_are_none(size: Any) -> None:
    """What is no whole number from 2 on is refused: a request for one bucket would be, too."""
    window = Window(YEAR, YEAR + timedelta(days=9))
    with pytest.raises(errors.ArgumentError, match="split must be a whole number of buckets"):
        cut_buckets(USERS, window, "1d", size)


@pytest.mark.parametrize("bucket", [None, "5m", ""])
def test_cutting_needs_a_known_bucket(bucket: str | None) -> None:
    """Without a bucket whose boundaries are known nothing is cut."""
    expected = r"split needs a( known)? bucket, one of 1h, 1d, 1w, 1m"
    with pytest.raises(errors.ArgumentError, match=expected):
        cut_buckets(USERS, Window(YEAR, YEAR + timedelta(days=9)), bucket, 2)


@pytest.mark.parametrize(
    ("bucket", "start", "nearest"),
    [
        ("1h", datetime(2026, 11, 2, 9, 30, tzinfo=UTC), ("11-02T09:00", "11-02T10:00")),
        ("1d", datetime(2026, 11, 2, 9, tzinfo=UTC), ("11-02T00:00", "11-03T00:00")),
        ("1w", datetime(2026, 11, 1, tzinfo=UTC), ("10-26T00:00", "11-02T00:00")),
        ("1m", datetime(2026, 11, 2, tzinfo=UTC), ("11-01T00:00", "12-01T00:00")),
    ],
)
def test_cutting_needs_an_aligned_start(
    bucket: str, start: datetime, nearest: Sequence[str]
) -> None:
    """A range that starts within a bucket is not cut; the starts around are named."""
    with pytest.raises(errors.WindowError) as caught:
        cut_buckets(USERS, Window(start, start + timedelta(days=90)), bucket, 2)
    assert all(f"2026-{one}" in str(caught.value) for one in nearest)


# Joining.


def sum_up(values: Sequence[int]) -> Serie:
    """Return values with the figures derived from them."""
    if not values:
        return Serie(())
    total = sum(values)
    return Serie(tuple(values), total // len(values), max(values), min(values), total)


def hours(first: int, last: int) -> Window:
    """Return a window of whole hours."""
    start = datetime(2026, 10, 1, tzinfo=UTC)
    return Window(start + timedelta(hours=first), start + timedelta(hours=last))


def build(x_values: Sequence[str], table: Sequence[tuple[str | None, Sequence[int]]]) -> Series:
    """Return a series as a response would give it."""
    labels = tuple(label for label, _ in table if label is not None)
    rows = tuple(sum_up(values) for _, values in table)
    return Series.from_data(SeriesData(rows, labels, tuple(x_values)))


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[tuple[str | None, list[int]]], list[int]]:
    """An axis, labelled values on it (labels may repeat, or lack at the end), and where to cut."""
    size = draw(st.integers(1, 20))
    values = st.lists(st.integers(0, 1000), min_size=size, max_size=size)
    labels = draw(st.lists(st.sampled_from("abc"), max_size=4))
    unlabelled = draw(st.integers(0, 2))
    table = [(label, draw(values)) for label in [*labels, *[None] * unlabelled]]
    edges = sorted({0, size, *draw(st.lists(st.integers(0, size), max_size=5))})
    return [f"x{number}" for number in range(size)], table, edges


@given(tables())
def test_joined_parts_are_the_whole(
    case: tuple[list[str], list[tuple[str | None, list[int]]], list[int]],
) -> None:
    """A series that is cut anywhere and joined again is the series, derived figures and all."""
    x_values, table, edges = case
    spans = list(pairwise(edges))
    parts = [build(x_values[a:b], [(label, row[a:b]) for label, row in table]) for a, b in spans]
    joined = join_series(parts, [hours(a, b) for a, b in spans], "1h")
    assert joined == build(x_values, table)
    assert joined.to_dict() == build(x_values, table).to_dict()


@given(tables(), st.randoms())
def test_absent_labels_count_nothing(
    case: tuple[list[str], list[tuple[str | None, list[int]]], list[int]], chance: Any
) -> None:
    """A label that parts leave out because it has only zeros there is joined with zeros."""
    x_values, table, edges = case
    whole = {label: list(row) for label, row in table if label is not None}
    spans = list(pairwise(edges))
    parts = []
    for a, b in spans:
        left = [label for label in whole if chance.random() < 0.5]
        for label in whole.keys() - set(left):
            whole[label][a:b] = [0] * (b - a)
        parts.append(build(x_values[a:b], [(label, whole[label][a:b]) for label in left]))
    joined = join_series(parts, [hours(a, b) for a, b in spans], "1h")
    found = {label: one.values for label, one in zip(joined.labels, joined.series, strict=True)}
    assert joined.x_values == tuple(x_values)
    for label, row in whole.items():
        assert found.get(label, (0,) * len(row)) == tuple(row)


def test_one_part_stays_as_it_came() -> None:
    """A series of one request is handed out untouched, with wrong sums and unknown fields."""
    whole = Series.from_data(SeriesData((Serie((1, 2), sum=99),), ("a",), ("x", "y"), {"k": 1}))
    assert join_series([whole], [hours(0, 2)], "1h") is whole


def test_derived_figures_are_recomputed() -> None:
    """The figures of joined series are those of all values; the mean is rounded down."""
    parts = [build("ab", [("n", [1, 5])]), build("c", [("n", [0])])]
    (one,) = join_series(parts, [hours(0, 2), hours(2, 3)], "1h").series
    assert (one.mean, one.max, one.min, one.sum) == (2, 5, 0, 6)


@pytest.mark.parametrize(
    ("parts", "buckets", "problem"),
    [
        ([build("ab", [("n", [1, 2])]), build("bc", [("n", [3, 4])])], [2, 2], "do not begin"),
        ([build("ab", [("n", [1, 2])]), build("cde", [("n", [3, 4, 5])])], [2, 2], "do not begin"),
        ([build("ab", [("n", [1])]), build("c", [("n", [3])])], [2, 1], "fewer values"),
        ([build("a", [(None, [1])]), build("b", [("n", [3])])], [1, 1], "without labels"),
        (
            [build("a", [(None, [1])]), build("b", [(None, [1]), (None, [3])])],
            [1, 1],
            "without labels",
        ),
    ],
)
def test_parts_that_do_not_fit(parts: list[Series], buckets: list[int], problem: str) -> None:
    """What cannot be joined truthfully is InvalidResponse, with what to do instead."""
    with pytest.raises(errors.InvalidResponse, match=f"{problem}.*without split="):
        join_series(parts, [hours(0, count) for count in buckets], "1h")


def test_parts_without_buckets_are_no_hole() -> None:
    """A part that lacks buckets is named and refused, unless no part has any."""
    nothing = Series.from_data(SeriesData())
    full = build("ab", [(None, [1, 2])])
    windows = [hours(0, 2), hours(2, 4), hours(4, 6)]
    assert list(join_series([nothing] * 3, windows, "1h")) == []
    for part, count in ((nothing, 0), (build("c", [(None, [1])]), 1)):
        problem = (
            "part from 2026-10-01T02:00:00.000Z to 2026-10-01T04:00:00.000Z came with "
            f"{count} buckets instead of 2; .*without split="
        )
        with pytest.raises(errors.InvalidResponse, match=problem):
            join_series([full, part, build("ef", [(None, [1, 2])])], windows, "1h")


def test_last_bucket_may_be_left_out_while_it_runs() -> None:
    """Of a bucket that the range, or the present, cuts short nothing is promised."""
    parts = [build("ab", [("n", [1, 2])]), build("c", [("n", [3])])]
    whole = hours(2, 4)
    running = Window(whole.start, whole.end, provisional=True)
    short = Window(whole.start, whole.end - timedelta(minutes=1))
    for last in (running, short):
        assert len(join_series(parts, [hours(0, 2), last], "1h")) == 3
    with pytest.raises(errors.InvalidResponse, match="1 buckets instead of 2"):
        join_series(parts, [hours(0, 2), whole], "1h")


@pytest.mark.parametrize("body", [b"{}", b'{"data":null}', b'{"data":{}}'])
def test_what_is_left_out_is_an_empty_series(
    twin: Twin, serve: Serve, answer: type[Answer], body: bytes
) -> None:
    """Gateways leave out what is empty; parts that are empty are joined to an empty series."""
    scripted = serve(lambda _: answer(body))
    reach = {"token_id": "a", "token_secret": "b" * 8, "base_url": scripted.url, "now": lambda: NOW}
    with twin.open("Chatlayer", **reach) as client:
        span = {"start": date(2026, 11, 1), "end": date(2026, 11, 7)}
        for more in ({}, {"bucket": "1d", "split": 3}):
            series = twin.wait(client.users("bot", **span, **more))
            assert (list(series), series.x_values) == ([], ())
    assert len(scripted.asked) == 3


def test_nulls_keep_their_places() -> None:
    """A value, a label or a series that is null moves nothing that stands behind it."""
    data = SeriesData((Serie((1, None, 2)), None, Serie((3, 4, 5))), (None, "b", "c"), tuple("xyz"))
    assert [(point.x, point.label, point.value) for point in Series.from_data(data)] == [
        *[("x", None, 1), ("y", None, None), ("z", None, 2)],
        *[("x", "b", None), ("y", "b", None), ("z", "b", None)],
        *[("x", "c", 3), ("y", "c", 4), ("z", "c", 5)],
    ]
    with pytest.raises(errors.InvalidResponse, match="label of the axis is null"):
        Series.from_data(SeriesData((Serie((1, 2)),), (), ("x", None)))


def test_nulls_are_joined_in_their_places() -> None:
    """Parts with nulls are joined as the whole would be, and figures leave the nulls out."""
    parts = [
        Series.from_data(SeriesData((Serie(values), Serie((1, 1))), (None, "b"), tuple(axis)))
        for values, axis in (((4, None), "ab"), ((None, 7), "cd"))
    ]
    joined = join_series(parts, [hours(0, 2), hours(2, 4)], "1h")
    assert joined.labels == (None, "b")
    one = joined.series[0]
    assert one.values == (4, None, None, 7)
    assert (one.mean, one.max, one.min, one.sum) == (5, 7, 4, 11)


# The operations.

WEEKS = {"start": date(2026, 10, 5), "end": date(2026, 11, 16)}
SPLIT = {
    "conversations": ("bot", ["1h", "1d", "1w"]),
    "messages": ("bot", ["1h", "1d", "1w"]),
    "users": ("bot", ["1h", "1d", "1w"]),
    "voice_minutes": ("team", ["1h", "1d", "1w"]),
    "team_conversations": ("team", ["1d", "1w"]),
    "knowledge_base_usage": ("team", ["1d", "1w"]),
}
PATHS = {
    "conversations": "/v1/bots/one/conversations",
    "conversation_insights": "/v1/bots/one/conversations/insights",
    "messages": "/v1/bots/one/messages",
    "users": "/v1/bots/one/users",
    "user_activity": "/v1/bots/one/users/activity",
    "intent_insights": "/v1/bots/one/intents/insights",
    "team_conversations": "/v1/teams/one/conversations",
    "voice_minutes": "/v1/teams/one/voice_minutes",
    "knowledge_base_usage": "/v1beta1/teams/one/knowledge_base",
}
NEEDED: dict[str, dict[str, Any]] = {
    "conversation_insights": {"stat": "num_messages"},
    "knowledge_base_usage": {"bucket": "1d"},
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox that checks each request against the vendor's document."""
    with Sandbox(now=NOW) as running:
        yield running
        assert running.violations == []


@pytest.fixture
def client(twin: Twin, box: Sandbox) -> Iterator[Any]:
    """A client of the sandbox, whose requests are counted from here."""
    settings = {"token_id": "id", "token_secret": "secret", "now": lambda: NOW}
    with twin.open("Chatlayer", **settings, base_url=box.url("chatlayer")) as opened:
        box.clear_requests()
        yield opened


@pytest.fixture
def ask(twin: Twin, client: Any) -> Callable[..., Any]:
    """Return what calls a method by its name and waits for it."""
    return lambda name, *given, **named: twin.wait(getattr(client, name)(*given, **named))


@pytest.mark.parametrize("name", PATHS)
def test_series_are_the_servers(twin: Twin, box: Sandbox, client: Any, name: str) -> None:
    """Each operation is one request, and its series says what the server's answer says."""
    asked = NEEDED.get(name, {})
    series = twin.wait(getattr(client, name)("one", **WEEKS, **asked))
    (request,) = box.requests
    assert request.path.endswith(PATHS[name])
    query = dict(request.query)
    span = {"start_time": "2026-10-05T00:00:00.000Z", "end_time": "2026-11-16T00:00:00.000Z"}
    version = {"version": "LIVE"} if "/bots/" in PATHS[name] else {}
    assert query == {**span, **version, **asked}
    url = f"{box.url('chatlayer')}{PATHS[name]}"
    data = httpx.get(url, params=query, auth=("id", "secret")).json()["data"]
    assert series.to_dict() == data
    assert [point.value for point in series] == [n for one in data["series"] for n in one["values"]]


@pytest.mark.parametrize(
    ("name", "bucket"), [(name, one) for name, (_, several) in SPLIT.items() for one in several]
)
@pytest.mark.parametrize("size", [2, 5, 1000])
def test_split_is_the_whole(
    ask: Callable[..., Any], box: Sandbox, name: str, bucket: str, size: int
) -> None:
    """A series that is asked for in parts is the one that is asked for at once."""
    groups = {"group_by": "language"} if "conversations" in name else {}
    asked = {"start": date(2026, 11, 2), "end": date(2026, 11, 4)} if bucket == "1h" else WEEKS
    whole = ask(name, "one", bucket=bucket, **asked, **groups)
    assert len(box.requests) == 1
    box.clear_requests()
    parts = ask(name, "one", bucket=bucket, split=size, **asked, **groups)
    assert parts == whole
    assert parts.to_dict() == whole.to_dict()
    buckets = len(whole.x_values)
    # One bucket alone cannot be asked for: it goes with those before it.
    assert len(box.requests) == max(1, -(-(buckets - 1) // size))


@pytest.mark.parametrize("name", ["team_conversations", "knowledge_base_usage"])
def test_split_by_months(twin: Twin, box: Sandbox, client: Any, name: str) -> None:
    """Months are cut at their firsts, whatever their lengths; the last may be incomplete."""
    asked = {"start": date(2025, 12, 1), "end": date(2026, 10, 20), "bucket": "1m"}
    whole = twin.wait(getattr(client, name)("one", **asked))
    box.clear_requests()
    assert twin.wait(getattr(client, name)("one", **asked, split=2)) == whole
    starts = [dict(request.query)["start_time"][:10] for request in box.requests]
    assert starts == ["2025-12-01", "2026-02-01", "2026-04-01", "2026-06-01", "2026-08-01"]
    assert len(whole.x_values) == 11


def test_split_until_now(twin: Twin, box: Sandbox, client: Any) -> None:
    """An open end is frozen once: the parts end where the whole does."""
    asked = {"start": date(2026, 11, 16), "bucket": "1d"}
    whole = twin.wait(client.users("one", **asked))
    parts = twin.wait(client.users("one", **asked, split=2))
    assert parts == whole
    ends = [dict(request.query)["end_time"] for request in box.requests]
    assert ends == ["2026-11-20T12:00:00.000Z", "2026-11-18T00:00:00.000Z", ends[0]]


@pytest.mark.parametrize(
    ("name", "wrong", "problem"),
    [
        ("users", {"split": 7}, "split needs a bucket"),
        ("users", {"split": 1, "bucket": "1d"}, "2 or more"),
        ("users", {"split": 2, "bucket": "1w", "start": date(2026, 10, 6)}, "starts where"),
        ("voice_minutes", {"split": 2, "bucket": "10m"}, "a known bucket.*of '10m' begin"),
        ("intent_insights", {"split": 2, "bucket": "1d"}, "not possible"),
        ("user_activity", {"split": 2}, "not possible"),
        ("conversation_insights", {"split": 2, "stat": "num_messages"}, "not possible"),
        ("users", {"splits": 2}, "did you mean split"),
        ("users", {"group_by": "language"}, "no option group_by"),
        ("voice_minutes", {"version": "LIVE"}, "no option version"),
        ("knowledge_base_usage", {"bucket": ""}, "bucket must be one text"),
        ("team_conversations", {"group_by": []}, "group_by must be"),
        ("team_conversations", {"group_by": {"bot_id"}}, "group_by must be"),
        ("conversations", {"group_by": ["language"]}, "group_by must be one text"),
        ("users", {"channel_type": ["a,b"]}, "channel_type must be"),
        ("users", {"bucket": ["1d"]}, "bucket must be one text"),
        ("users", {"version": ""}, "version must be one text"),
        ("conversation_insights", {"stat": None}, "stat must be one text"),
        ("messages", {"channel_type": ["web", "whatsapp"]}, "channel_type must be one text"),
        ("messages", {"language": ["en"]}, "language must be one text"),
    ],
)
def test_wrong_arguments(
    ask: Callable[..., Any], box: Sandbox, name: str, wrong: dict[str, Any], problem: str
) -> None:
    """What cannot be asked for is refused before anything is sent, naming what is wrong."""
    asked = {**WEEKS, **NEEDED.get(name, {}), **wrong}
    with pytest.raises(errors.ArgumentError, match=problem) as caught:
        ask(name, "one", **asked)
    assert caught.value.operation == name
    assert box.requests == []


@pytest.mark.parametrize(
    ("name", "bucket", "days"),
    [*[(name, "1d", 1) for name in SPLIT], ("team_conversations", "1m", 28), ("users", "1w", 7)],
)
def test_ranges_are_longer_than_their_bucket(
    ask: Callable[..., Any], box: Sandbox, name: str, bucket: str, days: int
) -> None:
    """A range as long as its bucket is refused before anything is sent."""
    start = datetime(2026, 10, 5, tzinfo=UTC)
    asked = {"start": start, "end": start + timedelta(days=days), "bucket": bucket}
    with pytest.raises(errors.WindowError, match=f"longer than its bucket of {bucket}") as caught:
        ask(name, "one", **asked)
    assert caught.value.operation == name
    assert box.requests == []


@pytest.mark.parametrize(
    ("start", "end", "sent"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), 0),
        (date(2026, 10, 1), date(2026, 11, 2), 1),
        (date(2026, 10, 1), date(2026, 10, 30), 0),
        (date(2026, 2, 1), date(2026, 3, 1), 0),
        (date(2026, 2, 1), date(2026, 3, 2), 1),
        (date(2026, 10, 5), date(2026, 10, 25), 0),
        (date(2026, 10, 5), date(2026, 11, 3), 1),
    ],
)
def test_ranges_are_longer_than_their_month(
    ask: Callable[..., Any], box: Sandbox, start: date, end: date, sent: int
) -> None:
    """A range that starts with a month is longer than it; any other longer than 28 days."""
    refused = pytest.raises(errors.WindowError, match="bucket of 1m")
    with nullcontext() if sent else refused:
        ask("team_conversations", "one", start=start, end=end, bucket="1m")
    assert len(box.requests) == sent


def test_filters_are_sent(twin: Twin, box: Sandbox, client: Any) -> None:
    """Filters go out under the vendor's names, several values with commas, with every part."""
    listed = {"channel_type": ["web", "whatsapp"], "language": ("nl", "en"), "version": "DRAFT"}
    twin.wait(client.users("one", bucket="1w", split=3, **WEEKS, **listed))
    assert len(box.requests) == 2
    for request in box.requests:
        query = dict(request.query)
        assert (query["channel_type"], query["language"]) == ("web,whatsapp", "nl,en")
        assert (query["version"], query["bucket"]) == ("DRAFT", "1w")
    box.clear_requests()
    twin.wait(client.team_conversations("one", group_by=["bot_id", "language"], **WEEKS))
    assert dict(box.requests[0].query)["group_by"] == "bot_id,language"
    box.clear_requests()
    twin.wait(client.messages("one", channel_type="web", language=None, version=None, **WEEKS))
    query = dict(box.requests[0].query)
    assert (query["channel_type"], query["version"]) == ("web", "LIVE")
    assert "language" not in query


def test_words_that_nobody_knows_are_sent(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A statistic, group or version of a later edition is the vendor's to judge."""
    scripted = serve(lambda _: answer.json({"data": {}}))
    settings = {"token_id": "id", "token_secret": "secret", "now": lambda: NOW}
    with twin.open("Chatlayer", **settings, base_url=scripted.url) as opened:
        twin.wait(opened.conversation_insights("one", "num_smiles", version="TEST", **WEEKS))
        twin.wait(opened.team_conversations("one", group_by="planet", **WEEKS))
    assert scripted.asked[0].query["stat"] == "num_smiles"
    assert scripted.asked[0].query["version"] == "TEST"
    assert scripted.asked[1].query["group_by"] == "planet"


@pytest.mark.parametrize("name", PATHS)
def test_calls_have_their_own_options(
    twin: Twin, serve: Serve, answer: type[Answer], name: str
) -> None:
    """Time zone, retries and timeout of a call hold for its requests, and are not sent."""
    scripted = serve(lambda _: answer(status=503))
    settings = {"token_id": "id", "token_secret": "secret", "now": lambda: NOW}
    asked = {**WEEKS, **NEEDED.get(name, {}), "tz": "Asia/Tokyo", "timeout": 5}
    with (
        twin.open("Chatlayer", **settings, base_url=scripted.url) as opened,
        pytest.raises(errors.Unavailable),
    ):
        twin.wait(getattr(opened, name)("one", **asked, max_retries=1))
    assert len(scripted.asked) == 2
    query = scripted.asked[0].query
    assert query["start_time"] == "2026-10-04T15:00:00.000Z"
    assert not query.keys() & {"tz", "timeout", "max_retries", "split"}


def test_buckets_that_begin_elsewhere_are_noticed(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Where a vendor's weeks began on Sundays, cutting on Mondays would halve them: an error."""

    def sundays(asked: Asked) -> Answer:
        start, end = (
            datetime.fromisoformat(asked.query[name]) for name in ("start_time", "end_time")
        )
        first = start - (start.weekday() + 1) % 7 * timedelta(days=1)
        weeks = range(-((first - end) // timedelta(weeks=1)))
        x_values = [(first + week * timedelta(weeks=1)).date().isoformat() for week in weeks]
        serie = {"values": [1] * len(weeks)}
        return answer.json({"data": {"series": [serie], "x_values": x_values}})

    scripted = serve(sundays)
    settings = {"token_id": "id", "token_secret": "secret", "now": lambda: NOW}
    with twin.open("Chatlayer", **settings, base_url=scripted.url) as opened:
        with pytest.raises(errors.InvalidResponse, match="without split="):
            twin.wait(opened.users("one", bucket="1w", split=2, **WEEKS))
        assert len(twin.wait(opened.users("one", bucket="1w", **WEEKS))) == 7
