"""How the table of operations says what is declared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from dialytics._declarations import Operation
from dialytics._paging import Cursors, HeaderToken, LimitOffset, OnePage, PageToken, Paging
from dialytics._retry import Replay
from tools.specs import Document

NONE = "-"
MARKS = {"documented": "D", "observed": "O", "inferred": "I", "unknown": "U"}
UNITS = (
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
    (timedelta(seconds=1), "s"),
    (timedelta(milliseconds=1), "ms"),
)


class OperationError(Exception):
    """A declaration or spec that the table has no words for."""


def spell_methods(declared: Operation | None) -> str:
    """Name the façade's methods."""
    if declared is None:
        return NONE
    return ", ".join(f"`{name}`" for name in (declared.name, declared.bulk) if name)


def spell_pages(declared: Operation | None) -> str:
    """Say how a listing pages."""
    if declared is None:
        return NONE
    found = [*([declared.paging] if declared.paging else ()), *declared.pagings.values()]
    return " or ".join(dict.fromkeys(map(spell_paging, found))) or NONE


def spell_paging(paging: Paging) -> str:
    """Name what a style sends to get the next page."""
    match paging:
        case HeaderToken(parameter=name, header=header):
            return f"`{name}` from the header `{header}`"
        case PageToken(parameter=name) | Cursors(parameter=name):
            return f"`{name}`"
        case LimitOffset(limit_parameter=limit, offset_parameter=offset):
            return f"`{limit}` and `{offset}`"
        case OnePage():
            return "one response"
    raise OperationError(f"tools/operations.py has no words for {type(paging).__name__}")


def spell_dates(declared: Operation | None) -> str:
    """Say how a range of time becomes requests."""
    rule = declared.window if declared else None
    if rule is None:
        return NONE
    span = rule.max_span or rule.preferred_span
    windows = f"windows of {spell_span(span)}" if span else "one window"
    settled = f", open end: now less {spell_span(rule.settle)}" if rule.settle else ""
    return f"{windows}, cut on {spell_span(rule.resolution)}{settled}"


def spell_replay(declared: Operation | None) -> str:
    """Say whether a failed request is repeated, and why."""
    if declared is None:
        return NONE
    said = [_repeated(declared.replay)]
    for names, replay in (
        (declared.keyed_by, Replay.KEYED),
        (declared.once_with, Replay.NEVER),
    ):
        if names:
            said.append(f"with {' or '.join(f'`{name}`' for name in names)} {_repeated(replay)}")
    return "; ".join(said)


def _repeated(replay: Replay) -> str:
    return f"{'no' if replay is Replay.NEVER else 'yes'} ({replay.value})"


def spell_evidence(spec: Document, promised: Document) -> str:
    """Return the mark of an operation, and those of its parts that differ from it."""
    own = promised.get("x-evidence", {}).get("mark", "unknown")
    parts = set(find_marks(spec, promised, set())) - {own}
    letters = [letter for mark, letter in MARKS.items() if mark in parts]
    return MARKS[own] + (f" ({', '.join(letters)})" if letters else "")


def spell_status(spec: Document, code: str, response: Document) -> str:
    """Write a response's status, with its mark where the vendor does not document it."""
    reference = response.get("$ref")
    if reference is not None:
        _, _, kind, name = reference.split("/")
        response = spec["components"][kind][name]
    mark = MARKS[response.get("x-evidence", {}).get("mark", "documented")]
    return code if mark == MARKS["documented"] else f"{code} ({mark})"


def find_marks(spec: Document, part: Any, seen: set[str]) -> Iterator[str]:
    """Yield the evidence marks of a part of a spec and of all that it refers to."""
    if isinstance(part, list):
        for one in part:
            yield from find_marks(spec, one, seen)
    if not isinstance(part, dict):
        return
    if isinstance(part.get("x-evidence"), dict):
        yield part["x-evidence"]["mark"]
    reference = part.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        _, _, kind, name = reference.split("/")
        yield from find_marks(spec, spec["components"][kind][name], seen)
    for value in part.values():
        yield from find_marks(spec, value, seen)


def spell_limits(declared: Operation | None, *, body: bool) -> str:
    """Say what the vendor does not go beyond."""
    if declared is None:
        return NONE
    vendor, rule = declared.vendor, declared.window
    said = []
    if declared.max_page_size:
        said.append(f"{declared.max_page_size} rows a page")
    if rule and rule.max_span:
        said.append(f"{spell_span(rule.max_span)} a request")
    if rule and rule.horizon:
        said.append(f"{spell_span(rule.horizon)} back")
    if rule and rule.earliest:
        said.append(f"from {spell_instant(rule.earliest)}")
    if vendor.max_body and body:
        said.append(f"body {vendor.max_body / 1024:,.0f} KiB")
    if vendor.rate_limit:
        period = spell_span(timedelta(seconds=vendor.rate_limit.seconds))
        said.append(f"{vendor.rate_limit.requests:,} requests in {period}")
    return ", ".join(said) or "none documented"


def spell_span(span: timedelta) -> str:
    """Write a duration in its largest whole unit."""
    for unit, name in UNITS:
        if not span % unit:
            count = span // unit
            return f"{count} {name}{'s' if name == 'day' and count > 1 else ''}"
    raise OperationError(f"tools/operations.py has no words for a span of {span}")


def spell_instant(instant: datetime) -> str:
    """Write a midnight as its date, any other moment in full."""
    text = instant.isoformat()
    return text.removesuffix("T00:00:00+00:00")


def spell_statuses(statuses: frozenset[int]) -> str:
    """Write statuses in order, runs of them as ranges."""
    runs: list[list[int]] = []
    for status in sorted(statuses):
        if runs and status == runs[-1][-1] + 1:
            runs[-1].append(status)
        else:
            runs.append([status])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
