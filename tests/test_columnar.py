"""Record batches: what the row reader gives, whatever the document, in one schema."""

from __future__ import annotations

import csv
import gc
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")

from dialytics import _csv_batches  # noqa: E402  # where pyarrow is not installed, it is not tested
from dialytics._body import Body, Kept  # noqa: E402
from dialytics._columnar import arrow_schema, rows_to_batch  # noqa: E402
from dialytics._csv_batches import read_csv_batch, read_csv_batches  # noqa: E402
from dialytics._csv_tables import CsvTable  # noqa: E402
from dialytics._decode.csv_rows import read_csv  # noqa: E402
from dialytics._decode.values import record_reader  # noqa: E402
from dialytics._spool import Stored  # noqa: E402
from dialytics.errors import IncompleteBody, InvalidResponse  # noqa: E402
from dialytics_clients.chatlayer.rows import TrackingEvent  # noqa: E402
from dialytics_clients.digitalcx.rows import Interaction  # noqa: E402
from dialytics_clients.rows import NO_EXTRA, Column, Json, Row  # noqa: E402

BOM: Final = "\ufeff"
UTF8_MARK: Final = BOM.encode()
SECRET: Final = "quasimodo"


class Point(Row):
    """A row class with a column of every flat kind."""

    number: int
    text: str | None = None
    share: float | None = None
    active: bool | None = None
    at: datetime | None = None
    until: datetime | None = None
    extra: Mapping[str, Json] = NO_EXTRA

    KEY: ClassVar[str | None] = "number"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Number", "number", "int64", required=True),
        Column("Some_Text", "text", "text"),
        Column("Share", "share", "float64"),
        Column("Active", "active", "bool"),
        Column("At", "at", "timestamp"),
        Column("Until", "until", "timestamp"),
    )


class Tree(Row):
    """A row class of what has no flat type."""

    free: Json
    names: tuple[str, ...] | None
    point: Point | None
    points: tuple[Point, ...] | None
    extra: Mapping[str, Json] = NO_EXTRA

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("free", "free", "json"),
        Column("names", "names", "text", repeated=True),
        Column("point", "point", "record", record=Point),
        Column("points", "points", "record", repeated=True, record=Point),
    )


class Shelf(Row):
    """A row class of what a CSV cell cannot be but by chance."""

    free: Json = None
    names: tuple[str, ...] | None = None
    extra: Mapping[str, Json] = NO_EXTRA

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("free", "free", "json"),
        Column("names", "names", "text", repeated=True),
    )


class Anything(Row):
    """A row class without columns: all that comes is extra."""

    extra: Mapping[str, Json] = NO_EXTRA


class Letter(Row):
    """A row class without any text column."""

    share: float | None = None
    active: bool | None = None
    extra: Mapping[str, Json] = NO_EXTRA

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Share", "share", "float64"),
        Column("Active", "active", "bool"),
    )


NAMES: Final = ("Number", "Some_Text", "Share", "Active", "At", "Until")
AWKWARD: Final = st.sampled_from(
    [
        "\r\n",
        "\n",
        "\r",
        '"',
        ",",
        ";",
        "|",
        "\\",
        "\u2028",
        "\x00",
        "\x1f",
        "\x7f",
        BOM,
        " ",
        "é",
        "a",
    ]
)
TEXTS: Final = st.lists(AWKWARD | st.text(max_size=3), max_size=4).map("".join)
ISO: Final = st.sampled_from(
    [
        "2026-03-25T09:30:22.605Z",
        "2026-03-25 09:30:22+01:30",
        "2026-03-25T09:30:22-0500",
        "2026-03-25T09:30Z",
        "20260325T093022Z",
        "2026-03-25T09:30:22.1234567Z",
        "2026-W12-3",
        "2026-02-29T00:00:00Z",
        "2026-03-25T24:00:00Z",
        "2026-03-25T23:59:60Z",
        "1900-01-01T00Z",
    ]
)
LOCAL: Final = st.sampled_from(
    [
        "03/25/2026 09:30:22",
        "3/5/2026 9:03:02",
        "02/30/2026 00:00:00",
        "03/25/26 09:30:22",
        "2026-03-25T09:30:22",
        "2026-03-25",
        "2026-03-25 09:30:22.123456",
        "03/25/2026  09:30:22",
    ]
)
CELLS: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "Number": st.integers(-(2**63), 2**63 - 1).map(str)
    | st.sampled_from(["0x1F", "0X1f", "+7", " 7 ", "1_0", "007", "-0", "7.0", "1e3", " ", "x"]),
    "Some_Text": TEXTS,
    "Share": st.floats(allow_nan=False).map(repr)
    | st.sampled_from(["1", ".5", "1.", "+1", "1e400", " 2 ", "1_0", "nan", "-inf", "0x1p3", " "]),
    "Active": st.sampled_from(
        ["True", "False", "true", "FALSE", "1", "0", "tRUE", "yes", "2", " True ", ""]
    ),
    "At": ISO | LOCAL | st.just(""),
    "Until": ISO | LOCAL | st.just(""),
}
GOOD: Final[Mapping[str, st.SearchStrategy[str]]] = {
    "Number": st.integers(-(2**63), 2**63 - 1).map(str),
    "Some_Text": TEXTS,
    "Share": st.floats(allow_nan=False).map(repr) | st.just(""),
    "Active": st.sampled_from(["True", "False", "true", "FALSE", "1", "0", ""]),
    "At": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | st.just(""),
    "Until": st.just("2026-03-25T09:30:22.605Z") | st.just(""),
}


