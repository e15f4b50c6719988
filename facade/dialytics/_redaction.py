"""What errors must not show: secrets, and what people said. Pure and total."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Final, TypeAlias
from urllib.parse import quote, quote_plus

from attrs import frozen

from ._spellings import View, lower, spell_alike, view_alike, view_as_is

__all__ = [
    "Knows",
    "Said",
    "find_texts",
    "hide",
    "hide_each",
    "mask_each",
    "may_repeat",
    "redact",
    "request_id",
    "unmask",
]

_REDACTED: Final = "[redacted]"
# Stands for one hidden character; Unicode gives it no meaning.
_MASK: Final = "\ue0d1"
_MASKS: Final = re.compile(f"{_MASK}+")
# Shorter secrets are no secrets, and would riddle every message.
_SHORTEST: Final = 4
# The shortest base64 that is looked for inside a longer one: below it chance hits are likely.
_EMBEDDED: Final = 8
# So many characters in a row that were sent are hidden wherever they stand; what is shorter counts
# as a whole word only.
_RUN: Final = 8
_WORD: Final = 4
_DIGITS: Final = 6
_BETWEEN: Final = "\0"
_FIELD: Final = re.compile(r"[A-Za-z_]\w{,63}", re.ASCII)
_ID: Final = re.compile(r"[\w.:/=+-]{1,200}", re.ASCII)
# Scripts whose words are short, and written without spaces.
_HAN: Final = "[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
# So many in a row, of what is longer; what stands alone counts from two on.
_PART: Final = 5
_PARTS: Final = re.compile(f"(?={_HAN}{{{_PART}}})")
_ALONE: Final = re.compile(rf"(?<!\w){_HAN}{{2,{_PART - 1}}}(?!\w)")
_PAIRS: Final = re.compile(f"(?={_HAN}{{2}})")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace every occurrence of each secret in `text` by `[redacted]`.

    Found: the secret as it is, percent-encoded (path and form style, either hex case),
    JSON-escaped, HTML-escaped, in base64 (standard and URL-safe, padded or not) and, from about
    eight characters on, inside a longer base64 text such as a Basic header. Not found: other
    encodings (gzip, encryption, base64 broken into lines), parts of a secret, and secrets of less
    than four characters.
    """
    forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
    if not forms:
        return text
    # The longest first, else a short form would leave the rest of a longer one.
    pattern = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.sub(pattern, _REDACTED, text)


