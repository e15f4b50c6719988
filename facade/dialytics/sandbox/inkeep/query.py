"""Evaluates an Inkeep query over a view: where, select, groupBy, aggregations, orderBy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from attrs import frozen

from ..clock import parse_instant
from ..exchange import Refused
from .filters import read_filter
from .samples import Item
from .views import QueryView

TIME_UNITS = ("hour", "day", "week", "month")
Numbers = list[Any]


def add(values: Numbers) -> Any:
    """Return the sum of what is a number."""
    return sum(v for v in values if isinstance(v, int | float) and not isinstance(v, bool))


AGGREGATIONS: dict[str, Callable[[Numbers], Any]] = {
    "sum": add,
    "count": len,
    "countDistinct": lambda values: len({freeze(value) for value in values}),
    "avg": lambda values: add(values) / len(values) if values else None,
    "min": lambda values: min(values, key=rank, default=None),
    "max": lambda values: max(values, key=rank, default=None),
}


@frozen
class Column:
    """One output column: its name, and its value for a row or (aggregations) for a group."""

    name: str
    of_row: Callable[[Item], Any] | None = None
    of_group: Callable[[list[Item]], Any] | None = None


def evaluate(body: Item, view: QueryView) -> list[Item]:
    """Return all result rows of a query; raise `Refused` with 422 for one that makes no sense."""
    test = read_filter(body.get("where"), view.fields)
    selected = [read_column(item, view) for item in body.get("select") or []]
    keys = [read_column(item, view) for item in body.get("groupBy") or []]
    kept = [
        column
        for column, item in zip(keys, body.get("groupBy") or [], strict=True)
        if item.get("includeInSelect") is not False
    ]
    rows = [row for row in view.rows() if test(row)]
    totals = [column for column in selected if column.of_group]
    if keys or totals:
        result = group_rows(rows, keys, kept, totals)
    else:
        columns = selected or [make_field(name) for name in view.fields]
        result = [{c.name: c.of_row(row) for c in columns if c.of_row} for row in rows]
    return order_rows(result, body.get("orderBy") or [])


def read_column(item: Item, view: QueryView) -> Column:
    """Return the column that a part of `select` or `groupBy` asks for."""
    kind, field = item.get("type", "field"), item.get("field")
    if field is not None and field not in view.fields:
        raise Refused(422, "The query names a field that the view does not have.")
    if kind == "aggregation":
        return make_total(str(item.get("aggregation")), field)
    if kind == "time":
        return make_time(str(item.get("timeUnit")), field or view.time)
    if kind != "field" or field is None:
        raise Refused(422, "The query selects something that is no field, time or aggregation.")
    return make_field(field)


def make_field(name: str) -> Column:
    """Return a plain column."""
    return Column(name, of_row=lambda row: row[name])


def make_time(unit: str, field: str) -> Column:
    """Return a column with a time cut to its unit."""
    if unit not in TIME_UNITS:
        raise Refused(422, "The query names an unknown time unit.")
    return Column(f"{field}_{unit}", of_row=lambda row: cut_time(row[field], unit))


def make_total(name: str, field: str | None) -> Column:
    """Return an aggregation; without a field it works on the rows' count."""
    if name not in AGGREGATIONS:
        raise Refused(422, "The query names an unknown aggregation.")
    if field is None:
        return Column(name, of_group=len)
    aggregate = AGGREGATIONS[name]
    label = f"{name}_{field}"
    return Column(
        label,
        of_group=lambda rows: aggregate([row[field] for row in rows if row[field] is not None]),
    )


def group_rows(
    rows: Iterable[Item], keys: list[Column], kept: list[Column], totals: list[Column]
) -> list[Item]:
    """Return one result row a group; without keys there is one group of everything."""
    groups: dict[tuple[str, ...], list[Item]] = {} if keys else {(): []}
    for row in rows:
        key = tuple(freeze(column.of_row(row)) for column in keys if column.of_row)
        groups.setdefault(key, []).append(row)
    return [
        {
            **{column.name: column.of_row(members[0]) for column in kept if column.of_row},
            **{column.name: column.of_group(members) for column in totals if column.of_group},
        }
        for members in groups.values()
    ]


def order_rows(rows: list[Item], order: list[Item]) -> list[Item]:
    """Return the rows in the order asked for; without one, as they are."""
    for item in reversed(order):
        field, direction = str(item.get("field")), item.get("direction", "asc")
        if direction not in ("asc", "desc"):
            raise Refused(422, "The query names an unknown direction.")
        rows = sorted(rows, key=lambda row: rank(row.get(field)), reverse=direction == "desc")
    return rows


def rank(value: Any) -> tuple[int, Any]:
    """Return a sort key that any two values share: nothing, numbers, then text."""
    if value is None:
        return (0, 0)
    return (1, value) if isinstance(value, int | float) else (2, freeze(value))


def freeze(value: Any) -> str:
    """Return a text that is equal for equal JSON values; numbers keep their order within it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:030.6f}"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def cut_time(text: Any, unit: str) -> str | None:
    """Return the start of the hour, day, week (Monday) or month, in UTC."""
    moment = parse_instant(str(text))
    if moment is None:
        return None
    start = moment.replace(minute=0, second=0, microsecond=0)
    if unit != "hour":
        start = start.replace(hour=0)
    if unit == "week":
        start -= timedelta(days=start.weekday())
    return write_time(start.replace(day=1) if unit == "month" else start)


def write_time(moment: datetime) -> str:
    """Write a cut time."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
