"""DigitalCX's rows: columns that are read on access, types as flags, and JSON instead of CSV."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import or_
from traceback import format_exception
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import InteractionType, errors
from dialytics.sandbox import Sandbox
from dialytics.vendors.digitalcx.declarations import INTERACTIONS
from dialytics_clients.digitalcx.rows import Interaction
from dialytics_clients.rows import Column
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

START, END = date(2026, 11, 1), date(2026, 11, 4)
MARK: Final = "quasimodo"
PARSED = [column for column in Interaction.COLUMNS if column.parsed]
TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with few rows a day."""
    with Sandbox(now=NOW, rows_per_day=30, page_rows=12) as running:
        yield running
        assert running.violations == []


# Columns that hold JSON as text


def row_with(column: Column, text: str) -> Interaction:
    """Return a row with one column's text."""
    fields: dict[str, Any] = {column.slot: text}
    return Interaction(1, **fields)


def test_columns_with_json() -> None:
    """The columns that are known to hold JSON as text are read on access."""
    assert [column.name for column in PARSED] == [
        "AllInteractionTypes",
        "OutputMetadata",
        "RecognitionDetails",
        "Contexts",
        "FeedbackInfo",
    ]


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_json_is_read_on_access(value: Any, indent: int | None, plain: bool) -> None:  # noqa: FBT001  # hypothesis passes it
    """Whatever JSON a text holds, the attribute gives its value and ``to_dict`` the text."""
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    for column in PARSED:
        row = row_with(column, text)
        assert getattr(row, column.attribute) == value
        assert row.to_dict() == {"LogId": 1, column.name: text}


def test_absent_json_is_none() -> None:
    """An empty column has no value, and so no types."""
    row = Interaction(1)
    assert [getattr(row, column.attribute) for column in PARSED] == [None] * len(PARSED)
    assert (row.main_type, row.all_types) == (None, None)


@pytest.mark.parametrize(
    "text", [MARK, f'["{MARK}"', f'{{"{MARK}": NaN}}', "", "[" * 100_000, "\ud800", "QA, Dialog"]
)
@pytest.mark.parametrize("name", [column.name for column in PARSED])
def test_malformed_json_is_refused_unshown(name: str, text: str) -> None:
    """Reading what is no JSON raises our error, which names the column and not its text."""
    column = next(one for one in PARSED if one.name == name)
    row = row_with(column, text)
    with pytest.raises(errors.InvalidResponse, match=f"column {name} holds no JSON") as caught:
        getattr(row, column.attribute)
    assert caught.value.column == name
    assert (caught.value.__context__, caught.value.__cause__) == (None, None)
    assert MARK not in repr(caught.value) + repr(vars(caught.value)) + repr(row)
    assert MARK not in "".join(format_exception(caught.value))
    # The way to the text that the error names.
    assert row.to_dict()[name] == text
    assert row == row_with(column, text)
    assert row != row_with(column, text + " ")


@given(VALUES, VALUES)
def test_rows_are_equal_by_what_they_hold(one: Any, other: Any) -> None:
    """Two rows are equal if their JSON stands for the same, whatever its spaces and escapes."""
    text = json.dumps(one, indent=2, ensure_ascii=True)
    row = Interaction(1, contexts_text=text)
    assert row == Interaction(1, contexts_text=json.dumps(one, ensure_ascii=False))
    assert (row == Interaction(1, contexts_text=json.dumps(other))) == (one == other)
    assert row != Interaction(2, contexts_text=text)


def test_rows_copy_and_pickle() -> None:
    """A row survives copying and pickling with its raw texts, and has slots only."""
    row = Interaction(
        1, contexts_text='[{"a":1}]', all_interaction_types_text='["QA"]', extra={"New": "x"}
    )
    for again in (copy.copy(row), copy.deepcopy(row), pickle.loads(pickle.dumps(row))):
        assert again == row
        assert again.to_dict() == row.to_dict()
        assert again.all_types is InteractionType.QA
    assert not hasattr(row, "__dict__")


# Types as flags

