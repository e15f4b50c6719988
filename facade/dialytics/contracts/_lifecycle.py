"""Deprecation, sunset dates and stability levels."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ._schema import Schema

if TYPE_CHECKING:
    from ._engine import Unit
    from ._schemas import Reporter

STABILITIES = ("draft", "alpha", "beta", "stable")
_SUNSET = "x-sunset"
_LEVEL = "x-stability-level"


def read_sunset(node: dict[str, Any]) -> date | str | None:
    """Return a sunset date, None where there is none, and what stands there if it is no date."""
    given = node.get(_SUNSET)
    if given is None:
        return None
    try:
        return datetime.fromisoformat(str(given)).date()
    except ValueError:
        return str(given)


def is_deprecated(node: dict[str, Any]) -> bool:
    """Tell whether an operation, parameter or schema is deprecated."""
    return node.get("deprecated") is True


def judge_removal(node: dict[str, Any], today: date) -> str:
    """Say under which circumstances something was removed."""
    if not is_deprecated(node):
        return "without-deprecation"
    sunset = read_sunset(node)
    if isinstance(sunset, str):
        return "sunset-parse"
    return "before-sunset" if sunset is not None and sunset > today else "with-deprecation"


def compare_operation(
    unit: Unit, old: dict[str, Any], new: dict[str, Any], pointer: str, today: date
) -> None:
    """Report what changed in an operation's deprecation and sunset."""
    was, now = is_deprecated(old), is_deprecated(new)
    before, after = read_sunset(old), read_sunset(new)
    if was and not now:
        unit.add("endpoint-reactivated", pointer, was, now)
    elif now and not was:
        if isinstance(after, str):
            unit.add("api-deprecated-sunset-parse", pointer, None, after)
        else:
            name = "endpoint-deprecated-with-sunset" if after else "endpoint-deprecated"
            unit.add(name, pointer, None, str(after) if after else None)
    elif now:
        _compare_sunset(unit, before, after, pointer, today)


def _compare_sunset(unit: Unit, before: Any, after: Any, pointer: str, today: date) -> None:
    if before == after:
        return
    if before is not None and after is None:
        unit.add("sunset-deleted", pointer, str(before), None)
    elif isinstance(before, str) or isinstance(after, str):
        unit.add("api-path-sunset-parse", pointer, str(before), str(after))
    elif before is not None and after < before and after < today:
        unit.add("api-sunset-date-changed-too-small", pointer, str(before), str(after))


def compare_parameter(report: Any, old: dict[str, Any], new: dict[str, Any], today: date) -> None:
    """Report what changed in a parameter's deprecation and sunset."""
    was, now = is_deprecated(old), is_deprecated(new)
    before, after = read_sunset(old), read_sunset(new)
    if was and not now:
        report("reactivated", was, now)
    elif now and not was:
        report("sunset-parse" if isinstance(after, str) else "deprecated", None, new.get(_SUNSET))
    elif now and before != after:
        if before is not None and after is None:
            report("sunset-deleted", str(before), None)
        elif isinstance(before, str) or isinstance(after, str):
            report("sunset-parse", old.get(_SUNSET), new.get(_SUNSET))
        elif before is not None and after is not None and after < before and after < today:
            report("sunset-date-changed-too-small", str(before), str(after))


def compare_property(report: Reporter, old: Schema, new: Schema) -> None:
    """Report what changed in a property's deprecation and stability."""
    was, now = is_deprecated(old.values), is_deprecated(new.values)
    if was and not now:
        report.add("reactivated", was, now)
    elif now and not was:
        sunset = read_sunset(new.values)
        tail = "-sunset-invalid" if isinstance(sunset, str) else "-with-sunset" if sunset else ""
        report.add(f"deprecated{tail}", None, new.values.get(_SUNSET))
    levels = old.values.get(_LEVEL), new.values.get(_LEVEL)
    if levels[0] != levels[1] and not all(map(_is_level, levels)):
        report.add_named("api-invalid-stability-level", *levels)
    before, after = _rank(old.values), _rank(new.values)
    if before != after and None not in (before, after):
        kind = "increased" if (after or 0) > (before or 0) else "decreased"
        report.add(f"stability-{kind}", old.values.get(_LEVEL), new.values.get(_LEVEL))


def compare_stability(unit: Unit, old: dict[str, Any], new: dict[str, Any], pointer: str) -> bool:
    """Report a changed stability level; tell whether the operation is stable enough to compare."""
    before, after = old.get(_LEVEL), new.get(_LEVEL)
    if before == after:
        return after not in ("draft", "alpha")
    if not (_is_level(before) and _is_level(after)):
        unit.add("api-invalid-stability-level", pointer, before, after)
        return False
    if before is not None:
        if after is None or STABILITIES.index(after) < STABILITIES.index(before):
            unit.add("api-stability-decreased", pointer, before, after)
            return False
        unit.add("api-stability-increased", pointer, before, after)
    return after not in ("draft", "alpha")


def is_unstable(node: dict[str, Any]) -> bool:
    """Tell whether an operation may go at any time."""
    return node.get(_LEVEL) in ("draft", "alpha")


def _is_level(given: Any) -> bool:
    return given is None or (isinstance(given, str) and given in STABILITIES)


def _rank(node: dict[str, Any]) -> int | None:
    level = node.get(_LEVEL)
    return STABILITIES.index(level) if isinstance(level, str) and level in STABILITIES else None
