"""What a text that comes with an error says, without what may be rows of somebody's data. Pure.

People's words cannot be told from a vendor's; their places can. So what looks like a row of a table
or like JSON, XML and the like is left out, wherever it stands.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final, TypeAlias

from ._spellings import spell_alike

__all__ = ["LEFT_OUT", "TAG", "Hide", "tell", "tell_first", "tell_heading"]

LEFT_OUT: Final = "[redacted]"

Hide: TypeAlias = Callable[[str], str]
"""Returns a text, as long as it was, without what must not be shown of it."""

# Where JSON begins, what languages and databases print for an object, or an element that has
# attributes or another one.
_DATA: Final = re.compile(
    r"""[\[{]\s*[bu]?\\*["'\[{]|\{\s*:?[A-Za-z_][\w.-]*\s*[:=]"""
    r"""|\b[\w.]{1,64}[(\[]\s*\w+\s*=|\bmap\[\w{1,64}:|\#<[A-Z]"""
    r"""|\bArray\s*\(\s*\[|\[\w{1,64}\]\s*=>|<!\[CDATA\["""
    r"""|[(\[]\s*(?:-?\d[\d.]*|true|false|null|True|False|None)\s*,\s*[bu]?\\*["'\[{]"""
    r"""|\(\s*[bu]?(?:"[^"\n]*"|'[^'\n]*')\s*,|["']\s*=>"""
    r"""|\b\w{1,64}[:=]\s?(?:"[^"\n]*"|'[^'\n]*')[\s,;]+\w{1,64}[:={]"""
    r"""|Failing\ row\ contains\ \(|\bKey\ \([^()\n]{1,200}\)=\(|\[parameters:\ [(\[{]"""
    r"|<[A-Za-z][\w:.-]*(?:\s[^<>]*=|>\s*<[A-Za-z])"
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
# Of a list that vendors tell, what is before it: of these words alone, for a row begins alike.
_LISTED: Final = (
    r"(?:the|of|one|any|all|or|and|is|are|be|must|not|no|for|in|following|missing|required?s?|invalid"
    r"|unknown|unsupported|unexpected|insufficient|duplicate|allowed|expected|supported|possible|valid"
    r"|media|query|request|(?:parameter|field|scope|role|permission|column|value|header|argument"
    r"|type|format)s?|property|properties)"
)
_HEAD: Final = re.compile(rf"\s*{_LISTED}(?:\ {_LISTED}){{1,9}}(?::\s|\s\()", re.IGNORECASE)
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
TAG: Final = re.compile(r"<[a-z!/?][^>]*>?", re.IGNORECASE)
_HEADING: Final = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
_WITHIN: Final = 16_384
# What else a proxy's page has: tags without attributes, and its product's version.
_FRAME: Final = re.compile(
    r"</?[a-z]{1,20}\d?\s?/?>|<!doctype html>|[a-z-]{1,20}/\d[\d.]*|\s+", re.IGNORECASE
)


def tell(text: str, hide: Hide = str) -> str:
    """Return a text up to where data begins: JSON and its like, or a line that is a row.

    Args:
        text: The text.
        hide: Is asked for a text of which only a part is told: it sees the whole.
    """
    told = _tell(text)
    return told if told == text else f"{hide(text)[: len(told) - len(LEFT_OUT)]}{LEFT_OUT}"


def _tell(text: str) -> str:
    begin = _DATA.search(text)
    element = _ELEMENT.search(text) if "</" in text else None
    escaped = _ESCAPED.search(text)
    if escaped:
        plain = spell_alike(text[escaped.start() :])
        found = _DATA.search(plain) or _PAIR.search(plain) or ("</" in plain and "</" not in text)
        escaped = escaped if found else None
    end = min((one.start() for one in (begin, element, escaped) if one), default=len(text))
    told = ""
    for line in text[:end].splitlines(keepends=True):
        if _is_row(line):
            head = _HEAD.match(line)
            return f"{told}{head[0] if head else ''}{LEFT_OUT}"
        told += line
    return told if end == len(text) else f"{told}{LEFT_OUT}"


def _is_row(line: str) -> bool:
    sentence = _PROSE.sub("", line)
    signs = _TIGHT.search(sentence) or _FIRST_CELL.match(sentence) or _PAIR.search(sentence)
    # A quoted cell may go on in the next line.
    return signs is not None or line.count('"') % 2 == 1


def tell_first(text: str, hide: Hide = str) -> str:
    """Return what the first line of a text says, which is all if only that is left out.

    Of a table without delimiters, the other lines are its rows. For `hide`, see `tell`.
    """
    text = "" if _BINARY.search(text) else text.strip()
    first = next(iter(text.splitlines()), "").rstrip()
    if first == text:
        told = tell(text, hide)
    else:
        told = tell(first, lambda _: hide(text))
        told = hide(text)[: len(first)] if told == first else told
    return "" if told == LEFT_OUT != first else told


def tell_heading(page: str, hide: Hide = str) -> tuple[str, str]:
    """Return the title of a page, and the page itself if it has little else to say."""
    heading = _HEADING.search(page[:_WITHIN])
    # A title has no elements; a heading may.
    is_told = heading and ("<" not in heading[2] or heading[1].lower() != "title")
    title = tell_first(_clean(heading[2]), hide) if heading and is_told else ""
    if len(page) > _WITHIN or not title or _FRAME.sub("", _HEADING.sub("", page)):
        return title, ""
    told = [_clean(found[2]) for found in _HEADING.finditer(page)]
    return title, page if [*map(tell, told)] == told else ""


def _clean(markup: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", markup)).split())
