"""CSV documents: any table comes back, any cut is noticed, memory stays flat."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, pairwise
from traceback import format_exception
from typing import Any, ClassVar, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialytics._decode.csv_rows import read_csv
from dialytics._decode.csv_text import new_scan
from dialytics._decode.rows import Rows
from dialytics.errors import IncompleteBody, InvalidResponse
from dialytics.vendors.inkeep.results import ExportRow
from dialytics_clients.digitalcx.rows import Interaction
from dialytics_clients.rows import NO_EXTRA, Column, Json, Row

BOM: Final = b"\xef\xbb\xbf"
MARK: Final = "quasimodo"
# What readers that split lines, trim cells or guess encodings trip over.
AWKWARD: Final = [
    "\r",
    "\n",
    "\r\n",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "|",
    "\u2028",
    "\x85",
    "\x0c",
    "\x00",
    "\ufeff",
    " ",
    "é",
    "\U0001f600",
    "a",
]
CELLS: Final = st.lists(st.sampled_from(AWKWARD) | st.text(max_size=3), max_size=4).map("".join)
# A header in which another character outnumbers the delimiter would be read otherwise.
NAMES: Final = st.text(st.sampled_from("ABxyz_ 12é"), min_size=1, max_size=6)


class Note(Row):
    """A row class of two columns, so that tables can have any others."""

    id: str
    text: str | None = None
    extra: Mapping[str, Json] = NO_EXTRA

    KEY: ClassVar[str | None] = "id"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("NoteId", "id", "text", required=True),
        Column("Some_Text", "text", "text"),
    )


class Wide(Row):
    """A row class of many columns, few of which may be wanted."""

    number: int
    at: datetime | None = None
    text: str | None = None
    words: tuple[str, ...] | None = None
    note: Note | None = None
    extra: Mapping[str, Json] = NO_EXTRA

    KEY: ClassVar[str | None] = "number"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Number", "number", "int64", required=True),
        Column("At", "at", "timestamp"),
        Column("Text", "text", "text"),
        Column("Words", "words", "text", repeated=True),
        Column("Note", "note", "record", record=Note),
    )


class Word(Row):
    """A row class of a single column, whose documents have no delimiter."""

    word: str
    extra: Mapping[str, Json] = NO_EXTRA

    KEY: ClassVar[str | None] = "word"
    COLUMNS: ClassVar[tuple[Column, ...]] = (Column("word", "word", "text", required=True),)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Tables of the two known columns and any others, in any order; the first row is the header."""
    unknown = draw(st.lists(NAMES, max_size=3, unique_by=lambda name: name.strip()))
    names = draw(st.permutations(["NoteId", "Some_Text", *(f"x-{name}" for name in unknown)]))
    cells = [CELLS if name != "NoteId" else CELLS.filter(bool) for name in names]
    return [names, *draw(st.lists(st.tuples(*cells).map(list), max_size=5))]


def write(table: list[list[str]], delimiter: str, end: str, *, quoted: bool) -> bytes:
    text = io.StringIO(newline="")
    quoting: Final = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)
    return text.getvalue().encode()


def chunk(content: bytes, cuts: list[int]) -> list[bytes]:
    """Cut the content at the given places, wherever they fall."""
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


def rows_of(pieces: Iterable[bytes], row_class: type[Any] = Note) -> Iterator[Any]:
    return chain.from_iterable(read_csv(pieces, row_class))


def read(content: bytes, row_class: type[Row] = Note) -> list[dict[str, Json]]:
    return [row.to_dict() for row in rows_of([content], row_class)]


def present(table: list[list[str]]) -> list[dict[str, str]]:
    """What the stdlib reads from the table, absent cells of known columns left out."""
    names, *rows = table
    return [
        {name: cell for name, cell in zip(names, row, strict=True) if cell or name.startswith("x-")}
        for row in rows
    ]


