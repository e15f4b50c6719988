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


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n \n",
        b"LogId\n",
        b"LogId",
        b"\xef\xbb\xbflog_id;Culture\n1;en\n",
        b"LogId,Culture,New Column",
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
    "content", [b"LogId,Session", b"LogId,", b"Log", b"LogId;Output_T", b'"LogId']
)
def test_headers_that_are_cut(content: bytes) -> None:
    """A header without a line end whose last name is the beginning of a missing one is cut."""
    with pytest.raises(IncompleteBody):
        check_header([content], Interaction)


@pytest.mark.parametrize(
    "header",
    ["id,eventType", "ID,x", "event_type", "Event Type", "events.id", "a,events.eventType", "a/id"],
)
def test_one_asked_column_is_enough(header: str) -> None:
    """However the vendor writes what was asked for: one of the columns tells that it answers."""
    check_header([f"{header}\n1,2\n".encode()], ExportRow, PLAIN)


@pytest.mark.parametrize(
    "header", ["Internal error", "upstream connect error, id", "null", '"identity service"', "0"]
)
def test_none_of_the_asked_columns(header: str) -> None:
    """A text that names nothing that was asked for is no export."""
    with pytest.raises(InvalidResponse, match="none of the columns asked for"):
        check_header([f"{header}\n".encode()], ExportRow, ("type", "createdAt"))
    check_header([f"{header}\n".encode()], ExportRow)


def test_asked_columns_that_are_cut() -> None:
    """The beginning of a column that was asked for is no column."""
    for content in (b"id,event", b"id,"):
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