DOCUMENTED = {
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
UNKNOWN = ["Hologram", "", "-1", "1.5", "0", "None", "QA,Dialog", "9" * 5000, "²"]


def test_flags_are_the_documented_ones() -> None:
    """The flags have the documented names and bits, and no others."""
    assert [one.value for one in InteractionType] == list(DOCUMENTED.values())
    folded = [str(one.name).replace("_", "") for one in InteractionType]
    assert folded == [name.upper() for name in DOCUMENTED]


@given(st.lists(st.sampled_from([*DOCUMENTED, *UNKNOWN]), max_size=5), st.booleans())
def test_all_types_are_decoded(names: list[str], lower: bool) -> None:  # noqa: FBT001  # hypothesis passes it
    """All known names make the flags, unknown ones stay in the names that they came as."""
    sent = [name.lower() if lower else name for name in names]
    row = Interaction(1, all_interaction_types_text=json.dumps(sent))
    assert row.all_types == sum({DOCUMENTED.get(name, 0) for name in names})
    assert row.all_interaction_types == sent


@pytest.mark.parametrize(
    ("sent", "flags"),
    [
        ("QA", InteractionType.QA),
        ("Faq_Click", InteractionType.FAQ_CLICK),
        ("generative-ai", InteractionType.GENERATIVE_AI),
        ("TRANSACTIONAL DIALOG", InteractionType.TRANSACTIONAL_DIALOG),
        ("2", InteractionType.QA),
        ("1024", InteractionType(1024)),
        *((name, InteractionType(0)) for name in UNKNOWN if name),
    ],
)
def test_main_type_is_decoded(sent: str, flags: InteractionType) -> None:
    """The main type's name, or its number, is a flag; an unknown one is no flag and stays text."""
    row = Interaction(1, main_interaction_type=sent)
    assert row.main_type == flags
    assert isinstance(row.main_type, InteractionType)
    assert row.main_interaction_type == sent


@pytest.mark.parametrize(
    ("text", "flags"),
    [('"QA"', 2), ("10", 10), ("[2, 8]", 10), ("null", None), ("[]", 0), ("{}", 0), ("[[2]]", 0)],
)
def test_other_shapes_of_all_types(text: str, flags: int | None) -> None:
    """One name, or numbers, in the place of a list of names are read too; else there are none."""
    assert Interaction(1, all_interaction_types_text=text).all_types == flags


def test_types_of_the_sandbox(twin: Twin, box: Sandbox) -> None:
    """Each row's flags are those of its names, and the main type is one of all."""
    with twin.open("DigitalCX", **reach(box)) as client:
        rows = twin.collect(client.interactions(culture="en", start=START, end=END))
    assert len(rows) == 90
    for row in rows:
        wanted = reduce(or_, (DOCUMENTED[name] for name in row.all_interaction_types))
        assert row.all_types == wanted
        assert row.main_type in row.all_types
        assert row.main_type == DOCUMENTED[row.main_interaction_type]


# JSON instead of CSV


@pytest.mark.parametrize("concurrency", [1, 4])
def test_json_gives_the_same_rows(twin: Twin, box: Sandbox, concurrency: int) -> None:
    """Asked for as JSON, the listing has the same rows, at the cost of the same requests."""
    asked = {"start": START, "end": END, "include_user_info": True, "concurrency": concurrency}
    found, costs = {}, {}
    with twin.open("DigitalCX", **reach(box)) as client:
        for accept in ("csv", "json"):
            box.clear_requests()
            pager = client.interactions(culture=["en", "nl"], accept=accept, **asked)
            found[accept] = twin.collect(pager)
            costs[accept] = len(box.requests)
            assert pager.stats.requests == pager.stats.pages == costs[accept]
    assert len(found["csv"]) == 180
    assert found["json"] == found["csv"]
    assert [row.to_dict() for row in found["json"]] == [row.to_dict() for row in found["csv"]]
    assert costs["json"] == costs["csv"] == 6 * 3


def test_json_resumes_in_the_middle_of_a_page(twin: Twin, box: Sandbox) -> None:
    """A listing in JSON goes on behind any row, and is not mixed up with one in CSV."""
    asked: dict[str, Any] = {"culture": "en", "start": START, "end": END}
    with twin.open("DigitalCX", **reach(box)) as client:
        whole = twin.collect(client.interactions(**asked))
        for count in (1, 12, 17, 30, 89):
            first = client.interactions(**asked, accept="json", max_items=count)
            begun = twin.collect(first)
            saved = first.checkpoint.to_json()
            rest = client.interactions(**asked, accept="json", resume=saved)
            assert begun + twin.collect(rest) == whole
        with pytest.raises(errors.CheckpointMismatch):
            client.interactions(**asked, resume=saved)


ROWS: list[dict[str, Any]] = [
    {
        "LogId": 1,
        "TimestampStart": "2026-11-01T01:00:00.605Z",
        "SessionIsActive": True,
        "MainInteractionType": "QA",
        "AllInteractionTypes": ["QA", "Dialog"],
        "InteractionValue": "Größe?",
        "OutputMetadata": '[{"key": "a", "value": null}]',
        "ArticleIds": 101,
        "RecognitionQuality": 99.5,
        "RecognitionDetails": {"entityMatches": []},
        "Contexts": [{"name": "channel", "value": "web"}],
        "Variables": "",
    },
    {"LogId": "2", "TimestampStart": "11/01/2026 02:00:00", "MainInteractionType": None},
]
WANTED = [
    Interaction(
        log_id=1,
        timestamp_start=datetime(2026, 11, 1, 1, 0, 0, 605_000, tzinfo=UTC),
        session_is_active=True,
        main_interaction_type="QA",
        all_interaction_types_text='["QA", "Dialog"]',
        interaction_value="Größe?",
        output_metadata_text='[{"key": "a", "value": null}]',
        article_ids="101",
        recognition_quality=99.5,
        recognition_details_text='{"entityMatches": []}',
        contexts_text='[{"name": "channel", "value": "web"}]',
    ),
    Interaction(log_id=2, timestamp_start=datetime(2026, 11, 1, 2, tzinfo=UTC)),
]


def spell(name: str, style: str) -> str:
    """Return a column's name as another edition of the API might write it."""
    camel = name[0].lower() + name[1:]
    snake = "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")
    return {"same": name, "camel": camel, "snake": snake, "lower": name.lower()}[style]