@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    bom=st.sampled_from([b"", BOM]),
    final=st.booleans(),
    quoted=st.booleans(),
    cuts=st.lists(st.integers(0, 10_000), max_size=8),
)
@example(
    table=[["NoteId", "Some_Text"], ["é", "\r\n"]],
    delimiter=",",
    end="\r\n",
    bom=BOM,
    final=False,
    quoted=False,
    cuts=list(range(40)),
)
def test_any_table_comes_back(
    *,
    table: list[list[str]],
    delimiter: str,
    end: str,
    bom: bytes,
    final: bool,
    quoted: bool,
    cuts: list[int],
) -> None:
    """Whatever the cells hold and wherever chunks are cut, rows are those that csv wrote."""
    # Before Python 3.13 the writer leaves a bare carriage return unquoted where rows end otherwise.
    content = write(table, delimiter, end, quoted=quoted or end == "\n")
    content = bom + (content if final else content.removesuffix(end.encode()))
    back = list(
        csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    )
    assert back == table, "the stdlib reads the document alike"
    rows = [row.to_dict() for row in rows_of(chunk(content, cuts))]
    assert rows == present(table)


@pytest.mark.parametrize(
    "mark", ["\u2028", "\u2029", "\x85", "\x0c", "\x0b", "\x1c", "\x00", "\r\n"]
)
def test_line_ends_of_other_alphabets_stay_in_cells(mark: str) -> None:
    """Only a line feed outside quotes ends a row; what splitlines would cut at stays text."""
    content = f'NoteId,Some_Text\n1,"a{mark}b"\n2,c\n'.encode()
    assert [row["Some_Text"] for row in read(content)] == [f"a{mark}b", "c"]


@given(
    st.sampled_from(["NoteId", "noteid", "NOTE_ID", "note_id", " Note_Id ", '"NoteId"']),
    st.sampled_from(["Some_Text", "sometext", "SomeText", "SOME_TEXT"]),
)
def test_names_match_without_case_and_underscores(first: str, second: str) -> None:
    """A header in another spelling of the same names is understood."""
    assert read(f"{first},{second}\n1,a\n".encode()) == [{"NoteId": "1", "Some_Text": "a"}]


def test_quoted_header_may_hold_line_ends() -> None:
    """A column's name may be quoted and hold delimiters and line ends."""
    content = b'"NoteId","a,\nb",Some_Text\n1,2,3\n'
    assert read(content) == [{"NoteId": "1", "Some_Text": "3", "a,\nb": "2"}]


def test_missing_optional_columns_are_absent() -> None:
    """A column that the document lacks is None; an empty cell is None as well."""
    assert [row.text for row in rows_of([b"NoteId\n1\n"])] == [None]
    assert [row.text for row in rows_of([b"NoteId,Some_Text\n1,\n"])] == [None]


def test_missing_required_cells_are_refused() -> None:
    """A row without its required cell raises, naming position and column."""
    with pytest.raises(InvalidResponse, match="row 0: column NoteId is empty") as caught:
        read(b"NoteId,Some_Text\n,a\n")
    assert (caught.value.position, caught.value.column) == (0, "NoteId")


@pytest.mark.parametrize("content", [b"Some_Text\na\n", b"Some_Text\n"])
def test_missing_required_columns_are_refused(content: bytes) -> None:
    """A document without the required column raises, also where it has no rows."""
    with pytest.raises(InvalidResponse, match="does not name the column NoteId") as caught:
        read(content)
    assert (caught.value.position, caught.value.column) == (None, "NoteId")


def test_first_of_duplicate_columns_counts() -> None:
    """Of two columns with a known name the first is read and the other kept in extra."""
    (row,) = rows_of([b"NoteId,note_id,Some_Text\n1,2,3\n"])
    assert (row.id, row.text, row.extra) == ("1", "3", {"note_id": "2"})


def test_cells_of_equal_names_are_all_kept() -> None:
    """Of unknown columns with one name, and known ones, none hides another."""
    (row,) = rows_of([b"NoteId,a,a,NoteId,a_2,a\n1,2,3,4,5,6\n"])
    assert row.id == "1"
    assert row.extra == {"a": "2", "a_3": "3", "NoteId_2": "4", "a_2": "5", "a_4": "6"}


def test_unknown_columns_are_kept() -> None:
    """Columns that the row class does not know are in extra under the document's name."""
    (row,) = rows_of([b"New,NoteId\n,1\n"])
    assert row.extra == {"New": ""}


