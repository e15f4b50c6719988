"""Whether what a failed response holds is somebody's data, rather than what went wrong. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

__all__ = ["FAULTS", "is_message", "is_records", "is_table"]

FAULTS: Final = frozenset(
    {"error", "errors", "details", "warnings", "issues", "violations", "causes", "invalid-params"}
)
"""Names, in lower case, of lists that say what went wrong."""
# Ends of other names of such lists: "validationErrors", and FastAPI's "detail".
_FAULTY: Final = ("detail", "errors", "issues")
# An error speaks of these; a message, of a conversation, has them.
_SPOKEN: Final = frozenset(
    {"role", "content", "transcript", "inputtext", "outputtext", "interactionvalue"}
)
# In prose a delimiter has a space behind it.
_TIGHT: Final = re.compile(r"[,;\t|](?!\s|$)")
# So many in one line are no sentence.
_MANY: Final = 8
# Unless they are the choices that it leaves.
_CHOICES: Final = re.compile(r"[^,;\t|\"]* [A-Za-z][\w-]{,15}(?:([,;|])[A-Za-z][\w-]{,15})+\.?")
_NAME: Final = re.compile(r"[A-Za-z_][\w.-]{,63}")
_HEADING: Final = re.compile(r"[^\W\d][\w .()/-]{,63}")
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
    if is_message(value) or (not told and "id" in value):
        return True
    return any(
        _hold_data(one) if _tells_faults(name) else _is_data(one, told=told)
        for name, one in value.items()
    )


def is_message(value: object) -> bool:
    """Tell whether a JSON value is an object with what somebody said."""
    return isinstance(value, dict) and any(
        isinstance(one, str) and name.lower().replace("_", "") in _SPOKEN
        for name, one in value.items()
    )


def _tells_faults(name: str) -> bool:
    name = name.lower()
    return name in FAULTS or name.endswith(_FAULTY)


def _is_data(value: object, *, told: bool) -> bool:
    if isinstance(value, list):
        return any(isinstance(one, dict | list) for one in value)
    return isinstance(value, dict) and (not told or is_records(value, told=True))


def _hold_data(faults: object) -> bool:
    """Tell whether the faults that are told of hold data; in an object they have fields' names."""
    if isinstance(faults, list):
        return any(is_records(one, told=True) for one in faults)
    return isinstance(faults, dict) and any(
        is_records(one, told=True) for one in faults.values() if isinstance(one, dict | list)
    )


def is_table(text: str, *, labelled: bool = False) -> bool:
    """Tell whether a text that is no JSON is data: rows of CSV, or JSON that breaks off.

    Args:
        text: The text.
        labelled: Whether its type says that it is a table.
    """
    begin = text.lstrip()[:1]
    if begin and begin in "[{":
        names = (found[1] for found in _LIST.finditer(text))
        return _OBJECTS.search(text) is not None or not all(map(_tells_faults, names))
    if begin == "<":
        return False
    lines = [*islice((line for line in text.splitlines() if line.strip()), _LINES)]
    return any(map(_is_row, lines)) or _are_rows(lines, labelled=labelled)


def _is_row(line: str) -> bool:
    return len(_TIGHT.findall(line)) >= _MANY and not _CHOICES.fullmatch(line.strip())


def _are_rows(lines: Sequence[str], *, labelled: bool) -> bool:
    header, *others = lines or [""]
    delimiter = max(",;\t|", key=header.count)
    if not others or len(_TIGHT.findall(header)) < header.count(delimiter):
        return False
    try:
        rows = [*islice(csv.reader([header, *others], delimiter=delimiter), 2)]
    except csv.Error:
        return False
    if len(rows) < 2 or not len(rows[0]) == len(rows[1]) > 1:
        return False
    # Two columns of words may be two sentences.
    names = _NAME if len(rows[0]) == 2 else _HEADING
    return labelled or all(map(names.fullmatch, rows[0]))