def _forms(secret: str) -> Iterator[str]:
    for text in (secret, secret.strip()):
        raw = text.encode("utf-8", "surrogatepass")
        yield text
        for encoded in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
            yield encoded
            yield re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), encoded)
        for encoded in (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
            yield encoded
            yield encoded.replace("/", r"\/")
        yield html.escape(text)
        yield html.escape(text, quote=False)
        yield from _base64_forms(raw)


def _base64_forms(raw: bytes) -> Iterator[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
        for offset in range(3):
            # Of six-bit groups only those wholly made of the secret's own bits are sure.
            first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
            core = encode(bytes(offset) + raw).decode()[first:last]
            if len(core) >= _EMBEDDED:
                yield core


Knows: TypeAlias = Callable[[str, str], bool]
"""Tells of a field's name and a text in it whether the text is the vendor's own word."""


@frozen(eq=False, repr=False)
class Said:
    """What a request says: short words, and all longer texts as they are and without escapes."""

    words: frozenset[str] = frozenset()
    plain: str = ""
    flat: str = ""


def find_texts(
    content: bytes | None = None, others: Iterable[str] = (), knows: Knows | None = None
) -> Said:
    """Return what a request says: other texts of its caller's, and what is in its JSON body.

    There, these are values that are texts of at least four characters (two of Chinese, Japanese or
    Korean), or numbers of six digits, and names of fields that do not look like one; not those that
    the vendor itself knows.
    """
    texts = {*others}
    try:
        told = _walk(json.loads(content or b"null"))
        texts.update(text for name, text in told if knows is None or not knows(name, text))
    except (ValueError, RecursionError):
        texts = {*others}
    plain = {lower(text) for one in texts if (text := one.strip())}
    alike = {*map(spell_alike, plain)}
    words = {text for text in plain | alike if _WORD <= len(text) < _RUN}
    words.update(found[0] for text in plain | alike for found in _ALONE.finditer(text))
    # Sorted, both are often the same, and gone through once.
    return Said(
        frozenset(words), *(_BETWEEN.join(sorted(filter(_has_runs, one))) for one in (plain, alike))
    )


def _has_runs(text: str) -> bool:
    return len(text) >= _RUN or _PARTS.search(text) is not None


def hide(text: str, said: Said) -> str:
    """Replace every part of `text` that also stands in what was said; see `hide_each`."""
    return hide_each([text], said)[0]


def hide_each(texts: Sequence[str], said: Said) -> list[str]:
    """Replace every part of the texts that also stands in what was said.

    A part has at least eight characters, from the middle as well; what was said in fewer is found
    as a whole word; of Chinese, Japanese and Korean, five characters are a part, and two are what
    was said alone or between other signs. Neither case nor escapes (percent, JSON, HTML) matter,
    nor forms of Unicode, nor how long spaces are.
    """
    told = zip(texts, _find_said(texts, said), strict=True)
    return [_cut_out(text, spans) for text, spans in told]


def mask_each(texts: Sequence[str], said: Said) -> list[str]:
    """Return the texts, as long as they were, with masks where `hide_each` replaces; see `unmask`.

    What is to be cut off a text is hidden before: less of it could be found afterwards.
    """
    told = zip(texts, _find_said(texts, said), strict=True)
    return [_cut_out(text, spans, is_masked=True) for text, spans in told]


def unmask(text: str) -> str:
    """Replace the masks in a text by `[redacted]`."""
    return _MASKS.sub(_REDACTED, text)


def _find_said(texts: Sequence[str], said: Said) -> list[list[tuple[int, int]]]:
    views = [(view_as_is(text), view_alike(text)) for text in texts]
    # What was sent may be long, and is gone through once for all the texts.
    runs = {run for both in views for view, _ in both for run in _runs(view)}
    known = {run for sent in {said.plain, said.flat} for run in runs.intersection(_runs(sent))}
    return [_find_spans(both, known, said) for both in views]


def _find_spans(views: Iterable[View], known: Container[str], said: Said) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for view, places in views:
        runs = ((at, at + _RUN) for at in range(len(view) - _RUN + 1))
        covered = [span for span in (*runs, *_find_parts(view)) if view[slice(*span)] in known]
        covered += (span for span in _find_words(view) if view[slice(*span)] in said.words)
        spans += ((places(start)[0], places(stop - 1)[1]) for start, stop in covered)
    return spans


def may_repeat(text: str, content: bytes) -> bool:
    """Tell whether an id may repeat what is in a long body, without reading that.

    If not, the body does not have it, unless it writes the letters of its own texts as escapes.
    """
    text, sent = lower(text), content.lower()
    parts = {*_runs(text), *(text[slice(*span)] for span in _find_words(text))}
    return "+" in text or any(part.encode() in sent for part in parts)


def request_id(
    text: str | None, secrets: Iterable[str] = (), said: Said | None = None
) -> str | None:
    """Return the id of a request if it looks like one, without secrets and what was said."""
    if text is None or not _ID.fullmatch(text.replace(_REDACTED, "x")):
        return None
    return hide(redact(text, secrets), said or Said())


def _walk(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield what a JSON value says, each text with the name of the field that it is in."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        yield from ((name, field) for field in value if not _FIELD.fullmatch(field))
        for field, one in value.items():
            yield from _walk(one, field)
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, name)
    elif isinstance(value, int | float) and sum(map(str.isdigit, str(value))) >= _DIGITS:
        yield name, str(value)


def _runs(text: str) -> Iterator[str]:
    yield from (text[at : at + _RUN] for at in range(len(text) - _RUN + 1))
    yield from (text[slice(*span)] for span in _find_parts(text))


def _find_parts(text: str) -> Iterator[tuple[int, int]]:
    return ((part.start(), part.start() + _PART) for part in _PARTS.finditer(text))


def _find_words(text: str) -> Iterator[tuple[int, int]]:
    """Yield where short words stand: no letter and no digit is before or behind them.

    Those of scripts without spaces may stand anywhere.
    """
    for pair in _PAIRS.finditer(text):
        yield from ((pair.start(), pair.start() + size) for size in range(2, _PART))
    ends = [True, *(not one.isalnum() for one in text), True]
    for start in range(len(text)):
        if ends[start]:
            for stop in range(start + _WORD, min(start + _RUN, len(text) + 1)):
                if ends[stop + 1]:
                    yield start, stop


def _cut_out(text: str, spans: Iterable[tuple[int, int]], *, is_masked: bool = False) -> str:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        # What overlaps, or follows directly, is one part.
        if merged and start <= merged[-1][1]:
            first, last = merged.pop()
            merged.append((first, max(stop, last)))
        else:
            merged.append((start, stop))
    parts: list[str] = []
    end = 0
    for start, stop in merged:
        part = text[start:stop]
        left, right = len(part) - len(part.lstrip()), len(part.rstrip())
        left, right = start + left, start + max(left, right)
        parts += [text[end:left], _MASK * (right - left) if is_masked else _REDACTED]
        end = right
    return "".join([*parts, text[end:]])
