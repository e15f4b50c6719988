"""Checkpoints: they come back as they were, or are refused."""

from __future__ import annotations

import copy
import json
import pickle
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dialytics._checkpoints import (
    VERSION,
    Checkpoint,
    Edge,
    Partition,
    Position,
    digest_fields,
)
from dialytics._positions import digest_row, share_recent
from dialytics._ranges import WindowRule
from dialytics._windows import MOST_WINDOWS, Window, cut, plan
from dialytics.errors import CheckpointMismatch

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
WINDOWS: Final = st.builds(
    lambda start, span, provisional: Window(start, start + span, provisional),
    st.datetimes(datetime(1, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta.resolution, timedelta(days=2)),
    st.booleans(),
)
COUNTS: Final = st.integers(0, 2**60)


EDGES: Final = st.builds(
    Edge,
    st.none() | st.text(),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.text(), max_size=2).map(tuple),
    st.lists(st.text(), max_size=2).map(tuple),
)


@st.composite
def checkpoints(draw: st.DrawFn) -> Checkpoint:
    """Any checkpoint that a listing could stand at."""
    units = draw(st.lists(st.tuples(st.none() | st.text(), st.none() | WINDOWS), max_size=4))
    partitions = tuple(Partition(index, *unit) for index, unit in enumerate(units))
    done = draw(st.integers(0, len(partitions)))
    kinds = draw(st.lists(st.sampled_from("fps"), min_size=len(units), max_size=len(units)))
    later = [*enumerate(kinds)][done:]
    finished = tuple(index for index, kind in later if kind == "f")
    positions = tuple(draw(standing(index)) for index, kind in later if kind == "p")
    edges = tuple(draw(st.lists(EDGES, max_size=3)))
    return Checkpoint(
        draw(st.text()), draw(st.text()), partitions, done, finished, positions, edges
    )


def standing(index: int) -> st.SearchStrategy[Position]:
    """Anywhere that a partition can stand."""
    return st.builds(
        Position,
        st.just(index),
        st.none() | st.text(),
        COUNTS,
        COUNTS,
        COUNTS,
        st.none() | st.text() | st.integers(),
        st.none() | WINDOWS,
        st.lists(st.integers().map(digest_row), max_size=3).map(tuple),
    )


WHOLE: Final = Checkpoint(
    "digitalcx.interactions",
    "0123456789abcdef",
    (
        Partition(0, "en", Window(START, START + timedelta(days=1))),
        Partition(1, "en", Window(START + timedelta(days=1), START + timedelta(days=2), True)),  # noqa: FBT003
    ),
    1,
    (),
    (
        Position(
            1,
            "token",
            2,
            3,
            4,
            17,
            Window(START + timedelta(days=1), START + timedelta(hours=36)),
            ("abcdefghijk", "ABCDEFGHIJK"),
        ),
    ),
    (Edge("en", START + timedelta(days=1), ("00ff",)),),
)


def write(fields: dict[str, Any]) -> str:
    """Return what a release would have written with these fields."""
    rest = {name: value for name, value in fields.items() if name != "check"}
    return json.dumps({**rest, "check": digest_fields(rest)})


DAY: Final = timedelta(days=1)
US: Final = 86_400_000_000


@st.composite
def plans(draw: st.DrawFn) -> tuple[Partition, ...]:
    """Plans as listings make them: windows that tile a range, some cut shorter, times keys."""
    tick = draw(st.sampled_from([timedelta(milliseconds=1), timedelta(seconds=1)]))
    rule = WindowRule(resolution=tick, max_span=DAY, settle=timedelta(minutes=5))
    now = START + 90 * DAY
    start = START + draw(st.integers(0, 5_000_000)) * tick
    end = draw(st.none() | st.timedeltas(tick, timedelta(days=100)).map(lambda span: start + span))
    windows = plan(start, end, rule=rule, now=now).windows
    pieces = draw(st.integers(1, 9))
    windows = tuple(part for window in windows for part in cut(window, pieces, rule))
    keys = draw(st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=3))
    units = [(key, window) for window in windows for key in keys]
    return tuple(Partition(index, *unit) for index, unit in enumerate(units))


@given(plans())
def test_plans_come_back(partitions: tuple[Partition, ...]) -> None:
    """The plan of any range, cut into any windows, is the same after it was written and read."""
    checkpoint = Checkpoint("a.b", "d", partitions)
    assert Checkpoint.from_json(checkpoint.to_json()).partitions == partitions