@st.composite
def documents(draw: st.DrawFn) -> str:
    """CSV documents of the known columns and others, in any order and form; some are malformed."""
    cells = draw(st.sampled_from([CELLS, GOOD, GOOD]))
    known = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    if draw(st.booleans()):
        known = [*dict.fromkeys(["Number", *known])]
    unknown = draw(
        st.lists(st.sampled_from(["New", 'x"y', "new", "N\né", "Number", "\\"]), max_size=3)
    )
    names = draw(st.permutations([*known, *unknown]))
    row = st.tuples(*(cells.get(name, TEXTS) for name in names))
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])),
    )
    writer.writerow([draw(st.sampled_from([name, name.upper(), f" {name}"])) for name in names])
    writer.writerows(draw(st.lists(row, max_size=4)))
    return draw(st.sampled_from(["", "", BOM, "\n \n"])) + text.getvalue()


def values(rows: Sequence[Any], row_class: type[Row]) -> list[dict[str, Any]]:
    """What batches are to hold of rows of flat columns."""
    names = [column.attribute for column in row_class.COLUMNS]
    return [
        {name: getattr(row, name) for name in names}
        | {"extra": compact(row.extra) if row.extra else None}
        for row in rows
    ]


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def flat(batches: Sequence[Any], row_class: type[Row]) -> list[dict[str, object]]:
    schema = arrow_schema(row_class)
    for batch in batches:
        assert batch.schema.equals(schema, check_metadata=True)
        assert batch.num_rows
        batch.validate(full=True)
    return [row for batch in batches for row in batch.to_pylist()]


def outcome(read: Any) -> object:
    """Rows, or that they were refused."""
    try:
        return read()
    except IncompleteBody:
        return IncompleteBody
    except InvalidResponse:
        return InvalidResponse


def by_rows(content: bytes, row_class: type[Any]) -> list[dict[str, object]]:
    rows = [row for rows in read_csv([content], row_class) for row in rows]
    return values(rows, row_class)


