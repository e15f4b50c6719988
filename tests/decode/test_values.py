"""Single values and the rows that are made of them, read with the generated row classes."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from traceback import format_exception
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dialytics._decode.values import (
    BULK,
    convert_value,
    fold,
    loose_reader,
    record_reader,
    to_bool,
    to_float,
    to_int,
    to_text,
    to_timestamp,
)
from dialytics.errors import InvalidResponse
from dialytics_clients.chatlayer.rows import TrackingEvent
from dialytics_clients.digitalcx.rows import Interaction
from dialytics_clients.inkeep.rows import Conversation
from dialytics_clients.rows import Column, Row

MARK: Final = "quasimodo"
CLASSES: Final[list[type[Row]]] = [Interaction, TrackingEvent, Conversation]
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
INSTANTS: Final = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.isoformat().replace("+00:00", "Z")
)
CONFORMING: Final[dict[str, st.SearchStrategy[Any]]] = {
    "text": st.text(max_size=6),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float64": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "timestamp": INSTANTS,
    "json": JSON.filter(lambda value: value is not None),
}


def values_of(column: Column) -> st.SearchStrategy[Any]:
    """What a server that keeps its promise sends for a column."""
    item = CONFORMING[column.kind] if column.record is None else objects_of(column.record)
    return st.lists(item, max_size=2) if column.repeated else item


def objects_of(row_class: type[Row]) -> st.SearchStrategy[dict[str, Any]]:
    """Conforming objects, with fields that the spec does not know."""
    names = {column.name for column in row_class.COLUMNS}
    required = {column.name: values_of(column) for column in row_class.COLUMNS if column.required}
    optional = {
        column.name: values_of(column) for column in row_class.COLUMNS if not column.required
    }
    unknown = st.dictionaries(st.text(max_size=4).filter(lambda name: name not in names), JSON)
    # A few at a time: all 28 columns of an interaction in each example would say no more.
    chosen = st.lists(st.sampled_from(sorted(optional)), max_size=4, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries(
            {**required, **{name: optional[name] for name in chosen}}
        )
    )
    return st.builds(lambda known, others: {**others, **known}, chosen, unknown)


OBJECTS: Final = st.sampled_from(CLASSES).flatmap(
    lambda row_class: st.tuples(st.just(row_class), objects_of(row_class))
)


def read(row_class: type[Any], fields: object, position: int | None = None) -> Any:
    return record_reader(row_class)(fields, position)


NUMBERS: Final = (
    st.integers().map(str)
    | st.floats().map(str)
    | st.text("0123456789+-.eE_xnulaif \u0663", max_size=6)
    | st.sampled_from(
        ["", "-0", "007", "1e3", "1.0", "null", "nan", "Infinity", "9" * 400, "1e400"]
    )
)


@pytest.mark.parametrize(("kind", "convert"), [("int64", int), ("float64", float)])
@given(cells=st.lists(NUMBERS, max_size=4))
def test_columns_of_numbers_are_read_as_single_cells(
    kind: str, convert: Callable[[str], object], cells: list[str]
) -> None:
    """A whole column of numbers gives what its cells give alone, or is refused as they are."""

    def outcome(read: Callable[[], object]) -> str:
        try:
            return repr(read())
        except ValueError:
            return "refused"

    alone = outcome(lambda: [convert(cell) if cell else None for cell in cells])
    assert outcome(lambda: [*BULK[kind](cells)]) == alone


@given(st.lists(st.sampled_from(["", "a", "\u2028"]), max_size=5))
def test_columns_of_texts_have_no_empty_ones(cells: list[str]) -> None:
    """An empty cell is absent, whether the column is full, empty or neither."""
    assert [*BULK["text"](cells)] == [cell or None for cell in cells]


@given(OBJECTS)
def test_rows_give_back_what_came(case: tuple[type[Row], dict[str, Any]]) -> None:
    """For any conforming object, to_dict is that object, nested and unknown fields too."""
    row_class, fields = case
    assert read(row_class, fields).to_dict() == fields


@given(OBJECTS)
def test_unknown_fields_are_extra(case: tuple[type[Row], dict[str, Any]]) -> None:
    """Extra holds the fields that the spec does not know, and no other."""
    row_class, fields = case
    known = {column.name for column in row_class.COLUMNS}
    expected = {name: value for name, value in fields.items() if name not in known}
    assert read(row_class, fields).extra == expected


@given(OBJECTS)
def test_null_is_absent(case: tuple[type[Row], dict[str, Any]]) -> None:
    """A null reads like an absent field, for every optional column: as None."""
    row_class, fields = case
    absent = {column.name: None for column in row_class.COLUMNS if not column.required}
    kept = {name: value for name, value in fields.items() if name not in absent}
    row = read(row_class, {**fields, **absent})
    assert row == read(row_class, kept)
    for column in row_class.COLUMNS:
        assert column.required or getattr(row, column.attribute) is None


@given(OBJECTS)
def test_repr_shows_the_key_only(case: tuple[type[Row], dict[str, Any]]) -> None:
    """A row's repr is its class and key: nothing that was said can reach a log."""
    row_class, fields = case
    assert row_class.KEY is not None
    row = read(row_class, fields)
    key = getattr(row, row_class.KEY)
    assert repr(row) == f"{row_class.__name__}({row_class.KEY}={key!r}, ...)"


