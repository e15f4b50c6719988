"""The generators and helpers, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics.sandbox.clock import format_milliseconds, parse_instant, to_milliseconds
from dialytics.sandbox.credentials import TokenDesk, read_basic, read_bearer
from dialytics.sandbox.digitalcx.interactions import (
    ENVIRONMENTS,
    SESSION_MODES,
    InteractionStream,
    number_culture,
)
from dialytics.sandbox.inkeep.collection import Collection
from dialytics.sandbox.pages import PageCache, RenderedPage, accepts_gzip
from dialytics.sandbox.timeline import DAY, Timeline
from dialytics.sandbox.tokens import PageTokens

MOMENTS = st.integers(min_value=1_700_000_000_000, max_value=1_800_000_000_000)
PER_DAY = st.sampled_from([1, 2, 7, 199, 200, 86_399, 20_000_000, DAY])
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CULTURES = [first + second for first in LETTERS for second in LETTERS]


@given(seed=st.integers(0, 9), per_day=PER_DAY, start=MOMENTS, length=st.integers(0, 300_000_000))
def test_window_holds_exactly_its_rows(seed: int, per_day: int, start: int, length: int) -> None:
    """The window's rows lie in it, and the rows before and after it do not."""
    timeline = Timeline(seed, "key", per_day)
    window = timeline.window(start, start + length)
    assert timeline.time_of(window.start - 1) < start <= timeline.time_of(window.start)
    assert timeline.time_of(window.stop - 1) < start + length <= timeline.time_of(window.stop)


@given(seed=st.integers(0, 9), per_day=PER_DAY, day=st.integers(19_000, 21_000))
def test_every_day_has_its_number_of_rows(seed: int, per_day: int, day: int) -> None:
    """A day has exactly as many rows as were asked for."""
    window = Timeline(seed, "key", per_day).window(day * DAY, (day + 1) * DAY)
    assert len(window) == per_day


@given(per_day=PER_DAY, index=st.integers(10**6, 10**9))
def test_times_ascend_strictly(per_day: int, index: int) -> None:
    """No two rows of a series share a millisecond."""
    timeline = Timeline(3, "key", per_day)
    assert timeline.time_of(index) < timeline.time_of(index + 1)


def test_cultures_have_different_numbers() -> None:
    """No two cultures share a number, all fit 19 bits, and other texts have none."""
    plain = {number_culture(culture) for culture in CULTURES}
    regional = {number_culture(f"{a}-{b}") for a in CULTURES[::3] for b in CULTURES}
    numbers = plain | regional
    assert len(numbers) == len(CULTURES) + len(CULTURES[::3]) * len(CULTURES)
    assert all(number is not None and 0 <= number < 2**19 for number in numbers)
    assert [number_culture(text) for text in ("EN", "en_us", "eng", "", "en-", "en-US")] == [
        None
    ] * 6


def test_log_ids_differ_in_the_same_millisecond() -> None:
    """Rows of the same millisecond have different LogIds in every culture, place and mode."""
    index = Timeline(1, "any", DAY).first_at(1_795_000_000_000)
    rows = [
        InteractionStream(1, culture, environment, mode, DAY).row(index)
        for culture in ("en", "nl", "en-us")
        for environment in ENVIRONMENTS
        for mode in SESSION_MODES
    ]
    assert len({row["TimestampStart"] for row in rows}) == 1
    assert len({row["LogId"] for row in rows}) == 24


def test_finding_rows_is_cheap_however_many_there_are() -> None:
    """A window of a second in a day of millions of rows makes only its own rows."""
    stream = InteractionStream(1, "en", "Production", "Public", 8_640_000)
    start = to_milliseconds(datetime(2026, 11, 19, 13, tzinfo=UTC))
    assert len(list(stream.rows(start, start + 1000))) == 100


@given(position=st.integers(0, 2**60), binding=st.lists(st.text(max_size=9), max_size=3))
def test_tokens_hold_their_position(position: int, binding: list[str]) -> None:
    """A token gives its position back for its own binding, and nothing for another."""
    tokens = PageTokens(1)
    token = tokens.seal(position, *binding)
    assert tokens.unseal(token, *binding) == position
    assert tokens.unseal(token, *binding, "more") is None
    assert PageTokens(2).unseal(token, *binding) is None


@given(text=st.text(max_size=60))
def test_forged_tokens_are_refused(text: str) -> None:
    """No text that was not sealed is a token, and none raises."""
    assert PageTokens(1).unseal(text, "binding") is None


@given(text=st.text(max_size=30))
def test_credentials_never_raise(text: str) -> None:
    """Any header value is either read or refused."""
    assert read_basic(text) is None or text.lower().startswith("basic ")
    assert read_bearer(text) is None or text.lower().startswith("bearer ")
    desk = TokenDesk(1, lambda: datetime.now(UTC))
    assert desk.holder(text) in (text, None)


@given(text=st.text(max_size=30))
def test_any_text_is_an_instant_or_none(text: str) -> None:
    """Reading an instant never raises, and gives UTC."""
    moment = parse_instant(text)
    assert moment is None or moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", "2026-11-20T00:00:00+00:00"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20T10:00:00.605+02:00", "2026-11-20T08:00:00.605000+00:00"),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1969-12-31", None),
        ("today", None),
    ],
)
def test_instants(text: str, expected: str | None) -> None:
    """Dates and date-times are read, with and without an offset; absurd years are not."""
    moment = parse_instant(text)
    assert (moment.isoformat() if moment else None) == expected


def test_fractions_of_a_millisecond_round_up() -> None:
    """The first millisecond at or after a moment is what a window starts with."""
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    whole = to_milliseconds(moment)
    assert format_milliseconds(whole) == "2026-11-20T00:00:00.000Z"
    assert to_milliseconds(moment + timedelta(microseconds=1)) == whole + 1
    assert to_milliseconds(moment - timedelta(microseconds=1)) == whole


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("identity", False),
        ("", False),
    ],
)
def test_accept_encoding(header: str, *, accepted: bool) -> None:
    """Compression is used exactly when the header allows it."""
    assert accepts_gzip(header) is accepted


def test_page_cache_is_bounded() -> None:
    """Pages are rendered once while they are kept, and the oldest go when bytes run out."""
    cache, rendered = PageCache(limit=25), []

    def fetch(key: str) -> None:
        def render() -> RenderedPage:
            rendered.append(key)
            return RenderedPage(b"x" * 10, None, 1)

        cache.fetch(key, render)

    for key in ("a", "b", "a", "c", "a", "b"):
        fetch(key)
    assert rendered == ["a", "b", "c", "b"]


def test_collection_makes_items_when_asked() -> None:
    """Items from the start are made on demand, and a page of a large one makes only itself."""
    made: list[int] = []

    def make(number: int) -> dict[str, str]:
        made.append(number)
        return {"id": f"item_{number:08}"}

    collection = Collection("item", 1_000_000, make)
    page = collection.page(10, 3)
    assert [item["id"] for item in page] == [f"item_00{n}" for n in (999989, 999988, 999987)]
    assert collection.get("item_00000005") == {"id": "item_00000005"}
    assert made == [999989, 999988, 999987, 5]
    for unknown in ("item_5", "item_01000000", "item_", "other_00000005", "item_" + "9" * 5000):
        assert collection.find(unknown) is None