def by_blocks(body: Body, row_class: type[Any], block: int) -> list[dict[str, object]]:
    """Read a document as a stream, in blocks of so many bytes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_csv_batches, "_WHOLE", -1)
        patch.setattr(_csv_batches, "_BLOCK", block)
        return flat(list(read_csv_batches(body, row_class)), row_class)


def by_batches(body: Body, row_class: type[Any]) -> list[dict[str, object]]:
    """Read a document at once; see that a stream, and the short way, come to the same."""
    whole = outcome(lambda: flat(list(read_csv_batches(body, row_class)), row_class))
    for block in (1 << 20, max(100, body.size // 100)):
        streamed = outcome(lambda block=block: by_blocks(body, row_class, block))
        assert repr(streamed) == repr(whole)
    batch = read_csv_batch(body, row_class)
    if batch is not None:
        assert repr(flat([batch], row_class)) == repr(whole)
    return flat(list(read_csv_batches(body, row_class)), row_class)


def assert_same(content: bytes, row_class: type[Any] = Point, *, body: Body | None = None) -> Any:
    expected = outcome(lambda: by_rows(content, row_class))
    found = outcome(lambda: by_batches(body or Body(content), row_class))
    assert repr(found) == repr(expected) or same(found, expected)
    return found


def same(found: object, expected: object) -> bool:
    # json.dumps and the encoder differ in how they write a few control characters.
    if not isinstance(found, list) or not isinstance(expected, list):
        return False
    for rows in (found, expected):
        for row in rows:
            row["extra"] = row["extra"] and json.loads(row["extra"])
            row["share"] = repr(row.get("share"))
    return bool(found == expected)


def bare(content: bytes) -> bool:
    """Whether a carriage return stands alone somewhere: Arrow may end a row there."""
    return re.search(rb"\r(?!\n)", content) is not None


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.integers(0, 400) | st.just(0))
@example("Number,Some_Text\n1," + BOM + "a\n" + BOM + "2,b\n", 0)
@example(f"Some_Text,Number\n{BOM}a,1\n", 0)
@example("Number|At\n1|02/30/2026 00:00:00\n", 0)
@example("Number|At\n1|12/31/2026 23:59:59\n2|\n3|2026-01-01T00:00:00\n", 0)
@example("Number|At\n1|2026-01-01T00:00:00Z\n2|2026-01-01T00:00:00\n", 0)
@example("Number,a\n0x1F,b\n", 0)
@example("Number,a\n0X1F,b\n", 0)
@example("Number,Some_Text\n1,NULL\n2,null\n3,nan\n4,N/A\n", 0)
@example("Number,Active\n1,TRUE\n2,yes\n", 0)
@example("Number,Active\n1,TRUE\n2,FALSE\n3,True\n4,0\n", 0)
@example("Number,Größe,Some_Text\n1,é,ü\n2,ß,€\n", 0)
@example("Number,Some_Text\n1,a\n\n,\n", 0)
@example("Number,new,Some_Text,new\n1,2,3,4\n", 0)
def test_batches_hold_what_the_row_reader_gives(document: str, cut: int) -> None:
    """Any document gives the rows' very values, or is refused by both, also where it is cut."""
    content = document.encode()
    content = content[: len(content) - cut % (len(content) + 1)]
    expected = outcome(lambda: by_rows(content, Point))
    found = outcome(lambda: by_batches(Body(content), Point))
    if expected is InvalidResponse and isinstance(found, list) and bare(content):
        # Both readings agree once every such row end is one that csv knows.
        ends = re.sub(rb"\r(?!\n)", b"\n", content)
        expected = outcome(lambda: by_rows(ends, Point))
        found = outcome(lambda: by_batches(Body(ends), Point))
    assert repr(found) == repr(expected) or same(found, expected)


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*'1a,";|\t\n\r\\ ', "\r\n", '""', "\x00", BOM, "é"])).map("".join))
@example('Number,a\n1,"b\n')
@example('1,"')
def test_any_cells_end_as_with_the_row_reader(tail: str) -> None:
    """Whatever follows a good header, in quotes or out of them, is read as rows would be."""
    content = f"x,Some_Text\n{tail}".encode()
    assert_same(content) if not bare(content) else outcome(lambda: by_batches(Body(content), Point))


QUOTED: Final = st.lists(
    st.sampled_from(["\r\n", "\r", "\n", '""', "a", "é", ",", BOM]), max_size=12
).map(lambda parts: f'"{"".join(parts)}"')
LINES: Final = st.tuples(st.integers(0, 99).map(str), QUOTED | st.just("a")).map(",".join)


@settings(max_examples=300)
@given(
    lines=st.lists(LINES, min_size=10, max_size=40),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", BOM]),
    block=st.integers(64, 200),
    piece=st.integers(1, 300),
)
def test_any_border_of_blocks_is_no_border_of_cells(
    lines: list[str], end: str, mark: str, block: int, piece: int
) -> None:
    """Wherever Arrow's blocks and the body's pieces end, quoted cells are whole."""
    content = f"{mark}Number,Some_Text{end}{end.join(lines)}{end}".encode()
    body = Body(Kept([content[at : at + piece] for at in range(0, len(content), piece)]))
    with pytest.MonkeyPatch.context() as patch:
        # What Arrow does not read at all would prove nothing.
        patch.setattr(_csv_batches, "convert_rows", lambda *_: pytest.fail("rows were read"))
        assert by_blocks(body, Point, block) == by_rows(content, Point)


def test_line_ends_in_cells_are_kept_in_long_documents() -> None:
    """Wherever a block ends, no line feed of a quoted cell is lost."""
    ends = "\r\n" * 12
    lines = "".join(f'{number},"{ends}"\n' for number in range(200_000))
    found = pa.Table.from_batches(
        read_csv_batches(Body(f"Number,Some_Text\n{lines}".encode()), Point)
    )
    assert found.num_rows == 200_000
    assert found["text"].unique().to_pylist() == [ends]


