"""The ends of CSV documents, judged without reading their rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._decode.endings import is_no_csv, may_be_cut

CELLS: Final = st.text(st.sampled_from('ab,;"\n\r é'), max_size=5)
TABLES: Final = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5)


def write(rows: list[list[str]]) -> bytes:
    """Return a document without its last line end."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["one", "two", "three"], *rows])
    return text.getvalue().removesuffix("\r\n").encode()


def judge(content: bytes, piece: int = 40) -> bool:
    """Judge a document that comes in pieces, none longer than so many bytes."""
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    return may_be_cut(pieces, content)


def looks_whole(content: bytes) -> bool:
    """Tell whether an open cell ends with a line that has as many cells as the header."""
    last = content.rstrip(b"\r\n").rpartition(b"\n")[2]
    return content.endswith((b"\n", b"\r")) and last.count(b",") > 1


@given(TABLES)
def test_whole_last_rows_are_no_cuts(rows: list[list[str]]) -> None:
    """Whatever the cells hold, a last row with all of them is whole, with a line end or without."""
    assert not judge(write(rows))
    assert not judge(write(rows) + b"\r\n")


@given(TABLES, st.integers(0), st.integers(1, 60))
def test_half_last_rows_are_cuts(rows: list[list[str]], cut: int, piece: int) -> None:
    """A document that ends inside a last row's first two cells is noticed."""
    *before, last = rows
    cells = [b'"%b"' % cell.replace('"', '""').encode() for cell in last]
    begun = b",".join(cells[:2])
    end = begun[: 1 + cut % len(begun)]
    if not looks_whole(end):
        assert judge(write(before) + b"\r\n" + end, piece)


@given(TABLES, st.integers(0))
def test_open_quotes_are_cuts(rows: list[list[str]], cut: int) -> None:
    """A document that ends inside a quoted cell is cut, also where that is a row's last one."""
    *before, (*cells, last) = rows
    begun = (cell := last.replace('"', '""'))[: cut % (len(cell) + 1)]
    content = write([*before, [*cells, ""]]).removesuffix(b'"') + begun.encode()
    # After an escaped quote's first half it may as well be whole.
    if not (begun.count('"') % 2 or looks_whole(content)):
        assert judge(content)


@pytest.mark.parametrize("content", [b"one,two", b"one,two,three"])
def test_of_an_open_header_nothing_is_known(content: bytes) -> None:
    """A header without a line end may be cut, and so may be what has no header at all."""
    assert judge(content)
    assert judge(b"")
    assert judge(b"\r\n")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"\n \na,b\n1,2\n3", True),
        (b"\n \na,b\n1,2\n3,4", False),
        (b"a,b\n1,2\n3,\r4", True),
        (b"a\r,b\n1,2\n3,4", False),
    ],
)
def test_odd_documents(content: bytes, wanted: bool) -> None:  # noqa: FBT001  # a parameter
    """Empty lines come before a header; a carriage return in a cell is no row that can be read."""
    assert may_be_cut([content], content) is wanted


@pytest.mark.parametrize(
    ("content", "wanted"),
    [(b" <html>", True), (b'{"a": 1}', True), (b"[]", True), (b"a,b", False), (b"", False)],
)
def test_what_is_no_csv(content: bytes, wanted: bool) -> None:  # noqa: FBT001  # a parameter
    """HTML and JSON are told by how they begin, whatever comes before and in what pieces."""
    assert is_no_csv([content]) is wanted
    before = b"\xef\xbb\xbf\r\n"
    for at in range(len(before + content)):
        assert is_no_csv([(before + content)[:at], (before + content)[at:]]) is wanted


def test_open_quote_in_a_line_with_all_cells() -> None:
    """A last line that has its cells and a line end is cut all the same where a quote is open."""
    assert judge(b'a,b\n1,"x\n')
    assert not judge(b'a,b\n1,"x"\n')


@pytest.mark.parametrize(
    "end",
    [
        b'1,"2"\r\n',
        b'1,2\n3,"4\n\n5"\n',
        b'"1\n1",2\n"3",4\n"5",",\n,"\n\n',
    ],
)
def test_rows_at_the_end_spare_the_rest(end: bytes) -> None:
    """A last row in one line, or several rows in a few, need no look at what is before."""

    def read() -> Iterator[bytes]:
        yield b"a,b\n"
        pytest.fail("more was read")

    assert not may_be_cut(read(), b"before\n" + end)


@pytest.mark.parametrize(
    "end",
    [
        b'x\ny","z\n',
        b'1,2\n3,"4\n\n5\n',
        b'1,2\n3,"4\n5",\n',
        b'"1\n2\n',
        b'q\n3,"4\n5"\n',
        b'1,2\n3,4\nx"y,"z\n',
        b'1,2\n3,"' + b"x\n" * 20 + b'"\n',
    ],
)
def test_what_is_no_row_at_the_end(end: bytes) -> None:
    """Lines that are not whole rows, or too many of them, say nothing: all quotes are counted."""
    for more in (b"", b'"'):
        odd = (more + end).count(b'"') % 2 == 1
        assert may_be_cut([b"a,b\n", more, end], end) is odd
    assert may_be_cut([b'a\n"1\n2\n'], b'"1\n2\n')


def test_last_row_longer_than_what_is_kept_of_the_end() -> None:
    """Of a row that begins before the last bytes nothing is known, so it may be cut."""
    assert may_be_cut([b'a,b\n1,"x,\n', b'y,more"'], b'\ny,more"')
