"""Headers of CSV documents: cut ones and those of something else are told before any row."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._decode.csv_header import check_header, tell_apart
from dialytics.errors import IncompleteBody, InvalidResponse
from dialytics.vendors.inkeep.results import ExportRow
from dialytics_clients.digitalcx.rows import Interaction

PLAIN: Final = ("id", "eventType")
NAMES: Final = [column.name for column in Interaction.COLUMNS]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n \n",
        b"LogId\n",
        b"Log Id, session-uuid\n",
        ",".join(column.name for column in Interaction.COLUMNS).encode(),
        b"\xef\xbb\xbflog_id;Culture\n1;en\n",
        b"LogId,Culture,New Column\n",
        b'"LogId","Culture"\n',
        b"\n\nLogId\r\n1",
    ],
)
def test_headers_of_a_row_class(content: bytes) -> None:
    """Any edition's header with the required column is one, also without rows or a line end."""
    check_header([content[:3], content[3:]], Interaction)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"upstream connect error\n", "names none of the CSV's columns"),
        (b"Culture,OutputText\n", "does not name the column LogId"),
        (b"LogId\0,Culture\n", "does not name the column LogId"),
        (b"\x1f\x8b\x08\x00\xff\n", "not valid UTF-8"),
        (b"LogId\rCulture\n", "not valid CSV"),
    ],
)
def test_other_headers_are_refused(content: bytes, words: str) -> None:
    """What has no known column, or not the required one, is something else."""
    with pytest.raises(InvalidResponse, match=words) as caught:
        check_header([content], Interaction)
    assert type(caught.value) is InvalidResponse


@pytest.mark.parametrize(
    "content",
    [b"LogId,Session", b"LogId,", b"Log", b"LogId;Output_T", b'"LogId', b"LogId"],
)
def test_headers_that_are_cut(content: bytes) -> None:
    """A header without a line end that lacks columns is cut, also between two of them."""
    with pytest.raises(IncompleteBody):
        check_header([content], Interaction)


@pytest.mark.parametrize("content", [b"LogId,Culture", b"Culture,LogId", b"LogId,New"])
def test_headers_of_other_editions(content: bytes) -> None:
    """Columns that are not just the first of those known are all that there are."""
    check_header([content], Interaction)


def test_columns_that_may_be_left_out() -> None:
    """What is filled only where it is asked for need not be there."""
    *names, last = (column.name for column in Interaction.COLUMNS)
    header = ",".join(names).encode()
    check_header([header], Interaction, spared=[last])
    with pytest.raises(IncompleteBody):
        check_header([header], Interaction)


@pytest.mark.parametrize("names", [NAMES, sorted(NAMES, reverse=True)])
@pytest.mark.parametrize("spared", [(), NAMES[-2:]])
def test_headers_that_came_whole(names: list[str], spared: list[str]) -> None:
    """Where no byte is missing, a header may end with any whole column but the first."""
    header = ",".join(["LogId", *(name for name in names if name != "LogId")])
    for end in range(1, len(header)):
        content = header[:end].encode()
        *before, last = header[:end].split(",")
        if before and last in NAMES:
            check_header([content], Interaction, spared=spared, framed=True)
        else:
            with pytest.raises(IncompleteBody):
                check_header([content], Interaction, spared=spared, framed=True)


@pytest.mark.parametrize(
    "header",
    ["id,eventType", "ID,x", "event_type", "Event Type", "events.id", "a,events.eventType", "a/id"],
)
def test_one_asked_column_is_enough(header: str) -> None:
    """However the vendor writes what was asked for: one of the columns tells that it answers."""
    check_header([f"{header}\n1,2\n".encode()], ExportRow, PLAIN)


@pytest.mark.parametrize(
    "header",
    [
        "Internal error",
        "upstream connect error, id",
        "Sorry, closed",
        "null",
        '"identity service"',
        "0",
    ],
)
@pytest.mark.parametrize("asked", [("type", "createdAt"), ("type",), ()])
def test_a_text_is_no_table(header: str, asked: tuple[str, ...]) -> None:
    """A line that is a sentence or a value is no export, whatever was asked for."""
    for end in ("\n", ""):
        with pytest.raises(InvalidResponse, match="not the table"):
            check_header([f"{header}{end}".encode()], ExportRow, asked)


@pytest.mark.parametrize(
    "content",
    [
        "Conversation ID,Started\n",
        "Conversation ID, Started\n1, x\n",
        "conversations_view__a,b__c\n1,2,\n",
        "count;a\n\n1;2\n",
        'a,b\n"1',
        'a,b\n1,"' + "x" * 200_000 + '"\n',
    ],
)
def test_nobody_knows_how_names_are_written(content: str) -> None:
    """A table that is as wide as what was asked for is one, whatever its columns are called."""
    check_header([content.encode()], ExportRow, PLAIN)


@pytest.mark.parametrize(
    "content", ["a\n1\n", "a,b\n1,2,3\n", "a,b\n1\n", "a\0,b\n1,2\n", "please,\nretry,\n\n1"]
)
def test_tables_of_something_else(content: str) -> None:
    """Fewer columns than were asked for, and rows of another width, are none of an export."""
    asked = ("id", "eventType", "type") if content.startswith("please") else PLAIN
    with pytest.raises(InvalidResponse, match="not the table"):
        check_header([content.encode()], ExportRow, asked)


@pytest.mark.parametrize(
    ("content", "asked", "labelled"),
    [
        ("User Messages\n3\n", ("userMessageCount",), True),
        ("my_id\n", ("id",), True),
        ("count\n", (), True),
        ("count\n3\n", (), False),
        ("a b,c\n", (), False),
    ],
)
def test_single_columns(content: str, asked: tuple[str, ...], *, labelled: bool) -> None:
    """A single name is a header where it says so, shares a word with what is asked, or has rows."""
    check_header([content.encode()], ExportRow, asked, labelled=labelled)
    if asked:
        with pytest.raises(InvalidResponse, match="not the table"):
            check_header([content.encode()], ExportRow, ("type",))


@pytest.mark.parametrize("content", ["count\n", "Forbidden", "Error\nplease retry\n"])
def test_plain_text_has_to_look_like_a_table(content: str) -> None:
    """What does not even say that it is CSV is none without a delimiter or a row."""
    with pytest.raises(InvalidResponse, match="not the table"):
        check_header([content.encode()], ExportRow, labelled=False)


def test_asked_columns_that_are_cut() -> None:
    """The beginning of a column that was asked for is no column."""
    for content in (b"id,event", b"id,", b"id", b"a,events.id", b"id,events.", b"id,events.eve"):
        with pytest.raises(IncompleteBody):
            check_header([content], ExportRow, PLAIN)
    check_header([b"id,event\n"], ExportRow, PLAIN)


@given(st.lists(st.sampled_from(["a", "a_2", "a_3", "b", ""])))
def test_names_are_told_apart(names: list[str]) -> None:
    """No two are the same then, the first of each stays, and the others are numbered."""
    told = tell_apart(names)
    assert len(set(told)) == len(told) == len(names)
    for place, (name, new) in enumerate(zip(names, told, strict=True)):
        assert new == name or (name in names[:place] and new.startswith(f"{name}_"))