@given(st.binary(max_size=60))
def test_any_bytes_end_in_batches_or_our_error(tail: bytes) -> None:
    """No bytes, behind a good header or alone, bring anything but batches or InvalidResponse."""
    for head in (b"", b"Number,Some_Text\n", b"Some_Text\n", b"a,Some_Text\n1,2\n"):
        outcome(lambda head=head: by_batches(Body(head + tail), Point))


@pytest.mark.parametrize("row_class", [Point, Anything, Letter])
@pytest.mark.parametrize(
    "content",
    [b"", UTF8_MARK, b"\n", b"Number,Share", b"Number,Share\r\n", b"\n\nNumber,Share\n\n\n"],
)
def test_no_rows_are_no_batches(content: bytes, row_class: type[Any]) -> None:
    """An empty document and one with a header only give no batches, and no error."""
    assert assert_same(content, row_class) == []


@pytest.mark.parametrize("row_class", [Anything, Letter, Shelf])
@pytest.mark.parametrize(
    "content",
    [
        b"Share,Active\n1.5,true\n,\n",
        b"Share,Active\n1.5,maybe\n",
        b"a,a,b\n1,2,3\n",
        b"Share\n1\n\n2\n",
        b'free,names\n"[1]",\n,\n',
        b"free,names\n,a\n",
    ],
)
def test_other_row_classes_are_read_alike(content: bytes, row_class: type[Any]) -> None:
    """Documents without text columns, of unknown columns only, or of lists are read as rows are."""
    rows = outcome(lambda: [row for rows in read_csv([content], row_class) for row in rows])
    expected = rows if not isinstance(rows, list) else rows_to_batch(rows, row_class).to_pylist()
    assert outcome(lambda: by_batches(Body(content), row_class)) == expected


def table(rows: int) -> bytes:
    lines = [f'{n},"a {n}\n""b""",2026-01-01T00:00:00.{n % 1000:03d}Z,é' for n in range(rows)]
    return ("Number,Some_Text,At,New\r\n" + "\r\n".join(lines)).encode()


def stored(content: bytes) -> Stored:
    kept = Stored()
    kept.append(content)
    return kept


