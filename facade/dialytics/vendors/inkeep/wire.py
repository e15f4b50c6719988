"""What calls ask for, under the vendor's own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeGuard, get_args

from ..._instants import format_instant, to_instant
from ...errors import ArgumentError

if TYPE_CHECKING:
    from .requests import QueryFilter


def property_query(
    field: str,
    *,
    key: str | None = None,
    views: Sequence[str] | None = None,
    where: QueryFilter | None = None,
    limit: int | None = None,
) -> Mapping[str, object]:
    """Return the body of a query for a free-form field's keys or values."""
    listed = [views] if isinstance(views, str) else views
    parts = {"field": field, "key": key, "views": listed, "where": where, "limit": limit}
    return {name: value for name, value in parts.items() if value is not None}


def plain_columns(query: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that a query selects as they are: a column of an export each.

    Not the free-form ones, of which each key is a column unless they are asked for as JSON.
    """
    from .requests import PropertyField  # noqa: PLC0415  # else only type checkers need that room

    select = query.get("select")
    columns = [one for one in select if isinstance(one, Mapping)] if _is_list(select) else []
    names = [
        one.get("field") for one in columns if one.get("type") == "field" and not one.get("path")
    ]
    free_form = get_args(PropertyField)
    return tuple(name for name in names if isinstance(name, str) and name not in free_form)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def report_query(after: date | datetime | str | None, project_id: str | None) -> dict[str, str]:
    """Return what of a report is asked for."""
    parts = {"after": _write_after(after), "project_id": project_id}
    return {name: value for name, value in parts.items() if value is not None}


def _write_after(after: date | datetime | str | None) -> str | None:
    """Return a report's beginning as text; a date is its midnight in UTC."""
    if after is None or isinstance(after, str):
        return after
    if not isinstance(after, date):
        kind = type(after).__name__
        raise ArgumentError(f"after must be a date, an aware datetime or a text; got {kind}")
    return format_instant(to_instant(after, "after", UTC), timedelta(microseconds=1))
