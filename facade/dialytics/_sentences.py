"""What a text that comes with an error says, without what may be rows of somebody's data. Pure.

People's words cannot be told from a vendor's; their places can. So what looks like a row of a table
or like JSON, XML and the like is left out, wherever it stands.
"""

from __future__ import annotations

import html
import re
from typing import Final

from ._spellings import spell_alike

__all__ = ["LEFT_OUT", "tell", "tell_first", "tell_heading"]

LEFT_OUT: Final = "[redacted]"
# Where JSON begins, what languages print for an object, or an element with attributes.
_DATA: Final = re.compile(
    r"""[\[{]\s*\\*["'\[{]|\{\s*[A-Za-z_][\w.-]*\s*[:=]|\b[\w.]{1,64}\(\s*\w+\s*="""
    r"|<[A-Za-z][\w:.-]*\s[^<>]*="
)
_ELEMENT: Final = re.compile(r"<[A-Za-z]")
_ESCAPED: Final = re.compile(r"%[0-9A-Fa-f]{2}|&\#?\w{1,8};|\\u|[\uff00-\uff5e]")
_PAIR: Final = re.compile(r"""["']\s*:\s*\\*["'\[{]""")
# In prose a delimiter has a space behind it, but for "text/csv;charset=utf-8".
_TIGHT: Final = re.compile(r"\S\t|[,|](?!\s|$)|;(?!\s|$|[\w-]{1,20}=)")
_FIRST_CELL: Final = re.compile(
    r"""\s*(?:"[^"]*"|'[^']*'|\d[\d:.TZ+-]*)\s*[,;|\t].*[,;|\t]|\s*\|"""
)
# Tight none the less: entities, "1,000", and the choices that a sentence leaves.
_PROSE: Final = re.compile(
    r"&\#?\w{1,8};|(?<=\d),(?=\d{3}(?!\d))"
    r"|\b(?i:one\ of:?|(?:columns|fields)|(?:allowed|expected|supported|valid|values)[\w ]{,20}:)"
    r"\s\(?[A-Za-z][\w-]{,15}(?:([,;|])[A-Za-z][\w-]{,15})(?:\1[A-Za-z][\w-]{,15})*(?![^\s.)])",
    re.VERBOSE,
)
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_TAG: Final = re.compile(r"<[a-z!/?][^>]*>?", re.IGNORECASE)
_HEADING: Final = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_WITHIN: Final = 16_384
# What else a proxy's page has: tags without attributes, and its product's version.
_FRAME: Final = re.compile(
    r"</?[a-z]{1,20}\d?\s?/?>|<!doctype html>|[a-z-]{1,20}/\d[\d.]*|\s+", re.IGNORECASE
)


def tell(text: str) -> str:
    """Return a text up to where data begins: JSON and its like, or a line that is a row."""
    begin = _DATA.search(text)
    element = _ELEMENT.search(text) if "</" in text else None
    escaped = _ESCAPED.search(text)
    if escaped:
        plain = spell_alike(text[escaped.start() :])
        escaped = escaped if _DATA.search(plain) or _PAIR.search(plain) else None
    end = min((one.start() for one in (begin, element, escaped) if one), default=len(text))
    told = ""
    for line in text[:end].splitlines(keepends=True):
        if _is_row(line):
            return f"{told}{LEFT_OUT}"
        told += line
    return told if end == len(text) else f"{told}{LEFT_OUT}"


def _is_row(line: str) -> bool:
    sentence = _PROSE.sub("", line)
    signs = _TIGHT.search(sentence) or _FIRST_CELL.match(sentence) or _PAIR.search(sentence)
    # A quoted cell may go on in the next line.
    return signs is not None or line.count('"') % 2 == 1


def tell_first(text: str) -> str:
    """Return what the first line of a text says, which is all if only that is left out.

    Of a table without delimiters, the other lines are its rows.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    first = "" if _BINARY.search(text) else first.strip()
    told = tell(first)
    return "" if told == LEFT_OUT != first else told


def tell_heading(page: str) -> tuple[str, str]:
    """Return the title of a page, and the page itself if it has little else to say."""
    heading = _HEADING.search(page[:_WITHIN])
    title = tell_first(_clean(heading[2])) if heading else ""
    if len(page) > _WITHIN or not title or _FRAME.sub("", _HEADING.sub("", page)):
        return title, ""
    told = [_clean(found[2]) for found in _HEADING.finditer(page)]
    return title, page if [*map(tell, told)] == told else ""


def _clean(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())
