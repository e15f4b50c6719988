"""What a failed response says: bodies and headers of any shape to one `StatusError`.

Pure and total: no bytes and no header make these functions raise.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from attrs import frozen

from ._declarations import ErrorRule
from ._limits import server_time
from ._records import fold, prune, read_json, write_json
from ._redaction import Knows, Said, find_texts, hide_each, mask_each, redact, request_id, unmask
from ._sentences import TAG, Hide, tell_first, tell_heading
from .errors import StatusError, status_class

__all__ = ["Problem", "parse_problem", "parse_retry_after", "status_error"]

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the UTF-16 mark, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE: Final = re.compile(r"charset=[\"']?(utf-(?:16|32)(?:le|be)?)\b", re.IGNORECASE)
_PAGE: Final = re.compile(r"^\s*<[a-z!/?]|<(?:!doctype|html|head|body|title)\b", re.IGNORECASE)
_OAUTH_CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# Before seconds, or the name of a day: the headers of one name come joined by commas.
_BETWEEN_WAITS: Final = re.compile(r",\s*(?=[0-9.]+\s*(?:,|$)|[A-Z][a-z]{2,})")
# Longer than anybody waits, and finite.
_LONGEST_WAIT: Final = 1e9
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
# Of title, detail, code and body.
_LIMITS: Final = (300, 2_000, 100, 2_000)
# Names as `fold` leaves them.
_DETAILS: Final = ("detail", "errordescription", "message", "errormessage")
_CODES: Final = ("code", "errorcode")
_REQUEST_KEYS: Final = ("requestid", "traceid", "correlationid")
_REQUEST_HEADERS: Final = (
    *("x-request-id", "x-trace-id", "traceparent", "cf-ray"),
    *("x-amzn-requestid", "x-amz-request-id"),
)


@frozen
class Problem:
    """What an error body says; what it does not say is None. See `StatusError` for the fields."""

    title: str | None = None
    detail: str | None = None
    code: str | None = None
    request_id: str | None = None


def parse_problem(body: bytes, content_type: str | None) -> Problem:
    """Read an error body, whatever its content type claims; never raises.

    Understood: RFC 7807 with Cognigy's and Inkeep's additions, Inkeep's legacy `error` object,
    OAuth 2 errors (RFC 6749, Entra ID), the gRPC gateway's `{code, message, details}`, a JSON
    string, plain text (DigitalCX) and HTML (its title alone: tags are no detail). Of a JSON list
    the first entry counts, of JSON that breaks off what is whole. Anything else gives an empty
    `Problem`: it may be data.
    """
    return _read(_decode(body, content_type), content_type)[0]


def _read(
    text: str, content_type: str | None, status: int | None = None, hide: Hide = str
) -> tuple[Problem, str]:
    """Return what an error body says, and what of the body itself may be shown."""
    try:
        value, whole = read_json(text)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            value = value[0]
        if isinstance(value, str):
            return _read_text(value, content_type, hide)
        is_problem = "problem+json" in (content_type or "").lower()
        told = prune(value, status, hide, is_problem=is_problem)
        shown = text if whole and told == value else write_json(told)
    except ValueError:
        return _read_text(text, content_type, hide)
    except RecursionError:
        return Problem(), ""
    if not told:
        return Problem(), ""
    first = told[0] if isinstance(told, list) else told
    return (_read_object(first) if isinstance(first, dict) else Problem()), shown


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks to wait, or None if it says nothing usable.

    Accepts whole and decimal seconds and the three date forms of RFC 9110; a date in the past is
    0.0. Where there are several, such as a proxy's and the vendor's, the longest counts. `now` is
    aware.
    """
    waits = [_read_wait(text.strip(), now) for text in _BETWEEN_WAITS.split(value or "")]
    return max((wait for wait in waits if wait is not None), default=None)


