"""The header of a CSV document: its names, and whether they are those that were asked for."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any

from ..errors import IncompleteBody, InvalidResponse
from .csv_table import is_table
from .csv_text import DELIMITERS, Lines
from .values import fold

_SEPARATOR = re.compile(r"[.:/\[\]]+")
_MARKS = re.compile(r"[\W_]+")
_LONGEST_FIELD = 1 << 26


def allow_long_fields() -> None:
    """Have csv read longer fields than 128 kB: what a bot answers can be.

    That is process-wide, so the limit is only ever raised.
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))


def read_names(lines: Lines, texts: Iterator[str]) -> tuple[tuple[str, ...], str] | None:
    """Take a document's header; return its names and its delimiter, or none if it is empty.

    Args:
        lines: The document.
        texts: Its lines, as they are iterated.

    Raises:
        IncompleteBody: It ends within the header.
        InvalidResponse: It is no text, or no CSV.
    """
    try:
        header = next((text for text in texts if text.strip()), None)
        if header is None:
            return None
        delimiter = max(DELIMITERS, key=header.count)
        names = tuple(next(csv.reader(chain([header], texts), delimiter=delimiter)))
    except (csv.Error, UnicodeDecodeError) as error:
        raise unreadable(error) from None
    if lines.ended:
        raise IncompleteBody("the CSV ends inside its header")
    return names, delimiter


def check_header(
    pieces: Iterable[bytes],
    row_class: Any,
    asked: Collection[str] = (),
    *,
    spared: Collection[str] = (),
    labelled: bool = True,
    framed: bool = False,
) -> None:
    """Read a document's header, and see that it may be that of what was asked for.

    Args:
        pieces: The document.
        row_class: What the rows become.
        asked: Columns that the call has asked for, each of which is one. Since it is not known how
            the vendor writes them, any table that is as wide will do.
        spared: Columns of the row class that may well be left out.
        labelled: Whether the response says that it is CSV, rather than just some text.
        framed: Whether the response's length is known, and all of it has come. A header without a
            line end is whole then if it ends with a whole name, though others are missing; a first
            name alone is not.

    Raises:
        IncompleteBody: It ends within the header.
        InvalidResponse: It is no CSV, or one of something else.
    """
    lines = Lines(pieces)
    texts = iter(lines)
    found = read_names(lines, texts)
    if found is None:
        return
    names, delimiter = found
    known = _known(row_class, asked)
    if lines.open and _is_cut(names, known, {*map(_bare, spared)}, framed=framed):
        raise IncompleteBody("the CSV ends inside its header")
    check_names(names, row_class)
    if _parts(names).isdisjoint(known):
        row = _read_row(lines, texts, delimiter)
        if not is_table(names, row, asked, labelled=labelled):
            raise InvalidResponse("the response is not the table that was asked for")


def is_whole_header(
    pieces: Iterable[bytes],
    row_class: Any,
    asked: Collection[str] = (),
    *,
    spared: Collection[str] = (),
) -> bool:
    """Tell whether a document is only a header without a line end, with all columns that are known.

    Arguments are those of ``check_header``.
    """
    lines = Lines(pieces)
    try:
        found = read_names(lines, iter(lines))
    except InvalidResponse:
        return False
    known = _known(row_class, asked)
    if found is None or not known or not lines.open:
        return False
    return {*known}.difference(_parts(found[0])).issubset(map(_bare, spared))


@lru_cache(maxsize=64)
def check_names(names: tuple[str, ...], row_class: Any) -> None:
    """See that a header has columns of a row class, if that has any, and all required ones.

    Raises:
        InvalidResponse: It has not.
    """
    found = set(map(fold, names))
    known = {column.name for column in row_class.COLUMNS} | row_class.DROPPED
    if row_class.COLUMNS and found.isdisjoint(map(fold, known)):
        raise InvalidResponse("the response's first line names none of the CSV's columns")
    for column in row_class.COLUMNS:
        if column.required and fold(column.name) not in found:
            raise InvalidResponse(
                f"the response's first line does not name the column {column.name}",
                column=column.name,
            )


def tell_apart(names: Sequence[str]) -> list[str]:
    """Return names of which none occurs twice: the second ``id`` becomes ``id_2``."""
    taken = set(names)
    numbers: dict[str, Iterator[int]] = {}
    told: list[str] = []
    for name in names:
        if name in numbers:
            tries = (f"{name}_{number}" for number in numbers[name])
            told.append(next(one for one in tries if one not in taken))
        else:
            numbers[name] = count(2)
            told.append(name)
    return told


def unreadable(error: csv.Error | UnicodeDecodeError) -> InvalidResponse:
    """Return what to raise where a document cannot be read at all."""
    what = "UTF-8" if isinstance(error, UnicodeDecodeError) else "CSV"
    return InvalidResponse(f"the response is not valid {what}")


def _read_row(lines: Lines, texts: Iterator[str], delimiter: str) -> Sequence[str] | None:
    """Return the first row's cells; none where there is no row, or one that does not end."""
    allow_long_fields()
    try:
        row = next(filter(None, csv.reader(texts, delimiter=delimiter)), None)
    except (csv.Error, UnicodeDecodeError) as error:
        raise unreadable(error) from None
    return None if lines.ended else row


def _is_cut(
    names: tuple[str, ...], known: Sequence[str], spared: Collection[str], *, framed: bool
) -> bool:
    """Tell whether a header that ends without a line end has lost columns.

    Its last name is how one begins; or it has the first of them and not all, in their order.
    """
    missing = set(known).difference(_parts(names))
    if _parts(names[-1:]).isdisjoint(known):
        begun = (_bare(names[-1]), _bare(_SEPARATOR.split(names[-1])[-1]))
        return any(name.startswith(begun) for name in missing)
    due = [name for name in known if name not in spared]
    met = [one for name in names for one in due if one in _parts([name])]
    # A single name is rather a piece of a table than one.
    whole = framed and len(names) > 1
    return not (whole or missing.issubset(spared)) and met == due[: len(met)]


def _known(row_class: Any, asked: Collection[str]) -> Sequence[str]:
    return [*map(_bare, [*asked, *(column.name for column in row_class.COLUMNS)])]


def _parts(names: Iterable[str]) -> set[str]:
    return {part for name in names for part in _split(name)}


@lru_cache(maxsize=1024)
def _split(name: str) -> Sequence[str]:
    return [_bare(part) for part in (name, *_SEPARATOR.split(name))]


@lru_cache(maxsize=1024)
def _bare(name: str) -> str:
    return _MARKS.sub("", name).lower()