def read_json(twin: Twin, serve: Serve, answer: type[Answer], *contents: object) -> list[Any]:
    """Return the rows of a day whose pages have these contents."""

    def script(asked: Asked) -> Answer:
        number = int(asked.query.get("continuationToken", "0"))
        reply = answer.json(contents[number])
        more = {"continuationToken": str(number + 1)} if number + 1 < len(contents) else {}
        return attrs.evolve(reply, headers={**reply.headers, **more})

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(
            culture="en", start=START, end=START + timedelta(days=1), accept="json"
        )
        rows = twin.collect(pager)
    assert len(scripted.asked) == len(contents)
    assert {asked.headers["accept"] for asked in scripted.asked} == {"application/json"}
    return rows


@pytest.mark.parametrize("style", ["same", "camel", "snake", "lower"])
@pytest.mark.parametrize(
    "wrap",
    [lambda rows: rows, lambda rows: {"count": 2, "interactions": rows, "next": None}],
    ids=["list", "object"],
)
def test_shapes_of_json(
    twin: Twin, serve: Serve, answer: type[Answer], style: str, wrap: Callable[[Any], Any]
) -> None:
    """A list, bare or in an object, with names in any spelling and JSON as text or as values."""
    rows = [{spell(name, style): value for name, value in row.items()} for row in ROWS]
    assert read_json(twin, serve, answer, wrap(rows[:1]), wrap([]), wrap(rows[1:])) == WANTED