@pytest.mark.parametrize("rows", [1, 3000, 60_000, 120_000])
def test_every_kind_of_body_is_read(rows: int) -> None:
    """Bytes, stored files and compressed ones give the same batches, over any number of blocks."""
    content = table(rows)
    packed = gzip.compress(content, 1)
    bodies = [Body(content), Body(stored(content)), Body(packed, "gzip")]
    bodies.append(Body(stored(packed), "gzip"))
    expected = by_rows(content, Point)
    for body in bodies:
        batches = list(read_csv_batches(body, Point))
        assert flat(batches, Point) == expected
        assert len(batches) == (1 if len(content) <= 4 << 20 else len(content) // (1 << 20) + 1)


@pytest.mark.parametrize(
    "time", ["2026-03-25T09:30:22.605Z", "2026-03-25T09:30:22", "03/25/2026 09:30:22"]
)
def test_good_documents_never_become_rows(time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any form of times, new columns and blank lines are read without the row reader."""
    monkeypatch.setattr(_csv_batches, "read_csv", lambda *_, **__: pytest.fail("rows were read"))
    content = f'\nNumber|At|New\n1|{time}|"a""\n\\"\n\n2||\n'.encode()
    assert len(by_batches(Body(content), Point)) == 2
    for number in (b"0x2", b"0X2"):
        with pytest.raises(pytest.fail.Exception):
            by_batches(Body(content.replace(b"2||", number + b"||")), Point)


def test_rows_before_a_bad_one_are_handed_out() -> None:
    """The error of a late row comes after the rows before it, none of them twice."""
    content = table(30_000) + b"\r\nx,a,,\r\n"
    found: list[int] = []

    def read() -> None:
        for batch in read_csv_batches(Body(content), Point):
            found.extend(batch.column("number").to_pylist())

    with pytest.raises(InvalidResponse, match="row 30000: column Number holds no int64") as caught:
        read()
    assert found == list(range(30_000))
    assert caught.value.position == 30_000


def test_odd_values_after_many_good_ones_are_read() -> None:
    """Where Arrow gives up in the middle, the row reader goes on, and no row is lost."""
    content = table(30_000) + b'\r\n+7,"' + b"y" * 3_000_000 + b'",20260325T093022Z,\r\n8,,,\r\n'
    found = by_batches(Body(content), Point)
    assert [row["number"] for row in found] == [*range(30_000), 7, 8]


@pytest.mark.parametrize("tail", [b'2,"b', b'2,"b\n', b'2,"', b"2", b'"2', b"2,caf\xc3"])
def test_cut_documents_are_noticed(tail: bytes) -> None:
    """A document cut inside a row, its quotes or a character raises after the whole rows."""
    for filler in (b"", table(30_000).split(b"\r\n", 1)[1] + b"\r\n"):
        head = b"Number,Some_Text,At,New\r\n" if filler else b"Number,Some_Text\n1,a\n"
        with pytest.raises(IncompleteBody):
            list(read_csv_batches(Body(head + filler + tail), Point))


@pytest.mark.parametrize("rows", [50, 60_000])
def test_nothing_of_a_cut_row_is_handed_out(rows: int) -> None:
    """Where the cut is in the quotes of the last column, only the rows before it come."""
    content = table(rows) + b'\r\n7,b,,"cut he'
    found: list[dict[str, object]] = []

    def read() -> None:
        for batch in read_csv_batches(Body(content), Point):
            found.extend(batch.to_pylist())

    with pytest.raises(IncompleteBody):
        read()
    assert found == by_rows(table(rows), Point)


STAMPS: Final = st.builds(
    "2026-11-10{}09:30:59.{}{}".format,
    st.sampled_from("Tt "),
    st.text("0123456789", max_size=9),
    st.sampled_from(["", "Z", "Z", "z", "+01:00", "-0530"]),
) | st.sampled_from(["", "2026-11-10T09:30:59z", "11/10/2026 09:30:59", "20261110", "1700000000"])
ODD_ROWS: Final = st.builds(
    "{},{},{},{}".format,
    st.sampled_from(["1", "1", "+2", "1e0", "0x1F", "0X1F", "-0"]),
    STAMPS,
    st.sampled_from(["True", "True", "", "1", "tRUE", "x"]),
    st.sampled_from(["", "0.5", "-0", "1e3", "nan", "1_0"]),
)


# The first row is read alone anyway.
@given(st.lists(ODD_ROWS, min_size=3, max_size=5), st.sampled_from([None, {"at"}, {"at", "share"}]))
@example(["1,,,", "2,2026-11-10T09:30:59.1234567Z,True,", "3,,1,"], None)
@example(["1,,,", "2,2026-11-10T09:30:59z,,", "3,,1,"], None)
@example(["1,,,", "2,,,", "0X1F,,,"], None)
def test_rows_do_not_depend_on_their_neighbours(rows: list[str], wanted: set[str] | None) -> None:
    """A row has the values, or is refused, that it has and is alone; in batches, too."""
    some = None if wanted is None else frozenset(wanted)
    kind: type[Any] = Point

    def read(*rows: str) -> tuple[list[object], list[object]]:
        body = Body("\n".join(["Number,At,Active,Share", *rows, ""]).encode())
        found: tuple[list[object], list[object]] = ([], [])
        came = read_csv(body.pieces(), kind, some, lambda error, _: found[0].append(error.column))
        found[0].extend(repr(row.to_dict()) for many in came for row in many)
        batches = read_csv_batches(body, kind, some, lambda error, _: found[1].append(error.column))
        found[1].extend(repr(row) for batch in batches for row in batch.to_pylist())
        return found

    for whole, alone in zip(read(*rows), zip(*map(read, rows), strict=True), strict=True):
        assert sorted(map(repr, whole)) == sorted(repr(one) for part in alone for one in part)


LINE: Final = "2026-01-01T00:00:00Z,0.5," + "v" * 60


@pytest.mark.parametrize(
    "odd",
    [
        "0000-01-01T00:00:00Z,0.5,v",
        "0000-12-31T23:59:59.999999Z,0.5,v",
        "2026-01-01T00:00:00Z,nan(1),v",
        "2026-01-01T00:00:00Z,-NaN(ind),v",
        "0001-01-01T00:00:00+01:00,nan,v",
        "9999-12-31T23:59:59-01:00,-inf,v",
    ],
)
@pytest.mark.parametrize("rows", [100, 70_000])
def test_bad_rows_of_batches_are_those_of_rows(odd: str, rows: int) -> None:
    """Of a document with odd and bad rows, every row is read, or told as bad, as rows would be."""
    lines = [f"{number},{LINE}" for number in range(rows)]
    lines[10], lines[-9] = f"10,{odd}", "x,,"
    content = ("Number,At,Share,Some_Text\n" + "\n".join(lines) + "\n").encode()
    told: list[list[int | None]] = [[], []]
    kind: type[Any] = Point
    read = read_csv([content], kind, None, lambda error, _: told[0].append(error.position))
    expected = [row.number for rows in read for row in rows]
    batches = read_csv_batches(Body(content), kind, None, lambda e, _: told[1].append(e.position))
    assert [n for batch in batches for n in batch.column("number").to_pylist()] == expected
    assert told[1] == told[0]
    assert len(told[0]) + len(expected) == rows


def test_several_batches_are_not_handed_out_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Arrow makes more of a short document than one batch, it is read when handed out."""
    content, options = table(20), CsvTable.options
    whole = read_csv_batch(Body(content), Point)
    assert whole is not None
    assert whole.num_rows == 20
    monkeypatch.setattr(CsvTable, "options", lambda self, _, **__: options(self, 300))
    assert read_csv_batch(Body(content), Point) is None
    assert flat([*read_csv_batches(Body(content), Point)], Point) == flat([whole], Point)


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3(", b"\xed\xa0\x80"])
@pytest.mark.parametrize("whole", [_csv_batches._WHOLE, -1])
def test_what_is_no_text_is_refused_where_it_is_wanted(
    bad: bytes, whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that are not UTF-8 are refused in a wanted column, and do no harm in another one."""
    monkeypatch.setattr(_csv_batches, "_WHOLE", whole)
    body = Body("Number,Some_Text,More\n1,é,a\n".encode() + b"2,b," + bad + b"\n")
    found = flat([*read_csv_batches(body, Point, frozenset({"number", "text"}))], Point)
    assert [(row["number"], row["text"]) for row in found] == [(1, "é"), (2, "b")]
    with pytest.raises(InvalidResponse):
        flat([*read_csv_batches(body, Point)], Point)


def test_empty_columns_take_memory_once() -> None:
    """Columns without any text share what they take, in one batch and in those of its size."""
    content = b"Number,Some_Text\n" + b"1,\n" * 1000
    first, second = (read_csv_batch(Body(content), Point) for _ in range(2))
    assert first is not None
    assert second is not None
    ends = [batch.column("text").buffers()[1].address for batch in (first, second)]
    assert ends == [first.column("extra").buffers()[1].address] * 2
    assert first.column("text").to_pylist() == [None] * 1000


def test_long_documents_are_not_read_at_once() -> None:
    """What is long, or unpacks to more, is left; no more of it is kept than is read at once."""
    content = b"Number,Some_Text\n" + b"1,a\n" * (_csv_batches._WHOLE // 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_csv_batches, "_open", lambda *_: pytest.fail("it was opened"))
        assert read_csv_batch(Body(content), Point) is None
    assert read_csv_batch(Body(gzip.compress(content, 1), "gzip"), Point) is None
    taken = _csv_batches._take(iter([bytes(_csv_batches._WHOLE // 4)] * 9))
    assert len(taken) == 5


@pytest.mark.parametrize("odd", [2**63, "x"])
def test_positions_in_long_documents(odd: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Arrow has read the rows before, an error counts them, too; all others come once."""
    content = b"Number,Some_Text\n" + b"1,a\n" * 100 + f"{odd},a\n".encode() + b"2,b\n" * 300
    with pytest.raises(InvalidResponse, match="row 100: ") as caught:
        by_blocks(Body(content), Point, 100)
    assert caught.value.position == 100
    monkeypatch.setattr(_csv_batches, "_WHOLE", -1)
    monkeypatch.setattr(_csv_batches, "_BLOCK", 100)
    refused: list[InvalidResponse] = []
    batches = read_csv_batches(Body(content), Point, None, lambda error, _: refused.append(error))
    assert [row["number"] for row in flat([*batches], Point)] == [1] * 100 + [2] * 300
    assert [error.position for error in refused] == [100]


@pytest.mark.parametrize("rejects", [False, True])
@pytest.mark.parametrize("blank", ["\n", " \n", "\n\n\n"])
def test_positions_behind_blank_lines(blank: str, *, rejects: bool) -> None:
    """A value that does not fit its type stands where one does that rows refuse."""
    line, bad = "1,a\n", [3, 160, 300, 301]
    positions: list[list[int | None]] = []
    for first in ("9" * 20, "x"):
        told: list[int | None] = []
        odd = dict.fromkeys(bad, "9" * 20) | {bad[0]: first, bad[2]: "x"}
        lines = [f"{odd[at]},a\n" if at in odd else line for at in range(310)]
        lines[1] += blank
        lines[2] += blank
        lines[150] += blank
        lines[-1] += blank
        content = Body(("Number,Some_Text\n" + "".join(lines)).encode())
        reject = lambda error, _, told=told: told.append(error.position)  # noqa: E731
        try:
            for _ in read_csv_batches(content, Point, None, reject if rejects else None):
                pass
        except InvalidResponse as error:
            told.append(error.position)
        positions.append(told)
    more = blank.count("\n")
    counted = [3 + 2 * more, *(at + 3 * more for at in bad[1:])]
    assert positions == [counted if rejects else counted[:1]] * 2


def test_what_only_begins_like_a_byte_order_mark() -> None:
    """The first letter of a column's name is no mark, though its first byte is the same."""
    content = "\ufb00,Number,Some_Text\nx,1,a\n".encode()
    assert content[:1] == UTF8_MARK[:1]
    assert by_batches(Body(content), Point) == by_rows(content, Point)


def test_a_header_takes_little_of_a_page() -> None:
    """Of a page in one piece no more is looked at than a header needs."""
    noted: list[bytes] = []
    looked = [*_csv_batches._small([b"x" * 10_000], noted)]
    assert (max(map(len, looked)), b"".join(looked)) == (4096, b"x" * 10_000)
    assert noted == [b"x" * 10_000]


@given(text=st.text("x\r\n", max_size=60), piece=st.integers(1, 9), size=st.integers(2, 9))
def test_arrow_gets_what_it_asks_for(text: str, piece: int, size: int) -> None:
    """No read gives more than was asked for, all together give all, and a closed one nothing."""
    content = text.encode()
    pieces = [content[at : at + piece] for at in range(0, len(content), piece)]
    feed = _csv_batches._Feed(pieces, 0, b"end\n")
    reads = [bytes(one) for one in iter(lambda: feed.read(size), b"")]
    assert max(map(len, reads)) <= size
    assert b"".join(reads) == content + b"end\n"
    closed = _csv_batches._Feed([b"some", b"more"], 0, b"end")
    closed.read(2)
    closed.close()
    assert not closed.read(9)


def test_cut_compression_is_noticed() -> None:
    """A compressed body that ends early, or goes on after its end, raises."""
    packed = gzip.compress(table(30_000), 1)
    for raw in (packed[:-9], packed + packed):
        with pytest.raises(IncompleteBody, match="compressed"):
            list(read_csv_batches(Body(raw, "gzip"), Point))


def test_errors_show_no_values() -> None:
    """Neither message nor chain of an error holds what a cell held."""
    content = f"Number,Some_Text,At\n1,a,\n{SECRET},{SECRET},{SECRET}\n".encode()
    with pytest.raises(InvalidResponse) as caught:
        list(read_csv_batches(Body(content), Point))
    assert SECRET not in repr(caught.value) + str(vars(caught.value))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_abandoned_documents_let_go() -> None:
    """A reader that is closed in the middle holds nothing of Arrow's memory."""
    # What other tests left behind must not be let go in between.
    gc.collect()
    before = pa.total_allocated_bytes()
    batches = read_csv_batches(Body(table(60_000)), Point)
    next(batches)
    batches.close()  # type: ignore[attr-defined]  # a generator
    assert pa.total_allocated_bytes() <= before


def test_memory_stays_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrow's memory while reading does not grow with the document, which never becomes rows."""
    monkeypatch.setattr(_csv_batches, "read_csv", lambda *_, **__: pytest.fail("rows were read"))
    peaks = []
    for rows in (60_000, 300_000):
        before, most = pa.total_allocated_bytes(), 0
        for _ in read_csv_batches(Body(UTF8_MARK + table(rows)), Point):
            most = max(most, pa.total_allocated_bytes() - before)
        peaks.append(most)
    assert peaks[1] < 1.2 * peaks[0] < 12_000_000


def test_schema_tells_the_columns() -> None:
    """Names are the rows' attributes, types lose nothing, and the vendor's names are kept."""
    schema = arrow_schema(Interaction)
    assert schema.names == [*(column.attribute for column in Interaction.COLUMNS), "extra"]
    assert schema.field("log_id").equals(pa.field("log_id", pa.int64(), nullable=False))
    assert schema.field("log_id").metadata == {b"vendor_name": b"LogId"}
    assert str(schema.field("timestamp_start").type) == "timestamp[us, tz=UTC]"
    assert [str(field.type) for field in arrow_schema(Tree)] == ["string"] * 5
    assert arrow_schema(TrackingEvent).field("attributes").type == pa.string()


def reader(row_class: Any) -> Any:
    return record_reader(row_class)


EVENT: Final = {"id": "1", "timestamp": "2026-03-25T09:30:22.605+01:00", "attributes": {"a": "é"}}


def test_rows_become_batches() -> None:
    """Rows of JSON listings keep their values; what is not flat, and what is new, is JSON."""
    read = reader(TrackingEvent)
    batch = rows_to_batch([read(EVENT), read({"New": [2**70], "attributes": "x"})], TrackingEvent)
    first, second = batch.to_pylist()
    zone = timezone(timedelta(hours=1))
    assert first["timestamp"] == datetime(2026, 3, 25, 9, 30, 22, 605_000, zone)
    assert (first["attributes"], first["extra"]) == ('{"a":"é"}', None)
    assert (second["attributes"], second["extra"]) == ('"x"', '{"New":[1180591620717411303424]}')
    assert batch.schema.equals(arrow_schema(TrackingEvent), check_metadata=True)


def test_records_become_json_under_the_vendors_names() -> None:
    """Records and lists of them are written as the vendor wrote them; absent ones are null."""
    point = {"Number": 1, "At": "2026-03-25T09:30:22Z", "New": None}
    row = reader(Tree)({"point": point, "points": [point, point], "names": ["a"]})
    absent = reader(Tree)({})
    first, second = rows_to_batch([row, absent], Tree).to_pylist()
    assert json.loads(first["point"]) == point
    assert json.loads(first["points"]) == [point, point]
    assert first["names"] == '["a"]'
    assert set(second.values()) == {None}


def test_no_rows_give_an_empty_batch() -> None:
    """A batch of no rows has the schema all the same."""
    batch = rows_to_batch([], Tree)
    assert (batch.num_rows, batch.schema) == (0, arrow_schema(Tree))


@pytest.mark.parametrize(
    ("column", "value"), [("number", 2**63), ("text", "\ud800" + SECRET), ("number", -(2**70))]
)
def test_values_that_do_not_fit_are_located_not_shown(column: str, value: object) -> None:
    """An integer beyond 64 bits or half a character raises, naming row and column only."""
    good = Point(1, None, None, None, None, None, {})
    bad = Point(1, None, None, None, None, None, {})
    setattr(bad, column, value)
    with pytest.raises(InvalidResponse, match=r"row 1: column .* does not fit") as caught:
        rows_to_batch([good, bad], Point)
    assert caught.value.position == 1
    assert SECRET not in repr(caught.value)


def test_integers_beyond_64_bits_are_refused_in_csv() -> None:
    """What a row can hold and a column cannot raises."""
    with pytest.raises(InvalidResponse, match="does not fit int64"):
        list(read_csv_batches(Body(f"Number,a\n{2**63},\n".encode()), Point))


def test_csv_is_read_without_pandas() -> None:
    """Neither the reader nor what looks at times near edges imports what takes 40 MB and a second.

    Arrow imports pandas, if it is there, where it makes one of its scalars or arrays of objects.
    """
    code = (
        "import sys; from datetime import UTC, datetime, timedelta\n"
        "from types import SimpleNamespace as edge\n"
        "from dialytics._batches import _lie_near\n"
        "from dialytics._body import Body\n"
        "from dialytics._csv_batches import read_csv_batch, read_csv_batches\n"
        "from dialytics_clients.digitalcx.rows import Interaction\n"
        "body = Body(b'LogId,TimestampStart,RecognitionQuality\\n1,2026-11-01T00:00:00Z,1.5\\n')\n"
        "batches = [read_csv_batch(body, Interaction), *read_csv_batches(body, Interaction)]\n"
        "at = datetime(2026, 11, 1, tzinfo=UTC)\n"
        "near = edge(low=at, high=at + timedelta(hours=1))\n"
        "print(*(_lie_near(one['timestamp_start'], [near]) for one in batches))\n"
        "print('pandas' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[[0]] [[0]]", "False"]


@pytest.mark.parametrize("module", ["_columnar", "_csv_batches", "_parquet"])
def test_missing_pyarrow_is_our_own_error(module: str) -> None:
    """Without the extra, the error tells how to install it."""
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from dialytics.errors import ConfigurationError\n"
        f"try: import dialytics.{module}\n"
        "except ConfigurationError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "dialytics with its extra 'arrow'" in run.stdout