@pytest.mark.parametrize("line", [b"1", b"1,2", b"1,2,3,4", b'1,"2\n2"'])
@pytest.mark.parametrize("after", [b"5,6,7\n", b'5,"6\n'])
def test_ragged_row_names_its_position(line: bytes, after: bytes) -> None:
    """A row with too few or too many cells raises, once the rows before it are handed out."""
    rows = rows_of([b"NoteId,a,b\n1,2,3\n" + line + b"\n" + after])
    assert next(rows).id == "1"
    with pytest.raises(InvalidResponse, match="row 1 does not have the header's 3 cells") as caught:
        next(rows)
    assert caught.value.position == 1
    assert not isinstance(caught.value, IncompleteBody)


@pytest.mark.parametrize("last", [b"1,2,3,4", b"1,2,3,4\n", b"1,2\n", b"1\r\n", b"1,2\n\n"])
def test_ragged_last_row_is_no_cut(last: bytes) -> None:
    """A last row with too many cells is malformed, and so is a short one whose line has an end."""
    refused: list[object] = []
    content = b"NoteId,a,b\n5,6,7\n" + last
    row_class: type[Any] = Note
    found = read_csv(
        [content], row_class, None, lambda error, cells: refused.append((error.position, cells))
    )
    rows = chain.from_iterable(found)
    assert [row.id for row in rows] == ["5"]
    assert refused == [(1, last.decode().rstrip().split(","))]
    with pytest.raises(InvalidResponse) as caught:
        read(content)
    assert not isinstance(caught.value, IncompleteBody)


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_delimiters_behind_the_last_cells(end: bytes) -> None:
    """Where each row has one, it is none of another cell; a single such row is ragged."""
    for first in (b"LogId,Culture\n", b"LogId,Culture\n\n\n"):
        got = list(rows_of([first + b"1,en,\n\n2,,", end], Interaction))
        assert [(row.log_id, row.culture) for row in got] == [(1, "en"), (2, None)]
    for wrong, position in (
        (b"1,en,\n2,en\n", 1),
        (b"1,en\n2,en,\n", 1),
        (b"1,en,x\n", 0),
        (b"1,en,,\n", 0),
    ):
        with pytest.raises(InvalidResponse, match="cells") as caught:
            list(rows_of([b"LogId,Culture\n" + wrong], Interaction))
        assert caught.value.position == position


def test_lines_of_blanks_are_no_rows() -> None:
    """They are passed over, unless the document may be cut in them or has a single column."""
    for rows in (b"1,en\n  \n", b"1,en\n \t\n\n", b" \n1,en\n", b"1,en\n \n \n"):
        (got,) = rows_of([b"LogId,Culture\n" + rows], Interaction)
        assert got.log_id == 1
    assert list(rows_of([b"id\n \n1\n"], ExportRow)) == [{"id": " "}, {"id": "1"}]
    for rows in (b"1,en\n  ", b'1,en\n"\n'):
        with pytest.raises(IncompleteBody):
            list(rows_of([b"LogId,Culture\n" + rows], Interaction))


def test_blank_lines_are_no_rows() -> None:
    """Empty lines before the header, between rows and at the end are passed over."""
    assert [row["NoteId"] for row in read(b"\n \r\nNoteId,a\n\n1,2\n\r\n\n3,4\n\n")] == ["1", "3"]


@pytest.mark.parametrize("content", [b"", BOM, b"\n", b"\r\n", b"NoteId,Some_Text", b"noteid\r\n"])
def test_no_rows_are_no_error(content: bytes) -> None:
    """An empty document and one with a header only have no rows."""
    assert read(content) == []


@pytest.mark.parametrize("content", [b"<html>\n", b"{}", b"Other,Names\n1,2\n", b"\x00\n"])
def test_other_documents_are_refused(content: bytes) -> None:
    """A first line that names no column at all is not the CSV that was asked for."""
    with pytest.raises(InvalidResponse, match="names none of the CSV's columns"):
        read(content)