def test_unknown_fields_are_kept(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """What the spec does not know is in ``extra`` as it came, also a second spelling of a name."""
    sent = {"logid": 9, "LogId": 1, "log_id": 8, "New": {"a": [1]}, "Empty": "", "Culture": "en"}
    (row,) = read_json(twin, serve, answer, [sent])
    assert (row.log_id, row.culture) == (1, "en")
    assert row.extra == {"logid": 9, "log_id": 8, "New": {"a": [1]}, "Empty": ""}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "null where a list"),
        ("text", "a text where a list"),
        ({"error": MARK}, "an object with 0 lists"),
        ({"a": [], "b": [MARK]}, "an object with 2 lists"),
        ([MARK], "row 0: not an object"),
        ([{"LogId": 1}, {"Culture": MARK}], "row 1: column LogId is empty or missing"),
        ([{"LogId": 1}, {"LogId": ""}], "row 1: column LogId is empty or missing"),
        ([{"LogId": 1, "TimestampStart": MARK}], "row 0: column TimestampStart holds no timestamp"),
    ],
)
def test_wrong_json_is_refused_unshown(
    twin: Twin, serve: Serve, answer: type[Answer], content: object, said: str
) -> None:
    """What is no list of records is InvalidResponse, told by its kind only."""
    with pytest.raises(errors.InvalidResponse, match=said) as caught:
        read_json(twin, serve, answer, content)
    assert MARK not in repr(caught.value) + repr(vars(caught.value))
    assert caught.value.checkpoint is not None


@pytest.mark.parametrize("body", [b"LogId\r\n1\r\n", b""])
@pytest.mark.parametrize("media", ["text/csv", "application/json"])
def test_csv_for_json_is_refused(
    twin: Twin, serve: Serve, answer: type[Answer], media: str, body: bytes
) -> None:
    """A server that sends CSV all the same, or nothing at all, is not taken for an empty day."""
    scripted = serve(lambda _: answer(body, 200, {"content-type": media}))
    with (
        twin.open("DigitalCX", **reach(scripted)) as client,
        pytest.raises(errors.InvalidResponse, match="where JSON was due"),
    ):
        twin.collect(client.interactions(culture="en", start=START, end=END, accept="json"))