def test_windows_are_joined_only_to_windows() -> None:
    """A plan of any parts comes back, also where one without a window lies between two with."""
    one, two = Window(START, START + DAY), Window(START + DAY, START + 2 * DAY)
    partitions = tuple(Partition(index, None, each) for index, each in enumerate((one, None, two)))
    checkpoint = Checkpoint("a.b", "d", partitions)
    assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint


@pytest.mark.parametrize(
    ("days", "keys", "open_windows", "most"),
    [(31, 1, 1, 600), (31, 1, 4, 1_400), (87, 20, 8, 2_600), (87, 20, 64, 17_000)],
)
def test_checkpoints_are_small(days: int, keys: int, open_windows: int, most: int) -> None:
    """However many windows were planned, what is written is the ranges that they tile."""
    rule = WindowRule(resolution=timedelta(seconds=1), max_span=DAY, settle=timedelta(minutes=5))
    end = START + days * DAY - timedelta(hours=3)
    windows = plan(START + timedelta(hours=2), None, rule=rule, now=end).windows
    units = [(f"{key:02}-NL", window) for window in windows for key in range(keys)]
    first = 40 if keys > 1 else 20
    recent = tuple(map(digest_row, range(share_recent(open_windows))))
    positions = tuple(
        Position(first + n, "t" * 36, 3, 77, 700, 10**9, None, recent) for n in range(open_windows)
    )
    partitions = tuple(Partition(index, *unit) for index, unit in enumerate(units))
    whole = Checkpoint("digitalcx.interactions", "0" * 24, partitions, 20, (30,), positions)
    text = whole.to_json()
    assert Checkpoint.from_json(text) == whole
    assert len(text) < most


def test_recent_rows_are_shared_out() -> None:
    """Up to 64 positions hold sixteen rows each, as many can be open; more have 1,024 in all."""
    shares = [(count, share_recent(count)) for count in (0, 1, 64, 65, 128, 1024)]
    assert shares == [(0, 16), (1, 16), (64, 16), (65, 15), (128, 8), (1024, 1)]