@given(tables().filter(lambda table: len(table) > 1), st.integers(0, 10_000))
def test_cut_in_quoted_cell_is_noticed(table: list[list[str]], cut: int) -> None:
    """A document cut inside quotes raises, and nothing of the cut row is handed out."""
    *before, last = table
    whole = write(before, ",", "\n", quoted=True)
    cell = b'"' + last[-1].replace('"', "'").encode()
    start = write([last[:-1]], ",", "\n", quoted=True).removesuffix(b"\n") + b","
    rows = rows_of([whole, start, cell[: 1 + cut % len(cell)]])
    assert [next(rows).to_dict() for _ in before[1:]] == present(before)
    with pytest.raises(IncompleteBody):
        next(rows)


@pytest.mark.parametrize("tail", [b'2,"b', b'2,"b\n', b'2,"b\n3,c\n', b'2,"', b"2", b'"2', b'"2\n'])
def test_cut_last_row_is_noticed(tail: bytes) -> None:
    """A document that ends in the middle of a row raises after the whole rows."""
    rows = rows_of([b"NoteId,Some_Text\n1,a\n" + tail])
    assert next(rows).id == "1"
    with pytest.raises(IncompleteBody):
        next(rows)


@pytest.mark.parametrize("content", [b'NoteId,"Some_T', b'"', b'"NoteId,Some_Text\n1,a\n'])
def test_cut_header_is_noticed(content: bytes) -> None:
    """A header that ends inside quotes is no empty document."""
    with pytest.raises(IncompleteBody, match="inside its header"):
        read(content)


@pytest.mark.parametrize("tail", [b'"a', b'"', b'"a\n'])
def test_cut_is_noticed_without_delimiters(tail: bytes) -> None:
    """In a document of one column the end of a row is as clear as in others."""
    assert read(b'word\na\n"\x00end"\n', Word) == [{"word": "a"}, {"word": "\x00end"}]
    rows = rows_of([b"word\nb\n" + tail], Word)
    assert next(rows).word == "b"
    with pytest.raises(IncompleteBody):
        next(rows)


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3(", b"\xed\xa0\x80", b"caf\xc3\n"])
def test_bad_encoding_is_refused(bad: bytes) -> None:
    """Bytes that are no UTF-8 raise."""
    with pytest.raises(InvalidResponse, match="not valid UTF-8"):
        read(b"NoteId,Some_Text\n1," + bad)


@pytest.mark.parametrize("content", [b"NoteId\ncaf\xc3", b"NoteId\n1\xe2\x82", b"\xef\xbb"])
def test_cut_character_is_noticed(content: bytes) -> None:
    """A document that ends inside a character is cut, not ill encoded."""
    with pytest.raises(IncompleteBody, match="in the middle of a character"):
        read(content)


def test_nothing_of_what_is_no_text_is_told() -> None:
    """The error of an undecodable row holds none of its bytes."""
    with pytest.raises(InvalidResponse) as caught:
        read(f"NoteId,Some_Text\n1,a\n2,{MARK}".encode() + b"\xff\n")
    assert MARK not in "".join(format_exception(caught.value))


def test_bare_carriage_return_is_refused() -> None:
    """A carriage return alone, which parsers disagree about, raises instead of guessing."""
    with pytest.raises(InvalidResponse, match="not valid CSV"):
        read(b"NoteId,Some_Text\n1,a\rb\n")


@pytest.mark.parametrize("size", [131_073, 200_000, 1_000_000])
def test_huge_cells_come_whole(size: int) -> None:
    """Cells longer than the parser's own limit of 131,072 characters are read."""
    (row,) = rows_of([b"NoteId,Some_Text\n1,", b"x" * size, b"\n"])
    assert row.text == "x" * size


def test_unreadable_cell_is_located_not_shown() -> None:
    """A cell of the wrong kind names row and column, and nothing of what it holds."""
    content = f"LogId,OutputText,TimestampStart\n1,a,\n2,{MARK},{MARK}\n".encode()
    rows = rows_of([content], Interaction)
    assert next(rows).log_id == 1
    with pytest.raises(InvalidResponse) as caught:
        next(rows)
    assert (caught.value.position, caught.value.column) == (1, "TimestampStart")
    shown = [repr(caught.value), repr(vars(caught.value)), *format_exception(caught.value)]
    assert MARK not in "".join(shown)


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from(["1", "LogId", *AWKWARD])).map("".join).map(str.encode),
    st.integers(1, 9),
)
@example(b'LogId\n1\n\x00end\n3"', 1)
def test_any_bytes_end_in_rows_or_our_error(content: bytes, step: int) -> None:
    """No bytes, behind a good header or alone, bring anything but rows or InvalidResponse."""
    for head in (b"", b"LogId,OutputText\n", b"word\n"):
        whole = head + content
        pieces = [whole[start : start + step] for start in range(0, len(whole), step)]
        try:
            rows = list(rows_of(pieces, Word if head == b"word\n" else Interaction))
        except InvalidResponse:
            continue
        assert all(row.to_dict() for row in rows)