def test_json_ends_with_no_content(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A 204 behind a continuation token ends a day in JSON as it does in CSV."""

    def script(asked: Asked) -> Answer:
        if "continuationToken" in asked.query:
            return answer(b"", 204)
        reply = answer.json(ROWS[:1])
        return attrs.evolve(reply, headers={**reply.headers, "continuationToken": "t"})

    scripted = serve(script)
    with twin.open("DigitalCX", **reach(scripted)) as client:
        pager = client.interactions(
            culture="en", start=START, end=START + timedelta(days=1), accept="json"
        )
        assert twin.collect(pager) == WANTED[:1]
    assert len(scripted.asked) == 2


# User information


def test_withheld_columns_are_in_the_spec() -> None:
    """What the declaration says to be filled on request are columns and a parameter that exist."""
    assert INTERACTIONS.fills is not None
    _, attributes = INTERACTIONS.fills
    assert {one.attribute for one in Interaction.COLUMNS} >= set(attributes)


@pytest.mark.parametrize(
    ("token", "asked", "withheld"),
    [
        ("token", {"include_user_info": True}, False),
        ("limited", {"include_user_info": True}, True),
        ("limited", {"include_user_info": True, "accept": "json"}, True),
        ("limited", {"include_user_info": False}, None),
        ("limited", {}, None),
        ("limited", {"include_user_info": True, "filter_text": "no such text"}, None),
    ],
)
def test_withheld_user_info_is_told(
    *,
    twin: Twin,
    box: Sandbox,
    token: str,
    asked: dict[str, Any],
    withheld: bool | None,
) -> None:
    """Only where user information was asked for and no row has any, the stats say so."""
    with twin.open("DigitalCX", **{**reach(box), "auth": token}) as client:
        pager = client.interactions(culture="en", start=START, end=END, **asked)
        assert pager.stats.withheld is None
        rows = twin.collect(pager)
    assert pager.stats.withheld is withheld
    filled = [row for row in rows if row.additional_session_info or row.variables]
    assert len(filled) == (len(rows) if withheld is False else 0)


def test_one_filled_row_is_enough(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A row that has any of the columns is enough for them not to count as withheld."""
    lines = ["1,,", "2,,", '3,,"{""a"": 1}"', "4,,"]
    scripted = serve(lambda _: answer.csv("LogId,AdditionalSessionInfo,Variables", *lines))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        day = {"start": START, "end": START + timedelta(days=1)}
        pager = client.interactions(culture="en", include_user_info=True, **day)
        assert [row.log_id for row in twin.collect(pager)] == [1, 2, 3, 4]
    assert pager.stats.withheld is False


# A part of the columns


@pytest.mark.parametrize("accept", ["csv", "json"])
def test_only_wanted_columns_are_read(twin: Twin, box: Sandbox, accept: str) -> None:
    """Wanted columns, the key and the time are as ever, all others None."""
    day = {"culture": "en", "start": START, "end": START + timedelta(days=1), "accept": accept}
    wanted = {"interaction_value", "recognition_details"}
    read = {*wanted, "log_id", "timestamp_start"}
    with twin.open("DigitalCX", **reach(box)) as client:
        whole = twin.collect(client.interactions(**day))
        pager = client.interactions(**day, columns=wanted)
        rows = twin.collect(pager)
        part = twin.collect(client.interactions(**day, resume=pager.checkpoint, columns=[*wanted]))
        with pytest.raises(errors.CheckpointMismatch, match="other arguments"):
            client.interactions(**day, resume=pager.checkpoint, columns=[])
    assert len(rows) == len(whole) > 0
    assert part == []
    for row, full in zip(rows, whole, strict=True):
        for column in Interaction.COLUMNS:
            expected = getattr(full, column.attribute) if column.attribute in read else None
            assert getattr(row, column.attribute) == expected
        assert row.extra == {}


def test_wanted_columns_of_batches(twin: Twin, box: Sandbox) -> None:
    """Record batches have all fields; those that are not wanted hold nulls."""
    day = {"culture": "en", "start": START, "end": START + timedelta(days=1)}
    with twin.open("DigitalCX", **reach(box)) as client:
        pager = client.interactions(**day, columns=["culture"])
        batches = twin.collect(pager.batches())
    for batch in batches:
        full = {n for n in batch.schema.names if batch.column(n).null_count < batch.num_rows}
        assert full == {"log_id", "timestamp_start", "culture"}


def test_filtered_columns_are_read(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """What a filter is checked by is read, so that a filter that is ignored still shows."""
    scripted = serve(lambda _: answer.csv("LogId,MainInteractionType,Culture", "1,QA,en"))
    with twin.open("DigitalCX", **reach(scripted)) as client:
        day = {"culture": "en", "start": START, "end": START + timedelta(days=1)}
        pager = client.interactions(**day, main_interaction_type="Event", columns=[])
        (row,) = twin.collect(pager)
    assert (row.main_interaction_type, row.culture) == ("QA", None)
    assert pager.stats.not_filtered == 1


def test_withheld_columns_that_are_not_read(twin: Twin, box: Sandbox) -> None:
    """Whether columns are withheld is told only where all of them are read."""
    day = {"culture": "en", "start": START, "end": START + timedelta(days=1)}
    told = []
    with twin.open("DigitalCX", **reach(box)) as client:
        for columns in (["variables"], ["variables", "additional_session_info"]):
            pager = client.interactions(**day, include_user_info=True, columns=columns)
            assert all(row.variables for row in twin.collect(pager))
            told.append(pager.stats.withheld)
    assert told == [None, False]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (["cultur"], "did you mean culture"),
        (["LogId", 5], "is no column"),
        (["main_type"], "is no column"),
        ("culture", "must be a list"),
        (7, "must be a list"),
    ],
)
def test_columns_that_are_none(twin: Twin, box: Sandbox, columns: Any, problem: str) -> None:
    """An attribute that no row has is refused at the call, naming the nearest."""
    with (
        twin.open("DigitalCX", **reach(box)) as client,
        pytest.raises(errors.ArgumentError, match=problem) as caught,
    ):
        client.interactions(culture="en", start=START, columns=columns)
    assert (caught.value.vendor, caught.value.operation) == ("digitalcx", "interactions")