@pytest.mark.parametrize("row_class", CLASSES)
def test_rows_are_left_alone_by_the_collector(row_class: Any) -> None:
    """Rows are not tracked: the collector would otherwise look through all that a user keeps."""
    fields = [None] * len(row_class.COLUMNS)
    assert not gc.is_tracked(row_class(*fields, {"a": [1]}))


def test_repr_of_nested_rows_tells_nothing() -> None:
    """Rows within rows are as silent, and one without a key shows nothing of itself."""
    call = {"function": {"name": MARK, "arguments": MARK}}
    messages = [{"content": MARK, "name": MARK, "tool_calls": [call]}]
    row = read(Conversation, {"id": "1", "userProperties": {"x": MARK}, "messages": messages})
    (message,) = row.messages
    assert message.tool_calls[0].function.name == MARK
    shown = repr([row, row.user_properties, message, message.tool_calls[0].function])
    assert shown.endswith("ToolCallFunction(...)]")
    assert MARK not in shown


def test_nulls_in_lists_are_left_out() -> None:
    """A null among the items of a list is no item, for records and scalars alike."""
    row = read(Conversation, {"tags": [None, "a", None], "messages": [None, {"id": "m"}]})
    assert row.tags == ("a",)
    assert [message.id for message in row.messages] == ["m"]


@given(st.integers(-(2**63), 2**63 - 1))
def test_int64_also_comes_as_text(number: int) -> None:
    """An integer is read from a number and from the text that gRPC gateways write."""
    assert [to_int(number), to_int(str(number))] == [number, number]
    assert read(Interaction, {"LogId": str(number)}).log_id == number


@pytest.mark.parametrize("value", [2.0, 2, "2", " 2 "])
def test_whole_numbers_are_integers(value: object) -> None:
    """A whole float is an integer."""
    assert to_int(value) == 2


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (to_text, "a", "a"),
        (to_text, 7, "7"),
        (to_text, ["é", None], '["é", null]'),
        (to_text, {"a": True}, '{"a": true}'),
        (to_float, 7, 7.0),
        (to_float, "0.5", 0.5),
        (to_bool, True, True),
        (to_bool, "True", True),
        (to_bool, "FALSE", False),
        (to_bool, 1, True),
        (to_bool, "0", False),
        (to_timestamp, "2026-03-25T09:30:22Z", datetime(2026, 3, 25, 9, 30, 22, tzinfo=UTC)),
        (to_timestamp, "2026-03-25T09:30:22", datetime(2026, 3, 25, 9, 30, 22, tzinfo=UTC)),
        (to_timestamp, "2026-03-25 09:30:22", datetime(2026, 3, 25, 9, 30, 22, tzinfo=UTC)),
        (to_timestamp, "03/25/2026 09:30:22", datetime(2026, 3, 25, 9, 30, 22, tzinfo=UTC)),
        (
            to_timestamp,
            "2026-03-25T09:30:22.1234567+02:00",
            datetime(2026, 3, 25, 9, 30, 22, 123457, timezone(timedelta(hours=2))),
        ),
    ],
)
def test_other_spellings_are_understood(
    convert: Callable[[object], object], value: object, expected: object
) -> None:
    """Spellings that vendors and their exports are known to use mean the same value."""
    found = convert(value)
    assert (type(found), found) == (type(expected), expected)


@given(st.datetimes(timezones=st.timezones()))
def test_times_are_aware(moment: datetime) -> None:
    """A time is read as the same instant, whatever its offset."""
    offset = moment.utcoffset()
    assume(offset is not None and not offset.microseconds and not offset.seconds % 60)
    found = to_timestamp(moment.isoformat())
    assert found.utcoffset() == offset
    assert found.replace(tzinfo=None) == moment.replace(tzinfo=None)


def deep_list() -> list[Any]:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    return nested


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int64", MARK),
        ("int64", 1.5),
        ("int64", True),
        ("int64", "9" * 5_000),
        ("int64", float("inf")),
        ("int64", [MARK]),
        ("float64", MARK),
        ("float64", False),
        ("float64", 10**400),
        ("float64", {}),
        ("bool", MARK),
        ("bool", 2),
        ("bool", [MARK]),
        ("timestamp", MARK),
        ("timestamp", 1_700_000_000),
        ("timestamp", "2026-13-01T00:00:00Z"),
        ("timestamp", ""),
    ],
)
@pytest.mark.parametrize("position", [None, 17])
def test_unreadable_values_are_located_not_shown(
    kind: str, value: object, position: int | None
) -> None:
    """A value of the wrong kind raises with row and column, and shows nothing of itself."""
    names = {
        "int64": "LogId",
        "float64": "RecognitionQuality",
        "bool": "SessionIsActive",
        "timestamp": "TimestampStart",
    }
    with pytest.raises(InvalidResponse) as caught:
        read(Interaction, {"LogId": 1, names[kind]: value}, position)
    error = caught.value
    assert (error.position, error.column) == (position, names[kind])
    assert f"column {names[kind]} holds no {kind}" in str(error)
    shown = [repr(error), repr(vars(error)), *format_exception(error)]
    assert MARK not in "".join(shown)


