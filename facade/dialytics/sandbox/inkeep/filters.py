"""The `where` of Inkeep's queries: conditions, `and`, `or`, seventeen operators."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ..exchange import Refused
from .samples import Item

Test = Callable[[Item], bool]
_DEEPEST = 20


def holds(value: Any, part: Any) -> bool:
    """Tell whether a JSON value contains another, as PostgreSQL's `@>` does."""
    if isinstance(value, dict) and isinstance(part, dict):
        return all(key in value and holds(value[key], inner) for key, inner in part.items())
    if isinstance(value, list) and isinstance(part, list):
        return all(any(holds(item, inner) for item in value) for inner in part)
    return bool(value == part)


def listed(value: Any, choices: Any) -> bool:
    """Tell whether a value is one of a list."""
    return isinstance(choices, list) and value in choices


def compare(order: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Return a comparison that is False where the two have no order."""

    def test(value: Any, bound: Any) -> bool:
        try:
            return order(value, bound)
        except TypeError:
            return False

    return test


def keys_of(value: Any) -> set[str]:
    """Return the keys of a JSON object, none for anything else."""
    return set(value) if isinstance(value, dict) else set()


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, anything else as a list of one."""
    return value if isinstance(value, list) else [value]


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, given: bool(value == given),
    "neq": lambda value, given: bool(value != given),
    "gt": compare(operator.gt),
    "gte": compare(operator.ge),
    "lt": compare(operator.lt),
    "lte": compare(operator.le),
    "in": listed,
    "notIn": lambda value, given: not listed(value, given),
    "arrayContains": lambda value, given: holds(as_list(value), as_list(given)),
    "jsonContains": holds,
    "jsonContainedBy": lambda value, given: holds(given, value),
    "jsonHasKey": lambda value, given: str(given) in keys_of(value),
    "jsonArrayContainsObject": lambda value, given: holds(as_list(value), [given]),
    "jsonHasAnyKey": lambda value, given: not keys_of(value).isdisjoint(map(str, as_list(given))),
    "jsonHasAllKeys": lambda value, given: keys_of(value) >= set(map(str, as_list(given))),
    "isNull": lambda value, given: value is None,
    "isNotNull": lambda value, given: value is not None,
}


def read_filter(where: Any, fields: tuple[str, ...], depth: int = 0) -> Test:
    """Return the test that a `where` stands for; raise `Refused` with 422 for an unknown part."""
    if where is None:
        return lambda row: True
    if not isinstance(where, dict) or depth > _DEEPEST:
        raise Refused(422, "The filter is not a condition, an 'and' or an 'or'.")
    if isinstance(where.get("condition"), dict):
        return read_condition(where["condition"], fields)
    for name, combine in (("and", all), ("or", any)):
        if isinstance(where.get(name), list):
            tests = [read_filter(part, fields, depth + 1) for part in where[name]]
            return combine_tests(tests, combine)
    raise Refused(422, "The filter is not a condition, an 'and' or an 'or'.")


def combine_tests(tests: list[Test], combine: Callable[[list[bool]], bool]) -> Test:
    """Return one test of several."""
    return lambda row: combine([test(row) for test in tests])


def read_condition(condition: dict[str, Any], fields: tuple[str, ...]) -> Test:
    """Return the test of one condition."""
    field, name = condition.get("field"), condition.get("operator")
    if field not in fields:
        raise Refused(422, "The filter names a field that the view does not have.")
    if not isinstance(name, str) or name not in OPERATORS:
        raise Refused(422, "The filter names an unknown operator.")
    test, given = OPERATORS[name], condition.get("value")
    return lambda row: test(row[field], given)
