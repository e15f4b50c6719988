"""Deprecation, sunset dates and stability levels."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ._schema import Schema

if TYPE_CHECKING:
    from ._engine import Unit
    from ._schemas import Reporter

STABILITIES = ("draft", "alpha", "beta", "stable")
_UNSTABLE = ("draft", "alpha")  # these promise nothing
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
        elif after is not None and after < today:
            unit.add("api-sunset-date-too-small", pointer, None, str(after))
        else:
            name = "endpoint-deprecated-with-sunset" if after else "endpoint-deprecated"
            unit.add(name, pointer, None, str(after) if after else None)
    if now:
        _compare_sunset(unit, before, after, pointer, today)


def _compare_sunset(unit: Unit, before: Any, after: Any, pointer: str, today: date) -> None:
    if before is None or before == after:
        return
    if after is None:
        unit.add("sunset-deleted", pointer, str(before), None)
    elif isinstance(before, str) or isinstance(after, str):
        unit.add("api-path-sunset-parse", pointer, str(before), str(after))
    elif after < before and after < today:
        unit.add("api-sunset-date-changed-too-small", pointer, str(before), str(after))


def compare_parameter(report: Any, old: dict[str, Any], new: dict[str, Any], today: date) -> None:
    """Report what changed in a parameter's deprecation and sunset."""
    was, now = is_deprecated(old), is_deprecated(new)
    before, after = read_sunset(old), read_sunset(new)
    if was and not now:
        report("reactivated", was, now)
    elif now and not was:
        early = isinstance(after, date) and after < today
        facet = "sunset-date-too-small" if early else "deprecated"
        report("sunset-parse" if isinstance(after, str) else facet, None, new.get(_SUNSET))
    if now and before is not None and before != after:
        if after is None:
            report("sunset-deleted", str(before), None)
        elif isinstance(before, str) or isinstance(after, str):
            report("sunset-parse", old.get(_SUNSET), new.get(_SUNSET))
        elif after < before and after < today:
            report("sunset-date-changed-too-small", str(before), str(after))


def compare_property(report: Reporter, old: Schema, new: Schema) -> None:
    """Report what changed in a property's deprecation and stability."""
    was, now = is_deprecated(old.values), is_deprecated(new.values)
    if was and not now:
        report.add("reactivated", was, now)
    elif now and not was:
        sunset = read_sunset(new.values)
        tail = "-sunset-invalid" if isinstance(sunset, str) else "-with-sunset" if sunset else ""
        early = isinstance(sunset, date) and sunset < report.walk.today
        facet = "sunset-date-too-small" if early else f"deprecated{tail}"
        report.add(facet, None, new.values.get(_SUNSET))
    levels = old.values.get(_LEVEL), new.values.get(_LEVEL)
    if levels[0] == levels[1]:
        return
    if not all(map(_is_level, levels)):
        report.add_named("api-invalid-stability-level", *levels)
    elif kind := _compare_ranks(*levels):
        report.add(f"stability-{kind}", *levels)


def compare_stability(unit: Unit, old: dict[str, Any], new: dict[str, Any], pointer: str) -> bool:
    """Report a changed stability level; tell whether the operation is stable enough to compare."""
    before, after = old.get(_LEVEL), new.get(_LEVEL)
    wrong = [level for level in (before, after) if not _is_level(level)]
    for level in wrong:
        unit.add("api-invalid-stability-level", pointer, level, None)
    if not wrong and (kind := _compare_ranks(before, after)):
        unit.add(f"api-stability-{kind}", pointer, before, after)
    return not is_unstable(new)


def _compare_ranks(before: str | None, after: str | None) -> str | None:
    """Say how a level moved; from one that promises nothing, it may move as it likes."""
    old, new = (STABILITIES.index(level or "stable") for level in (before, after))
    if old == new or before in _UNSTABLE:
        return None
    return "increased" if new > old else "decreased"


def is_unstable(node: dict[str, Any]) -> bool:
    """Tell whether an operation may go at any time."""
    return node.get(_LEVEL) in _UNSTABLE


def is_invalid(node: dict[str, Any]) -> bool:
    """Tell whether a stability level is none."""
    return not _is_level(node.get(_LEVEL))


def _is_level(given: Any) -> bool:
    return given is None or (isinstance(given, str) and given in STABILITIES)
