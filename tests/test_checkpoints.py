"""Checkpoints: they come back as they were, or are refused."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._checkpoints import VERSION, Checkpoint, Partition, Position
from dialytics._windows import Window
from dialytics.errors import CheckpointMismatch

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
WINDOWS: Final = st.builds(
    lambda start, span, provisional: Window(start, start + span, provisional),
    st.datetimes(datetime(1, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta.resolution, timedelta(days=2)),
    st.booleans(),
)
COUNTS: Final = st.integers(0, 2**60)


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
    return Checkpoint(draw(st.text()), draw(st.text()), partitions, done, finished, positions)


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
            1, "token", 2, 3, 4, 17, Window(START + timedelta(days=1), START + timedelta(hours=36))
        ),
    ),
)


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
    assert fields == {
        "version": VERSION,
        "operation": "digitalcx.interactions",
        "arguments": "0123456789abcdef",
        "partitions": [
            ["en", "2026-10-01T00:00:00+00:00", "2026-10-02T00:00:00+00:00"],
            ["en", "2026-10-02T00:00:00+00:00", "2026-10-03T00:00:00+00:00", 1],
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
                "2026-10-02T00:00:00+00:00",
                "2026-10-02T12:00:00+00:00",
            ]
        ],
    }


@pytest.mark.parametrize("version", [0, 2, 99])
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
        CheckpointMismatch, match=r"is of digitalcx\.interactions, not of other\.one"
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
        {"partitions": None},
        {"partitions": 7},
        {"partitions": ["en"]},
        {"partitions": ["e", "n"]},
        {"partitions": [[]]},
        {"partitions": [[7]]},
        {"partitions": [["en", "2026-10-01T00:00:00+00:00"]]},
        {"partitions": [["en", "2026-10-01T00:00:00", "2026-10-02T00:00:00"]]},
        {"partitions": [["en", "2026-10-02T00:00:00+00:00", "2026-10-01T00:00:00+00:00"]]},
        {"partitions": [["en", 1, 2]]},
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
        {"finished": [2]},
        {"finished": [0]},
        {"finished": [1]},
        {"positions": [], "finished": [1, 1]},
        {"finished": ["1"]},
        {"positions": "digital"},
        {"positions": {}},
        {"positions": 0},
        {"positions": [[0, None, 0, 0, 0, None]]},
        {"positions": [[2, None, 0, 0, 0, None]]},
        {"positions": [[1, 7, 0, 0, 0, None]]},
        {"positions": [[1, None, "0", 0, 0, None]]},
        {"positions": [[1, None, 0, -1, 0, None]]},
        {"positions": [[1, None, 0, 0, 0.5, None]]},
        {"positions": [[1, None, 0, 0, 0, {}]]},
        {"positions": [[1, None, 0, 0, 0]]},
    ],
)
def test_damaged_checkpoints_are_refused(damage: dict[str, Any]) -> None:
    """A field of the wrong kind or out of range is refused on reading, not met while resuming."""
    text = json.dumps({**json.loads(WHOLE.to_json()), **damage})
    with pytest.raises(CheckpointMismatch, match="damaged"):
        Checkpoint.from_json(text)


@given(
    st.sampled_from(
        ["operation", "arguments", "partitions", "done", "finished", "positions", "version"]
    )
)
def test_missing_fields_are_refused(name: str) -> None:
    """A checkpoint that lacks a field is refused."""
    fields = json.loads(WHOLE.to_json())
    del fields[name]
    with pytest.raises(CheckpointMismatch):
        Checkpoint.from_json(json.dumps(fields))


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
        checkpoint = Checkpoint.from_json(json.dumps(fields))
        assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint


def test_what_is_left_is_what_is_not_finished() -> None:
    """Partitions that are finished, in or out of order, are not read again."""
    partitions = tuple(Partition(index) for index in range(5))
    checkpoint = Checkpoint("a.b", "digest", partitions, 1, (2, 4), (Position(3),))
    assert [one.index for one in checkpoint.rest] == [1, 3]
    assert checkpoint.count_done == 3
