"""Whether what a failed response holds is somebody's data, rather than what went wrong. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

__all__ = ["FAULTS", "is_records", "is_table"]

FAULTS: Final = frozenset(
    {"error", "errors", "details", "warnings", "issues", "violations", "causes", "invalid-params"}
)
"""Names, in lower case, of lists that say what went wrong."""

# In prose a delimiter has a space behind it.
_TIGHT: Final = re.compile(r"[,;\t|](?!\s|$)")
# So many in one line are no sentence.
_MANY: Final = 8
_LIST: Final = re.compile(r'"([^"\\]*)"\s*:\s*\[\s*\{')
_OBJECTS: Final = re.compile(r"\A\s*\[\s*\{|\}[ \t\r]{,8}\n[ \t\r\n]{,8}\{")
_LINES: Final = 20


def is_records(value: object, *, told: bool) -> bool:
    """Tell whether a JSON value is data.

    Args:
        value: The value.
        told: Whether it also says what went wrong; what does not, is data if it is not flat.
    """
    if isinstance(value, list):
        return any(
            is_records(one, told=told) or (not told and isinstance(one, dict)) for one in value
        )
    if not isinstance(value, dict):
        return False
    others = [one for name, one in value.items() if name.lower() not in FAULTS]
    return any(_holds_objects(one) or (not told and isinstance(one, dict)) for one in others)


def is_table(text: str) -> bool:
    """Tell whether a text that is no JSON is data: rows of CSV, or JSON that breaks off."""
    begin = text.lstrip()[:1]
    if begin and begin in "[{":
        names = (found[1].lower() for found in _LIST.finditer(text))
        return _OBJECTS.search(text) is not None or any(name not in FAULTS for name in names)
    if begin == "<":
        return False
    lines = [*islice((line for line in text.splitlines() if line.strip()), _LINES)]
    return any(len(_TIGHT.findall(line)) >= _MANY for line in lines) or _are_rows(lines)


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)


def _are_rows(lines: Sequence[str]) -> bool:
    header, *others = lines or [""]
    delimiter = max(",;\t|", key=header.count)
    if not others or len(_TIGHT.findall(header)) < header.count(delimiter):
        return False
    try:
        rows = [*islice(csv.reader([header, *others], delimiter=delimiter), 2)]
    except csv.Error:
        return False
    return len(rows) == 2 and len(rows[0]) == len(rows[1]) > 1