def test_the_plan_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints of one listing share what their plan is written as; a page saves one each."""
    evolved = evolve(WHOLE, done=2, positions=())
    plan_of = [json.loads(one.to_json())["plan"] for one in (WHOLE, evolved)]
    assert plan_of[0] == plan_of[1]
    dumps: list[object] = []
    monkeypatch.setattr("dialytics._checkpoints.dump_plan", dumps.append)
    assert json.loads(evolve(evolved, done=1).to_json())["plan"] == plan_of[0]
    assert dumps == []


def test_checkpoints_pickle_and_copy() -> None:
    """A checkpoint is a value: copies and pickles are equal to it, and it cannot be changed."""
    for one in (copy.deepcopy(WHOLE), pickle.loads(pickle.dumps(WHOLE))):
        assert (one, one.to_json()) == (WHOLE, WHOLE.to_json())
    with pytest.raises(AttributeError):
        WHOLE.done = 2  # type: ignore[misc]  # what must fail


@given(checkpoints())
def test_any_checkpoint_comes_back(checkpoint: Checkpoint) -> None:
    """JSON gives back the checkpoint that wrote it, as text and as bytes, in plain ASCII."""
    text = checkpoint.to_json()
    assert text.isascii()
    assert Checkpoint.from_json(text) == checkpoint
    assert Checkpoint.from_json(text.encode()) == checkpoint


def test_checkpoints_hold_nothing_else() -> None:
    """The format is its documented fields: nothing that was said, no header, no credential."""
    fields = json.loads(WHOLE.to_json())
    assert len(fields.pop("check")) == 8
    assert fields == {
        "version": VERSION,
        "operation": "digitalcx.interactions",
        "arguments": "0123456789abcdef",
        "plan": [
            [["en"], "2026-10-01T00:00:00+00:00", 0, [[US, 1]]],
            [["en"], "2026-10-02T00:00:00+00:00", 1, [[US, 1]]],
        ],
        "done": 1,
        "finished": [],
        "positions": [
            [
                1,
                "token",
                2,
                3,
                4,
                17,
                "abcdefghijkABCDEFGHIJK",
                "2026-10-02T00:00:00+00:00",
                "2026-10-02T12:00:00+00:00",
            ]
        ],
        "edges": [["en", "2026-10-02T00:00:00+00:00", ["00ff"], []]],
    }


@pytest.mark.parametrize("version", [0, 1, 99])
def test_other_versions_are_refused(version: int) -> None:
    """A checkpoint of another format is refused, naming both versions."""
    text = json.dumps({**json.loads(WHOLE.to_json()), "version": version})
    with pytest.raises(
        CheckpointMismatch, match=f"version {version}; this release reads {VERSION}"
    ):
        Checkpoint.from_json(text)


@pytest.mark.parametrize("version", [None, True, 1.0, "1", [], -1, "quasimodo"])
def test_versions_are_whole_numbers(version: object) -> None:
    """What has no version number is no checkpoint, and is not shown."""
    text = json.dumps({**json.loads(WHOLE.to_json()), "version": version})
    with pytest.raises(CheckpointMismatch, match="this is no checkpoint") as caught:
        Checkpoint.from_json(text)
    assert "quasimodo" not in str(caught.value)


def test_other_calls_are_refused() -> None:
    """A checkpoint resumes the call that it came from, and no other operation or arguments."""
    WHOLE.require("digitalcx.interactions", "0123456789abcdef")
    with pytest.raises(
        CheckpointMismatch, match=r"other one: this checkpoint is of digitalcx\.interactions"
    ):
        WHOLE.require("other.one", "0123456789abcdef")
    with pytest.raises(CheckpointMismatch, match="with other arguments"):
        WHOLE.require("digitalcx.interactions", "fedcba9876543210")


@pytest.mark.parametrize(
    "damage",
    [
        {"operation": None},
        {"operation": ["a"]},
        {"arguments": 7},
        {"plan": None},
        {"plan": 7},
        {"plan": ["en"]},
        {"plan": [[]]},
        {"plan": [["en"]]},
        {"plan": [[[7]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00"]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[US, 2]], 1]]},
        {"plan": [[["en"], "2026-10-01T00:00:00", 0, [[US, 2]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+02:00", 0, [[US, 2]]]]},
        {"plan": [[["en"], "yesterday", 0, [[US, 2]]]]},
        {"plan": [[["en"], None, 0, [[US, 2]]]]},
        {"plan": [[["en"], 1, 0, [[US, 2]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[0, 2]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[-US, 2]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[1.5, 2]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[US]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [US, 2]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[US, 10**7]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[10**20, 2]]]]},
        {"plan": [[["en"], "2026-10-01T00:00:00+00:00", 0, [[1, MOST_WINDOWS + 1]]]]},
        {"done": -1},
        {"done": 3},
        {"done": 3, "positions": []},
        {"done": 2},
        {"done": "1"},
        {"done": 1.5},
        {"done": True},
        {"done": None},
        {"done": float("inf")},
        {"positions": [[]]},
        {"finished": None},
        {"finished": [1]},
        {"finished": [[2, 1]]},
        {"finished": [[0, 1]]},
        {"finished": [[1, 1]]},
        {"finished": [[1]]},
        {"positions": [], "finished": [[1, 1], [1, 1]]},
        {"positions": [], "finished": [[1, 10**12]]},
        {"finished": [["1", 1]]},
        {"positions": "digital"},
        {"positions": {}},
        {"positions": 0},
        {"positions": [[0, None, 0, 0, 0, None, ""]]},
        {"positions": [[2, None, 0, 0, 0, None, ""]]},
        {"positions": [[1, 7, 0, 0, 0, None, ""]]},
        {"positions": [[1, None, "0", 0, 0, None, ""]]},
        {"positions": [[1, None, 0, -1, 0, None, ""]]},
        {"positions": [[1, None, 0, 0, 0.5, None, ""]]},
        {"positions": [[1, None, 0, 0, 0, {}, ""]]},
        {"positions": [[1, None, 0, 0, 0, None]]},
        {"positions": [[1, None, 0, 0, 0, None, ["abcdefghijk"]]]},
        {"positions": [[1, "\ud800", 0, 0, 0, None, ""]]},
        {"positions": [[1, None, 0, 0, 0, "\udfff", ""]]},
        {"arguments": "\ud800"},
        {"edges": None},
        {"edges": [[]]},
        {"edges": [["en", "2026-10-02T00:00:00", [], []]]},
        {"edges": [["en", "2026-10-02T00:00:00+02:00", [], []]]},
        {"edges": [["en", 7, [], []]]},
        {"edges": [[7, "2026-10-02T00:00:00+00:00", [], []]]},
        {"edges": [["en", "2026-10-02T00:00:00+00:00", [1], []]]},
        {"edges": [["en", "2026-10-02T00:00:00+00:00", [], "00"]]},
    ],
)
def test_damaged_checkpoints_are_refused(damage: dict[str, Any]) -> None:
    """A field of the wrong kind or out of range is refused on reading, not met while resuming."""
    text = write({**json.loads(WHOLE.to_json()), **damage})
    with pytest.raises(CheckpointMismatch, match="damaged"):
        Checkpoint.from_json(text)


@given(st.data())
def test_changed_checkpoints_are_refused(data: st.DataObject) -> None:
    """Where it stands and what the plan is cannot be changed by accident and still be read."""
    text = WHOLE.to_json()
    digits = [index for index, letter in enumerate(text) if letter.isdigit()]
    index = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from("0123456789").filter(lambda one: one != text[index]))
    with pytest.raises(CheckpointMismatch):
        Checkpoint.from_json(text[:index] + other + text[index + 1 :])


def test_the_order_of_fields_does_not_matter() -> None:
    """A store that sorts an object's fields, or spaces them out, gives back the same checkpoint."""
    text = json.dumps(json.loads(WHOLE.to_json()), sort_keys=True, indent=1)
    assert Checkpoint.from_json(text) == WHOLE


