"""Reads a DigitalCX request: thirteen parameters, their rules and the documented refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import frozen

from ..clock import parse_instant
from ..exchange import Call, Refused
from .interactions import ENVIRONMENTS, SESSION_MODES

FIRST_DAY = datetime(2024, 12, 15, tzinfo=UTC)
HORIZON = timedelta(days=90)
LONGEST = timedelta(days=1)
SPELLINGS = (
    "culture",
    "startDate",
    "endDate",
    "filterText",
    "paginateData",
    "continuationToken",
    "includeUserinfo",
    "interactionTypes",
    "mainInteractionType",
    "mainInteractionTypes",
    "activeSessionOnly",
    "environment",
    "sessionMode",
)
_BY_LOWER_CASE = {name.lower(): name for name in SPELLINGS}
_BOOLEANS = {"paginateData", "includeUserinfo", "activeSessionOnly"}
_FLAGS = {"interactionTypes", "mainInteractionType", "mainInteractionTypes"}


@frozen(repr=False)
class InteractionQuery:
    """What one request asks for. Flags None means all types."""

    culture: str
    start: datetime
    end: datetime
    filter_text: str
    types: int | None
    main_types: int | None
    active_only: bool
    environment: str
    mode: str
    user_info: bool
    paginated: bool


def normalise_query(query: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Bring names into the curl line's spelling and drop empty values, which mean not given."""
    normal = []
    for name, value in query:
        spelling = _BY_LOWER_CASE.get(name.lower(), name)
        if value and not (spelling in _FLAGS and value.lower() == "all"):
            normal.append((spelling, value.lower() if spelling in _BOOLEANS else value))
    return normal


def read_query(call: Call, now: datetime) -> InteractionQuery:
    """Return the request's query; raise `Refused` with 400 for what the documentation rules out."""
    start, end = read_date(call, "startDate"), read_date(call, "endDate")
    check_range(start, end, now)
    main = read_flags(call, "mainInteractionType")
    return InteractionQuery(
        culture=require(call, "culture"),
        start=start,
        end=end,
        filter_text=call.first("filterText") or "",
        types=read_flags(call, "interactionTypes"),
        main_types=read_flags(call, "mainInteractionTypes") if main is None else main,
        active_only=read_boolean(call, "activeSessionOnly"),
        environment=read_choice(call, "environment", ENVIRONMENTS),
        mode=read_choice(call, "sessionMode", SESSION_MODES),
        user_info=read_boolean(call, "includeUserinfo"),
        paginated=read_boolean(call, "paginateData") or call.first("continuationToken") is not None,
    )


def check_range(start: datetime, end: datetime, now: datetime) -> None:
    """Raise `Refused` unless the range is one the vendor serves."""
    if end < start:
        raise Refused(400, "End date cannot be earlier than start date.")
    if end - start > LONGEST:
        raise Refused(400, "You cannot request more than one day of data at the same time.")
    horizon = (now - HORIZON).replace(hour=0, minute=0, second=0, microsecond=0)
    if start < max(horizon, FIRST_DAY):
        raise Refused(
            400, "You cannot request a date more than 90 days back or before December 15th 2024."
        )


def require(call: Call, name: str) -> str:
    """Return a required parameter's text."""
    value = call.first(name)
    if value is None:
        raise Refused(400, f"{name} is required.")
    return value


def read_date(call: Call, name: str) -> datetime:
    """Return a required instant."""
    moment = parse_instant(require(call, name))
    if moment is None:
        raise Refused(400, f"{name} is not a valid date.")
    return moment


def read_boolean(call: Call, name: str) -> bool:
    """Return an optional boolean, False when it is not given."""
    value = call.first(name)
    if value not in (None, "true", "false"):
        raise Refused(400, f"{name} is not a valid boolean.")
    return value == "true"


def read_flags(call: Call, name: str) -> int | None:
    """Return optional bit flags, None when they are not given."""
    value = call.first(name)
    if value is not None and not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Refused(400, f"{name} is not a valid binary flag.")
    return None if value is None else int(value)


def read_choice(call: Call, name: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices, case-sensitive; the first is the default."""
    value = call.first(name)
    if value is None:
        return choices[0]
    if value not in choices:
        raise Refused(400, f"{name} is not one of {', '.join(choices)}.")
    return value
