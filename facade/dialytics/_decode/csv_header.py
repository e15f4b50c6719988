"""The header of a CSV document: its names, and whether they are those that were asked for."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any

from ..errors import IncompleteBody, InvalidResponse
from .csv_text import DELIMITERS, Lines
from .values import fold

_SEPARATOR = re.compile(r"[.:/\[\]]+")
_MARKS = re.compile(r"[\W_]+")


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


def check_header(pieces: Iterable[bytes], row_class: Any, asked: Collection[str] = ()) -> None:
    """Read a document's header only, and see that it is what was asked for.

    Args:
        pieces: The document.
        row_class: What the rows become.
        asked: Columns that the call has asked for. Since it is not known how the vendor writes
            them, one is enough: in any case, with or without marks between its words, as a part of
            a dotted path.

    Raises:
        IncompleteBody: It ends within the header.
        InvalidResponse: It is no CSV, or one of something else.
    """
    lines = Lines(pieces)
    found = read_names(lines, iter(lines))
    if found is None:
        return
    names, _ = found
    if lines.open and _is_cut(names, [*asked, *(column.name for column in row_class.COLUMNS)]):
        raise IncompleteBody("the CSV ends inside its header")
    check_names(names, row_class)
    if asked and _parts(names).isdisjoint(map(_bare, asked)):
        raise InvalidResponse("the response's first line names none of the columns asked for")


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


def _is_cut(names: tuple[str, ...], known: Iterable[str]) -> bool:
    """Tell whether the last name is the beginning of one that is missing."""
    *whole, last = map(_bare, names)
    missing = set(map(_bare, known)).difference(whole)
    return last not in missing and any(name.startswith(last) for name in missing)


def _parts(names: Iterable[str]) -> set[str]:
    return {_bare(part) for name in names for part in (name, *_SEPARATOR.split(name))}


def _bare(name: str) -> str:
    return _MARKS.sub("", name).lower()
