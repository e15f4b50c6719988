"""The spellings of one text: escapes, letter case, forms of Unicode, spaces. Pure and total."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import unquote_to_bytes

__all__ = ["View", "lower", "spell_alike", "view_alike", "view_as_is"]

_SPACES: Final = re.compile(r"\s+")
_ESCAPE: Final = re.compile(
    r"(?P<percent>(?:%(?:25)*[0-9A-Fa-f]{2})+)"
    r"|(?P<unicode>(?:\\+u[0-9A-Fa-f]{4})+)"
    r"|&(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});"
    # A space alone is what it stands for, and too frequent to be looked at.
    r"|(?!\x20(?![\s+\\]))(?P<space>(?:\\+[bfnrtv]|[\s+])+)"
    r"|(?P<slash>\\+)"
)
# A letter with its marks, and a Korean syllable in parts.
_LETTER: Final = re.compile(
    r"(?:[^\x00-\x7f]|[A-Za-z](?=[\u0300-\u036f]))[\u0300-\u036f\u3099\u309a\u1160-\u11ff\uff9e\uff9f]*"
)

Places: TypeAlias = Callable[[int], tuple[int, int]]
View: TypeAlias = tuple[str, Places]
"""A text in lower case, and where in the text as it is each of its characters comes from."""


def lower(text: str) -> str:
    """Return a text in lower case, and as long as it was."""
    told = text.lower()
    if len(told) == len(text):
        return told
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)


def spell_alike(text: str) -> str:
    """Return a text as `view_alike` views it."""
    return lower(unicodedata.normalize("NFKC", _ESCAPE.sub(_meaning, text)))


def view_as_is(text: str) -> View:
    """Return a text's characters themselves."""
    return lower(text), lambda at: (at, at + 1)


def view_alike(text: str) -> View:
    """Return what a text means: without escapes, and in one form of Unicode."""
    plain, places = _replace(text, _ESCAPE, _meaning)
    if plain.isascii():
        return lower(plain), places
    letters, origins = _replace(plain, _LETTER, _compose)

    def place(at: int) -> tuple[int, int]:
        start, stop = origins(at)
        return places(start)[0], places(stop - 1)[1]

    return lower(letters), place


def _compose(letter: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", letter[0])


def _meaning(escape: re.Match[str]) -> str:
    """Return what an escape stands for; backslashes stand for nothing."""
    told = escape[0]
    match escape.lastgroup:
        case "percent":
            # Also what was encoded twice.
            raw = unquote_to_bytes(re.sub("%(?:25)+(?=[0-9A-Fa-f]{2})", "%", told))
            try:
                means = raw.decode()
            except UnicodeDecodeError:
                means = raw.decode("cp1252", "replace")
            return _SPACES.sub(" ", means)
        case "unicode":
            units = bytes.fromhex("".join(re.findall(r"[0-9A-Fa-f]{4}", told)))
            return units.decode("utf-16-be", "replace")
        case "space":
            return " "
        case "slash":
            return ""
        case _:
            return html.unescape(told)


def _replace(text: str, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str]) -> View:
    """Return a text with parts replaced, and a function from its places to those in the text."""
    parts: list[str] = []
    # Where each part begins in the meaning, and which places in the text it was made of.
    begins: list[int] = []
    made_of: list[tuple[int, int, bool]] = []
    size = end = 0
    for escape in (*pattern.finditer(text), None):
        start, stop = escape.span() if escape else (len(text), len(text))
        means = meaning(escape) if escape else ""
        for part, whole in ((text[end:start], False), (means, True)):
            if part:
                parts.append(part)
                begins.append(size)
                made_of.append((start, stop, True) if whole else (end, start, False))
                size += len(part)
        end = stop

    def place(at: int) -> tuple[int, int]:
        index = bisect_right(begins, at) - 1
        start, stop, whole = made_of[index]
        if whole:
            return start, stop
        start += at - begins[index]
        return start, start + 1

    return "".join(parts), place