def _read_wait(text: str, now: datetime) -> float | None:
    if _SECONDS.fullmatch(text):
        return min(float(text), _LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def status_error(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    vendor: str,
    operation: str,
    now: datetime,
    rules: Sequence[ErrorRule] = (),
    secrets: Sequence[str] = (),
    sent: bytes | None = None,
    texts: Sequence[str] = (),
    knows: Knows | None = None,
) -> StatusError:
    """Return (not raise) the error that a response means; defined for every response.

    Its class is the first matching rule's, else `status_class(status)`. Header names are in lower
    case, `now` (aware) is when the response came unless that says it itself. Left out are secrets
    (see `redact`), what was sent (see `hide_each`), and all that may be data; long texts are cut.
    """
    said = find_texts(sent, texts, knows)
    problem, shown, text = _tell(status, headers, body, secrets, said)
    return _class_for(status, problem, rules)(
        _phrase(status),
        status=status,
        title=shown.title,
        detail=shown.detail,
        code=shown.code,
        body=text,
        request_id=shown.request_id,
        retry_after=parse_retry_after(headers.get("retry-after"), server_time(headers, now)),
        vendor=vendor,
        operation=operation,
    )


def _tell(
    status: int, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], said: Said
) -> tuple[Problem, Problem, str | None]:
    """Return what a response says, the same without secrets and what was said, and its body."""
    content_type = headers.get("content-type")
    # An undocumented success is no error's body, but somebody's data.
    text = "" if status < 300 else redact(_decode(body, content_type), secrets)
    cut: list[str] = []

    def note(text: str) -> str:
        cut.append(text)
        return text

    problem, shown = _read(text, content_type, status, note)
    safe = problem
    if cut:
        masked = dict(zip(cut, mask_each(cut, said), strict=True))
        safe, shown = _read(text, content_type, status, masked.__getitem__)
    told = (safe.title, safe.detail, safe.code, shown)
    # Cut at the end: of what is cut, less would be found.
    hidden = map(unmask, hide_each([redact(one or "", secrets) for one in told], said))
    title, detail, code, text = (one[:end] for one, end in zip(hidden, _LIMITS, strict=True))
    found = _find_id(problem, headers, secrets, said)
    return problem, Problem(title or None, detail or None, code or None, found), text or None


def _find_id(
    problem: Problem, headers: Mapping[str, str], secrets: Sequence[str], said: Said
) -> str | None:
    ids = (request_id(text, secrets, said) for text in (problem.request_id, _header_id(headers)))
    return next(filter(None, ids), None)


def _decode(body: bytes, content_type: str | None) -> str:
    """Decode by byte order mark, wide label, UTF-8 and last Windows-1252: labels often lie."""
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body.decode(codec, "replace")
    if label := _WIDE.search(content_type or ""):
        return body.decode(label[1], "replace")
    try:
        # The incremental decoder forgives a last character that the body's end cut in two.
        return codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _read_text(text: str, content_type: str | None, hide: Hide) -> tuple[Problem, str]:
    labelled = "html" in (content_type or "").lower() and TAG.search(text)
    if labelled or _PAGE.search(text):
        title, page = tell_heading(text, hide)
        return Problem(title=_text(title)), page
    told = _text(tell_first(text, hide))
    return Problem(detail=told), told or ""


def _read_object(value: Mapping[str, object]) -> Problem:
    held = _fold_names(value)
    error = held.get("error")
    nested = _fold_names(error) if isinstance(error, dict) else {}
    alone = _text(error)
    code = _first(held, _CODES, _code) or _first(nested, _CODES, _code)
    detail = _first(held, _DETAILS, _join) or _first(nested, _DETAILS, _join)
    if alone and not code and (detail or _OAUTH_CODE.fullmatch(alone)):
        code = alone
    return Problem(
        title=_text(held.get("title")),
        detail=detail or (alone if alone != code else None),
        code=code,
        request_id=_first(held, _REQUEST_KEYS) or _first(nested, _REQUEST_KEYS),
    )


def _fold_names(value: Mapping[str, object]) -> dict[str, object]:
    # Backwards: of names that differ in their spelling only, the first one counts.
    told = [(name, one) for name, one in value.items() if one is not None and one != ""]
    return {fold(name): one for name, one in reversed(told)}


def _join(value: object) -> str | None:
    """Return a text, or several as one."""
    texts = map(_text, value) if isinstance(value, list) else [_text(value)]
    return "; ".join(filter(None, texts)) or None


def _text(value: object) -> str | None:
    # A lone surrogate, legal in JSON's escapes, would make printing the error fail.
    text = value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
    return text.strip() or None


def _first(
    value: Mapping[str, object],
    keys: Iterable[str],
    read: Callable[[object], str | None] = _text,
) -> str | None:
    return next(filter(None, map(read, map(value.get, keys))), None)


def _code(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if type(value) is int else _text(value)


def _class_for(status: int, problem: Problem, rules: Sequence[ErrorRule]) -> type[StatusError]:
    for rule in rules:
        if rule.status == status and re.search(rule.pattern, problem.detail or ""):
            return rule.error
    return status_class(status)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "unnamed status"


def _header_id(headers: Mapping[str, str]) -> str | None:
    for name in _REQUEST_HEADERS:
        text = _text(headers.get(name))
        if text and name == "traceparent":
            parts = _TRACEPARENT.fullmatch(text)
            text = parts[1] if parts else None
        if text:
            return text
    return None
