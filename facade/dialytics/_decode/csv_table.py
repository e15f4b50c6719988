"""Whether a text is a table, where it is not known how the vendor writes the header's names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+")
_VALUE = re.compile(r"null|true|false|-?[0-9.]+")


def is_table(
    names: Sequence[str], row: Sequence[str] | None, asked: Collection[str], *, labelled: bool
) -> bool:
    """Tell whether a header and the first row, if there is one, may be those of a table.

    Only what cannot be one is refused: a sentence, a value, fewer columns than were asked for, or
    rows of another width. Text that nobody calls CSV has to look like it.

    Args:
        names: The header's cells.
        row: The first row's cells.
        asked: Columns that the call has asked for.
        labelled: Whether the response says that it is CSV.
    """
    if len(names) < len(set(asked)) or any("\0" in name for name in names):
        return False
    # In prose a delimiter has a space behind it.
    tight = any(name.strip() and not name[0].isspace() for name in names[1:])
    if row is None:
        return tight or (labelled and _is_name(names, asked))
    if not has_width(row, len(names)) or (len(names) == 1 and not _is_asked(names, asked)):
        return False
    return labelled or tight or not _has_space([*names, *row])


def has_width(row: Sequence[str], width: int) -> bool:
    """Tell whether a row has so many cells, not counting the one behind a last delimiter."""
    return len(row) == width or is_wider(row, width)


def is_wider(row: Sequence[str], width: int) -> bool:
    """Tell whether a row has a delimiter behind its last cell."""
    return len(row) == width + 1 and not row[-1]


def _is_name(names: Sequence[str], asked: Collection[str]) -> bool:
    """Tell whether a header without rows is a name: an error taken for one would be no rows."""
    if len(names) > 1 or _has_space(names) or _VALUE.fullmatch(names[0]):
        return False
    return _is_asked(names, asked)


def _is_asked(names: Sequence[str], asked: Collection[str]) -> bool:
    """Tell whether names share a word with what was asked for, if that is known."""
    return not asked or not _words(names).isdisjoint(_words(asked))


def _has_space(cells: Iterable[str]) -> bool:
    return any(" " in cell.strip() for cell in cells)


def _words(names: Iterable[str]) -> set[str]:
    return {word.lower() for name in names for word in _WORD.findall(name)}
