"""Small documents, built from the part that a test is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dialytics.contracts import Change, Report, compare

Document = dict[str, Any]


@pytest.fixture
def api() -> Callable[..., Document]:
    """A document with one operation, POST /bots."""
    return build_api


@pytest.fixture
def changed() -> Callable[..., dict[str, str]]:
    """Compare two documents on the wire: each id and its level."""

    def run(old: Document, new: Document, profile: str = "consumer") -> dict[str, str]:
        report = compare(old, new, profile=profile, axes=["wire"])
        return {change.id: change.level for change in report.changes}

    return run


@pytest.fixture
def report(api: Callable[..., Document]) -> Report:
    """A report with a breaking, a risky and a compatible change, and one of the documentation."""
    name = {"type": "string", "description": "What | <it> is `called`"}
    old = api(request={"type": "object", "properties": {"name": name, "kind": {"type": "string"}}})
    new = api(
        request={
            "type": "object",
            "properties": {"name": {"type": "integer"}, "size": {"type": "integer"}},
        }
    )
    return compare(old, new)


@pytest.fixture
def change() -> Change:
    """A change of the Python axis."""
    return Change("python", "function-removed", "breaking", "", ["GET /bots"], "api.bots.list")


def build_api(
    request: Any = None,
    response: Any = None,
    schemas: dict[str, Any] | None = None,
    version: str = "3.1.0",
    **operation: Any,
) -> Document:
    """Build a document with one operation and, where given, its bodies and components."""
    one: Document = {"responses": {"200": {"description": "fine"}}, **operation}
    if request is not None:
        one["requestBody"] = {"content": {"application/json": {"schema": request}}}
    if response is not None:
        content = {"application/json": {"schema": response}}
        one["responses"] = {"200": {"description": "fine", "content": content}}
    return {
        "openapi": version,
        "info": {"title": "bots", "version": "1"},
        "paths": {"/bots": {"post": one}},
        "components": {"schemas": schemas or {}},
    }