@given(
    st.sampled_from(sorted(json.loads(WHOLE.to_json()))),
)
def test_missing_fields_are_refused(name: str) -> None:
    """A checkpoint that lacks a field is refused."""
    fields = json.loads(WHOLE.to_json())
    del fields[name]
    text = json.dumps(fields) if name == "check" else write(fields)
    with pytest.raises(CheckpointMismatch):
        Checkpoint.from_json(text)


@given(st.integers(0, len(WHOLE.to_json()) - 1))
def test_cut_checkpoints_are_refused(end: int) -> None:
    """A file that was not written to its end is refused."""
    with pytest.raises(CheckpointMismatch):
        Checkpoint.from_json(WHOLE.to_json()[:end])


@given(st.binary() | st.text())
def test_junk_is_refused(junk: bytes | str) -> None:
    """Whatever is passed instead of a checkpoint, the error is CheckpointMismatch."""
    with pytest.raises(CheckpointMismatch):
        Checkpoint.from_json(junk)


@pytest.mark.parametrize(
    "junk",
    ["[" * 100_000, '{"version":' + "[" * 100_000, "null", "[]", "1", '"version"', "9" * 5_000],
)
def test_other_json_is_refused(junk: str) -> None:
    """JSON of any other shape or depth is no checkpoint."""
    with pytest.raises(CheckpointMismatch, match="this is no checkpoint"):
        Checkpoint.from_json(junk)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(
    st.fixed_dictionaries(
        {"version": st.just(VERSION)},
        optional={
            name: JSON | st.just(value)
            for name, value in json.loads(WHOLE.to_json()).items()
            if name != "version"
        },
    )
)
def test_any_fields_end_in_checkpoint_or_refusal(fields: dict[str, Any]) -> None:
    """With any JSON in any field, what is read can be written again; the rest is refused."""
    with suppress(CheckpointMismatch):
        checkpoint = Checkpoint.from_json(write(fields))
        assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint


def test_parts_know_their_edges() -> None:
    """Each part of a split checkpoint has the edges of its own window, and no others."""
    windows = [Window(START + n * DAY, START + (n + 1) * DAY) for n in range(3)]
    units = [(window, key) for window in windows for key in ("en", "nl")]
    partitions = tuple(Partition(n, key, window) for n, (window, key) in enumerate(units))
    edges = (Edge("en", START + DAY, ("a",)), Edge("nl", START + 2 * DAY, (), ("b",)))
    parts = Checkpoint("a.b", "d", partitions, edges=edges).split()
    assert [part.edges for part in parts] == [
        (edges[0],),
        (),
        (edges[0],),
        (edges[1],),
        (),
        (edges[1],),
    ]


def test_what_is_left_is_what_is_not_finished() -> None:
    """Partitions that are finished, in or out of order, are not read again."""
    partitions = tuple(Partition(index) for index in range(5))
    checkpoint = Checkpoint("a.b", "digest", partitions, 1, (2, 4), (Position(3),))
    assert [one.index for one in checkpoint.rest] == [1, 3]
    assert checkpoint.count_done == 3


def test_repr_is_short() -> None:
    """A checkpoint shows what it is of and how far that is, and not a plan of any length."""
    plan = tuple(Partition(index, "en", None) for index in range(1_000))
    checkpoint = Checkpoint("acme.logs", "x", plan, 3, (7,), (Position(4), Position(5)))
    assert repr(checkpoint) == "<Checkpoint acme.logs done=4/1000 positions=2>"
