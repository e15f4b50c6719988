"""What a failed response says: bodies and headers of any shape to one `StatusError`.

Pure and total: no bytes and no header make these functions raise.
"""

from __future__ import annotations

import base64
import codecs
import html
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, quote_plus

from attrs import frozen

from ._declarations import ErrorRule
from .errors import StatusError, status_class

__all__ = ["Problem", "parse_problem", "parse_retry_after", "redact", "status_error"]

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the UTF-16 mark, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE: Final = re.compile(r"charset=[\"']?(utf-(?:16|32)(?:le|be)?)\b", re.IGNORECASE)
_BINARY: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_TAG: Final = re.compile(r"<[a-z!/?][^>]*>?", re.IGNORECASE)
_PAGE: Final = re.compile(r"^\s*<[a-z!/?]|<(?:!doctype|html|head|body|title)\b", re.IGNORECASE)
_HEADING: Final = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1", re.IGNORECASE | re.DOTALL)
_HEADING_WITHIN: Final = 16_384
_OAUTH_CODE: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_KEYS: Final = (
    *("requestId", "request_id", "traceId", "trace_id"),
    *("correlationId", "correlation_id"),
)
_REQUEST_HEADERS: Final = (
    *("x-request-id", "x-trace-id", "traceparent", "cf-ray"),
    *("x-amzn-requestid", "x-amz-request-id"),
)
_REDACTED: Final = "[redacted]"
# Shorter secrets are no secrets, and would riddle every message.
_SHORTEST: Final = 4
# The shortest base64 that is looked for inside a longer one: below it chance hits are likely.
_EMBEDDED: Final = 8


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
    the first entry counts. Anything else gives an empty `Problem`, and JSON that breaks off its
    text as the detail.
    """
    text = _decode(body, content_type)
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return _read_text(text, content_type)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        return _read_object(value)
    return _read_text(value, content_type) if isinstance(value, str) else Problem()


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds a Retry-After header asks to wait, or None if it says nothing usable.

    Accepts whole and decimal seconds and the three date forms of RFC 9110; a date in the past is
    0.0. `now` is aware.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
        return seconds if math.isfinite(seconds) else None
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
) -> StatusError:
    """Return (not raise) the error that a response means; defined for every response.

    Its class is the first matching rule's, else `status_class(status)`. Header names are in lower
    case, `now` (aware) is when the response came, secrets are raw (see `redact`). Title, detail,
    code and request id are cut to 300, 2,000, 100 and 200 characters.
    """
    content_type = headers.get("content-type")
    problem = parse_problem(body, content_type)
    clean = partial(_clean, secrets=secrets)
    return _class_for(status, problem, rules)(
        _phrase(status),
        status=status,
        title=clean(problem.title, limit=300),
        detail=clean(problem.detail, limit=2_000),
        code=clean(problem.code, limit=100),
        request_id=clean(problem.request_id or _header_id(headers), limit=200),
        retry_after=parse_retry_after(headers.get("retry-after"), now),
        body=clean(_decode(body, content_type), limit=2_000),
        vendor=vendor,
        operation=operation,
    )


def _clean(text: str | None, *, secrets: Sequence[str], limit: int) -> str | None:
    # Redacted before it is cut: a cut secret would not be found.
    return redact(text, secrets)[:limit] if text else None


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


def _read_text(text: str, content_type: str | None) -> Problem:
    labelled = "html" in (content_type or "").lower() and _TAG.search(text)
    if labelled or _PAGE.search(text):
        heading = _HEADING.search(text[:_HEADING_WITHIN])
        inner = _TAG.sub(" ", heading[2]) if heading else ""
        return Problem(title=_text(" ".join(html.unescape(inner).split())))
    return Problem() if _BINARY.search(text) else Problem(detail=_text(text))


def _read_object(value: Mapping[str, object]) -> Problem:
    error = value.get("error")
    nested: Mapping[str, object] = error if isinstance(error, dict) else {}
    alone = _text(error)
    code = _code(value.get("code")) or _code(nested.get("code"))
    detail = _first(value, "detail", "error_description", "message", "Message")
    detail = detail or _first(nested, "message", "detail")
    if alone and not code and (detail or _OAUTH_CODE.fullmatch(alone)):
        code = alone
    return Problem(
        title=_first(value, "title"),
        detail=detail or (alone if alone != code else None),
        code=code,
        request_id=_first(value, *_REQUEST_KEYS) or _first(nested, *_REQUEST_KEYS),
    )


def _first(value: Mapping[str, object], *keys: str) -> str | None:
    return next(filter(None, (_text(value.get(key)) for key in keys)), None)


def _text(value: object) -> str | None:
    # A lone surrogate, legal in JSON's escapes, would make printing the error fail.
    text = value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""
    return text.strip() or None


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
