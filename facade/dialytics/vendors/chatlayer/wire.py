"""From a method's arguments to what is sent, and back to what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from ..._declarations import Operation
from ..._options import check_options
from ..._settings import require_text
from ...errors import ArgumentError, InvalidResponse
from .declarations import CONVERSATIONS, MESSAGES, VENDOR

R = TypeVar("R")

_FILTERS = ("version", "channel_type", "language", "bucket", "group_by")
_LISTED = frozenset({"channel_type", "language", "group_by"})
# Where the vendor's document speaks of one value.
_SINGLE = {MESSAGES: {"channel_type", "language"}, CONVERSATIONS: {"group_by"}}


def bot_query(
    operation: Operation,
    options: Mapping[str, object],
    kind: type[Mapping[str, object]],
    **others: object,
) -> dict[str, Any]:
    """Return what a request about one version of a bot says; ``LIVE`` unless another is asked.

    Raises:
        ArgumentError: See ``team_query``.
    """
    query = {"version": "LIVE", **team_query(operation, options, kind, **others)}
    # Some paths hold it.
    return {**query, "version": require_text("version", query["version"])}


def team_query(
    operation: Operation,
    options: Mapping[str, object],
    kind: type[Mapping[str, object]],
    **others: object,
) -> dict[str, Any]:
    """Return a request's filters, grouping and bucket; its times come with the window.

    Raises:
        ArgumentError: There are options that the operation does not take, or a value is neither a
            text nor, where lists are taken, a list of texts.
    """
    if "split" in options and "split" not in kind.__annotations__:
        raise ArgumentError(
            "split is not possible: the figures of a range cannot be put together from those of "
            "its parts",
            vendor=VENDOR.name,
            operation=operation.name,
        )
    check_options(operation, options, kind)
    asked = {name: options[name] for name in _FILTERS if options.get(name) is not None}
    listed = _LISTED - _SINGLE.get(operation, frozenset())
    query = {
        name: join_values(name, value) if name in listed else one_value(name, value)
        for name, value in {**asked, **others}.items()
    }
    return {"start_time": "", "end_time": "", **query}


def edge_query(query: Mapping[str, Any], step_id: str, edge_type: object) -> dict[str, Any]:
    """Return a request's filters together with the step and the kind of edges."""
    step = require_text("step_id", step_id)
    return {**query, "step_id": step, "type_": one_value("edge_type", edge_type)}


def path_query(path: object) -> dict[str, Any]:
    """Return what narrows a request to a path of steps; nothing where there is none."""
    steps = list_values("path", path)
    return {"path": steps} if steps else {}


def one_value(name: str, value: object) -> str:
    """Return a text, refusing anything else and the empty one."""
    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(f"{name} must be one text, and not empty", vendor=VENDOR.name)
    return value


def join_values(name: str, values: object) -> str:
    """Return one or several values in the comma-separated form that the vendor takes."""
    if isinstance(values, str):
        return one_value(name, values)
    listed = list_values(name, values)
    if not listed or any("," in value for value in listed):
        raise ArgumentError(
            f"{name} must be a text, or a list of texts without commas", vendor=VENDOR.name
        )
    return ",".join(listed)


def list_values(name: str, values: object) -> list[str]:
    """Return one or several texts as a list."""
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Sequence) or not all(isinstance(one, str) and one for one in values):
        raise ArgumentError(f"{name} must be a text, or a list of texts", vendor=VENDOR.name)
    return list(values)


def definition_body(event: object, description: object) -> dict[str, object]:
    """Return the body that defines an event.

    Raises:
        ArgumentError: A text is empty or none.
    """
    body: dict[str, object] = {"event": one_value("event", event)}
    if description is not None:
        body["description"] = one_value("description", description)
    return body


def subscription_body(
    target: object, secret: object, event_type: object, event_names: object, version: object
) -> dict[str, object]:
    """Return the body that creates a subscription.

    Raises:
        ArgumentError: A text is empty or none, or the target is not https.
    """
    body: dict[str, object] = {
        "target": one_value("target", target),
        "secret": one_value("secret", secret),
        "event_type": one_value("event_type", event_type),
        "version": one_value("version", version),
    }
    # A target may hold a token of its own, so that it is not repeated here.
    if not one_value("target", target).lower().startswith("https://"):
        raise ArgumentError("target must be an https:// URL", vendor=VENDOR.name)
    if event_names is not None:
        body["event_names"] = list_values("event_names", event_names)
    return body


def require_created(row: R | None) -> R:
    """Return what a creation answers with.

    Raises:
        InvalidResponse: The answer is without it.
    """
    if row is None:
        raise InvalidResponse("the response does not hold what was created")
    return row