def stream(size: int) -> Iterator[bytes]:
    """Generate a document of about that size, in pieces that end anywhere."""
    yield b"LogId,OutputText,New\n"
    text = b"y" * 20_000
    for number in range(size // len(text)):
        yield b'%d,"%s\n' % (number, text[:9_000])
        yield b'%s",z\n' % text[9_000:]


def test_memory_stays_flat() -> None:
    """Reading 50 MB takes no more memory than reading 2 MB, and little in all."""
    peaks = []
    for size in (2_000_000, 50_000_000):
        tracemalloc.start()
        count = sum(1 for _ in rows_of(stream(size), Interaction))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == size // 20_000
    assert peaks[1] < 1_000_000
    assert peaks[1] < 1.2 * peaks[0]


# A part of the columns


def wide_rows(pieces: Iterable[bytes], wanted: set[str] | None) -> tuple[list[Any], str]:
    """Return the rows that come, and the error that they end with."""
    row_class: type[Any] = Wide
    rows: list[Any] = []
    try:
        for some in read_csv(pieces, row_class, wanted, kept=("number", "text")):
            columns = some.columns if isinstance(some, Rows) else {}
            for name, values in columns.items():
                assert [getattr(row, name) for row in some] == list(values)
            rows += some
    except InvalidResponse as error:
        return rows, f"{type(error).__name__}: {error}"
    return rows, ""


NUMBERS: Final = st.integers(0, 10**20).map(str) | st.sampled_from(["1.5", "", " 7", '"8"'])
TIMES: Final = st.sampled_from(["2026-10-01T00:00:00Z", "03/25/2026 09:30:22", "", "then"])
LINES: Final = st.lists(
    st.tuples(NUMBERS, TIMES, CELLS, *[CELLS] * 6).map(list)
    | st.lists(CELLS, max_size=11)
    | st.just([]),
    max_size=8,
)


@example(
    lines=[["0", "", *[""] * 7]] * 2 + [[], [""]],
    delimiter=",",
    end="\n",
    raw="",
    quoted=False,
    cuts=[],
)
@given(
    lines=LINES,
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    raw=st.sampled_from(["", 'a"b', '"', "\n", "1,2"]),
    quoted=st.booleans(),
    cuts=st.lists(st.integers(0, 10_000), max_size=8),
)
def test_wanted_columns_are_those_of_csv(
    *, lines: list[list[str]], delimiter: str, end: str, raw: str, quoted: bool, cuts: list[int]
) -> None:
    """Reading a few columns gives what csv reads there, and stops where it does, for any text."""
    names = ["Number", "At", "Text", "a", "b", "c", "d", "e", "f"]
    content = write([names, *lines], delimiter, end, quoted=quoted) + raw.encode()
    quick = wide_rows(chunk(content, cuts), {"at", "text"})
    # Of many cells, csv makes texts.
    plain, failure = wide_rows([content], None)
    assert ([row.to_dict() for row in quick[0]], quick[1]) == (
        [{n: v for n, v in row.to_dict().items() if n in names[:3]} for row in plain],
        failure,
    )


@pytest.mark.parametrize("wanted", [{"text"}, None])
def test_columns_that_are_wanted_again_are_kept(wanted: set[str] | None) -> None:
    """What is to be kept of rows that are read quickly stands beside them, if it came at all."""
    row_class: type[Any] = Wide
    content = b"Number,Text,a,b,c,d,e\n1,x,,,,,\n2,,,,,,\n"
    found = read_csv([content], row_class, wanted, kept=("number", "text", "at"))
    columns = [some.columns for some in found if isinstance(some, Rows)]
    together = {name: [one for some in columns for one in some[name]] for name in columns[0]}
    assert together == {"number": [1, 2], "text": ["x", None]}


def test_long_rows_come_a_few_at_a_time() -> None:
    """However long the wanted cells are, no more text than some 100 kB waits to become rows."""
    names = ",".join(["Number", "At", "Text", *"abcde"])
    pieces = [f"{names}\n".encode(), *[b"1,,%b,,,,,\n" % (b"x" * 20_000)] * 300]
    row_class: type[Any] = Wide
    batches = list(read_csv(pieces, row_class, {"text"}))
    assert sum(map(len, batches)) == 300
    assert max(map(len, batches)) < 30


@pytest.mark.parametrize("wanted", [{"text"}, None])
def test_what_came_before_an_error_is_read(wanted: set[str] | None) -> None:
    """Rows that came before the source failed, or before bytes that are no text, are handed out."""
    head = b"Number,At,Text,a,b,c,d,e\n" + b"".join(b"%d,,x,,,,,\n" % n for n in range(500))

    def fail() -> Iterator[bytes]:
        yield head
        raise IncompleteBody("cut")

    rows, failure = wide_rows(fail(), wanted)
    assert ([row.number for row in rows], failure) == ([*range(500)], "IncompleteBody: cut")
    for bad in (b"500,,\xff,,,,,\n", b"500,,x,\xff,,,,\n"):
        rows, failure = wide_rows([head + bad + head], wanted)
        assert [row.number for row in rows] == [*range(500)]
        assert "not valid UTF-8" in failure


def test_unwanted_columns_are_absent() -> None:
    """What is not wanted is None, whatever it holds; what is required comes; extra is empty."""
    content = b"Number,At,Text,New\n1,no time,words,x\n2,,,\n"
    rows, failure = wide_rows([content], {"text"})
    assert [row.to_dict() for row in rows] == [{"Number": 1, "Text": "words"}, {"Number": 2}]
    assert failure == ""
    assert "row 0: column At holds no timestamp" in wide_rows([content], None)[1]


def test_what_no_cell_can_be_is_refused() -> None:
    """A column of lists or objects is read with care, and refused where it has a cell."""
    rows, _ = wide_rows([b"Number,Text,Words\n1,a,\n"], None)
    assert [row.to_dict() for row in rows] == [{"Number": 1, "Text": "a"}]
    for name in ("Words", "Note"):
        rows, failure = wide_rows([f"Number,{name}\n1,\n2,b\n".encode()], None)
        assert [row.number for row in rows] == [1]
        assert f"row 1: column {name}" in failure or "not an object" in failure


def test_rows_across_pieces_are_whole() -> None:
    """Rows whose quoted line breaks fall on the ends of pieces are read, long ones too."""
    cell = "line\n" * 60_000
    for text in ("two\nlines", cell):
        lines = [[str(number), "", text, *"abcdef"] for number in range(5)]
        content = write([["Number", "At", "Text", *"abcdef"], *lines], ",", "\n", quoted=False)
        for size in (7, 4096, 1 << 20):
            if size == 7 and text is cell:
                continue
            pieces = [content[at : at + size] for at in range(0, len(content), size)]
            rows, failure = wide_rows(pieces, {"text"})
            assert [(row.number, row.text) for row in rows] == [(n, text) for n in range(5)]
            assert failure == ""


@pytest.mark.parametrize(
    "garbage", ['"' * 200_000, ",," * 100_000, '"a' * 100_000, '""","' * 50_000]
)
def test_garbage_is_refused_in_linear_time(garbage: str) -> None:
    """What looks like the beginning of many rows is passed over once."""
    scan = new_scan(",", 28, (0, 3, 5))
    assert scan(garbage) == ([], garbage)
    header = ",".join(["Number", "At", "Text", *(f"c{n}" for n in range(25))])
    _, failure = wide_rows([f"{header}\n{garbage}\n".encode()], {"text"})
    assert failure
