"""Which methods of this library a report touches."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ._report import Report


def add_facade(report: Report) -> Report:
    """Add a note for each method and declaration of this library that the changes touch."""
    touched: dict[str, set[str]] = {}
    for change in report.changes:
        if change.axis != "docs":
            for operation in change.operations:
                touched.setdefault(_shape(operation), set()).add(change.level)
    notes = [
        f"{method} ({declaration}) is touched: {', '.join(sorted(touched[shape]))}"
        for operation, method, declaration in read_declarations()
        if (shape := _shape(operation)) in touched
    ]
    told = sorted(notes) or ["No method of this library is touched."]
    return replace(report, notes=[*report.notes, *told])


def read_declarations() -> Iterator[tuple[str, str, str]]:
    """Yield each declared operation's method and path, its method here, and its declaration."""
    vendors = importlib.import_module("dialytics.vendors")
    for vendor in sorted(one.name for one in pkgutil.iter_modules(vendors.__path__)):
        module = importlib.import_module(f"dialytics.vendors.{vendor}.declarations")
        for name, one in vars(module).items():
            if name.startswith("_") or not _is_operation(one):
                continue
            yield f"{one.method} {one.path}", one.id, f"{vendor}.declarations.{name}"


def _is_operation(one: Any) -> bool:
    return all(isinstance(getattr(one, key, None), str) for key in ("method", "path", "id"))


def _shape(operation: str) -> str:
    return re.sub(r"{[^{}]*}", "{}", operation)
