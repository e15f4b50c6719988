"""Reads the parameters that Chatlayer's operations share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from ..clock import parse_instant
from ..credentials import UNKNOWN
from ..exchange import Call, Refused

CHANNELS = ("web", "whatsapp", "facebook")
LANGUAGES = ("en", "nl", "fr")
LONGEST = timedelta(days=3660)
PAGE_SIZE = 50
LARGEST_PAGE = 100
_INT32, _INT64 = 31, 63


@frozen
class Scope:
    """What every report is about: a bot (and version) or a team, a range, the filters."""

    subject: str
    start: datetime
    end: datetime
    channels: tuple[str, ...] | None
    languages: tuple[str, ...] | None


def read_subject(call: Call) -> str:
    """Return the bot or team id of the path; raise `Refused` with 404 for the reserved one."""
    subject = call.path_parameters.get("bot_id") or call.path_parameters.get("team_id") or ""
    if subject == UNKNOWN:
        raise Refused(404, "not found")
    return subject


def read_scope(call: Call) -> Scope:
    """Return the range and the filters of a report."""
    subject = read_subject(call)
    if "bot_id" in call.path_parameters:
        version = call.path_parameters.get("version") or require(call, "version")
        subject = f"bot {subject} {version}"
    else:
        subject = f"team {subject}"
    start, end = read_range(call)
    return Scope(subject, start, end, read_set(call, "channel_type"), read_set(call, "language"))


def read_range(call: Call) -> tuple[datetime, datetime]:
    """Return `[start_time, end_time)`; raise `Refused` with 400 for a range that is none."""
    start, end = (parse_instant(require(call, name)) for name in ("start_time", "end_time"))
    if start is None or end is None:
        raise Refused(400, "start_time and end_time must be ISO 8601 times")
    if end < start:
        raise Refused(400, "end_time must not be before start_time")
    if end - start > LONGEST:
        raise Refused(400, "the range is longer than ten years")
    return start, end


def require(call: Call, name: str) -> str:
    """Return a required parameter's text; raise `Refused` with 400 without it."""
    value = call.first(name)
    if not value:
        raise Refused(400, f"{name} is required")
    return value


def read_set(call: Call, name: str) -> tuple[str, ...] | None:
    """Return a comma-separated filter's values, sorted; None when it does not filter."""
    value = call.first(name)
    return tuple(sorted({part.strip() for part in value.split(",")})) if value else None


def read_choice(call: Call, name: str, choices: tuple[str, ...]) -> str | None:
    """Return an optional parameter that has a documented vocabulary."""
    value = call.first(name) or None
    if value is not None and value not in choices:
        raise Refused(400, f"{name} must be one of {', '.join(choices)}")
    return value


def read_count(call: Call, name: str, bits: int = _INT64) -> int | None:
    """Return an optional non-negative integer; 0 and empty are the same as not given."""
    text = call.first(name)
    if not text:
        return None
    try:
        value = int(text)
    except ValueError:
        raise Refused(400, f"{name} is not an integer") from None
    if not 0 <= value < 1 << bits:
        raise Refused(400, f"{name} is out of range")
    return value or None


def read_page_size(call: Call) -> int:
    """Return page_size: 50 when it is not given, never above 100."""
    return min(read_count(call, "page_size", _INT32) or PAGE_SIZE, LARGEST_PAGE)


def read_body(call: Call) -> dict[str, Any]:
    """Return the JSON object of the body; an empty body is an empty object."""
    try:
        body = call.json() if call.body.strip() else {}
    except ValueError:
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, "the body is not an object")
    return body