@pytest.mark.parametrize("kind", ["text", "bool"])
def test_deeply_nested_values_are_refused(kind: Any) -> None:
    """A value nested deeper than Python can follow ends in our error."""
    column = Column("a", "a", kind)
    convert: dict[str, Callable[[object], object]] = {"text": to_text, "bool": to_bool}
    with pytest.raises(InvalidResponse):
        convert_value(column, convert[kind], deep_list(), 0)


@pytest.mark.parametrize("fields", [None, MARK, 1, [MARK], [["a", 1]]])
def test_rows_must_be_objects(fields: object) -> None:
    """An item of a page that is no object raises with its position."""
    with pytest.raises(InvalidResponse, match="row 3: not an object") as caught:
        read(TrackingEvent, fields, 3)
    assert caught.value.position == 3
    assert MARK not in f"{caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize("fields", [{}, {"LogId": None}, {"logid": 1}])
def test_required_fields_must_be_there(fields: dict[str, Any]) -> None:
    """A row without its required field raises with the column's name."""
    with pytest.raises(InvalidResponse, match="row 0: column LogId is empty or missing") as caught:
        read(Interaction, fields, 0)
    assert (caught.value.position, caught.value.column) == (0, "LogId")


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": MARK},
        {"tags": {MARK: 1}},
        {"messages": MARK},
        {"messages": [MARK]},
        {"messages": 1},
    ],
)
def test_lists_must_be_lists(fields: dict[str, Any]) -> None:
    """A text or object where a list is due, or a text among its records, raises."""
    with pytest.raises(InvalidResponse) as caught:
        read(Conversation, fields, 0)
    assert MARK not in f"{caught.value!r} {vars(caught.value)}"


@given(st.sampled_from(CLASSES), st.data())
def test_any_object_ends_in_row_or_our_error(row_class: type[Row], data: st.DataObject) -> None:
    """Known columns with any JSON in them give a row or InvalidResponse, and nothing else."""
    names = st.sampled_from([column.name for column in row_class.COLUMNS])
    fields = data.draw(st.dictionaries(names, JSON, max_size=4))
    try:
        row = read(row_class, json.loads(json.dumps(fields)), 0)
    except InvalidResponse as error:
        assert error.position in (0, None)  # noqa: PT017 - most objects raise, not all do
    else:
        assert row.to_dict().keys() == {name for name, value in fields.items() if value is not None}


# Objects whose names are not certain


def read_loosely(row_class: Any, fields: object, position: int | None = None) -> Any:
    """Read one object into a row, whatever the spelling of its names."""
    return loose_reader(row_class)(fields, position)


@pytest.mark.parametrize("row_class", CLASSES)
@given(data=st.data())
def test_exact_names_are_read_as_ever(row_class: type[Row], data: st.DataObject) -> None:
    """Where names are the spec's, reading loosely differs in one thing: an empty text is absent."""
    fields = data.draw(objects_of(row_class))
    plain = {
        name: None if value == "" and fold(name) in folded(row_class) else value
        for name, value in fields.items()
    }
    assume(all(plain[one.name] is not None for one in row_class.COLUMNS if one.required))
    others = plain.keys() - {column.name for column in row_class.COLUMNS}
    assume(not folded(row_class) & {fold(name) for name in others})
    assert read_loosely(row_class, fields) == read(row_class, plain)


def folded(row_class: type[Row]) -> set[str]:
    """Return the names of a class's columns as they are compared."""
    return {fold(column.name) for column in row_class.COLUMNS}


@given(st.lists(st.sampled_from(["LogId", "logid", "LOG_ID", "log_Id ", "new"]), unique=True))
def test_no_field_is_lost(names: list[str]) -> None:
    """Of several spellings the exact one counts, else the first; the others stay beside it."""
    sent = {name: number for number, name in enumerate(names, start=1)}
    spelled = [name for name in names if name != "new"]
    if not spelled:
        with pytest.raises(InvalidResponse, match="LogId is empty"):
            read_loosely(Interaction, sent, 3)
        return
    chosen = "LogId" if "LogId" in names else spelled[0]
    row = read_loosely(Interaction, sent)
    assert row.log_id == sent.pop(chosen)
    assert row.extra == sent


@pytest.mark.parametrize("fields", [None, [], MARK, 7])
def test_loose_rows_are_objects(fields: object) -> None:
    """What is no object is refused with its position, and unshown."""
    with pytest.raises(InvalidResponse, match="row 3: not an object") as caught:
        read_loosely(Interaction, fields, 3)
    assert MARK not in repr(vars(caught.value))
