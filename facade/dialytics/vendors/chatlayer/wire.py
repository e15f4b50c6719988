"""From a method's arguments to what is sent, and back to what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from ..._declarations import Operation
from ..._options import check_options
from ..._settings import require_text
from ...errors import ArgumentError, InvalidResponse
from .declarations import (
    CONVERSATIONS,
    CREATE_EVENT_DEFINITION,
    CREATE_SUBSCRIPTION,
    ECHO,
    FLOW_STEP_EDGES,
    FLOWS,
    MESSAGES,
    VENDOR,
)

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
        raise _wrong(
            operation,
            "split is not possible: the figures of a range cannot be put together from those of "
            "its parts",
        )
    check_options(operation, options, kind)
    asked = {name: options[name] for name in _FILTERS if options.get(name) is not None}
    listed = _LISTED - _SINGLE.get(operation, frozenset())
    query = {
        name: (join_values if name in listed else one_value)(operation, name, value)
        for name, value in {**asked, **others}.items()
    }
    return {"start_time": "", "end_time": "", **query}


def edge_query(query: Mapping[str, Any], step_id: str, edge_type: object) -> dict[str, Any]:
    """Return a request's filters together with the step and the kind of edges."""
    step = require_text("step_id", step_id)
    return {**query, "step_id": step, "type_": one_value(FLOW_STEP_EDGES, "edge_type", edge_type)}


def path_query(path: object) -> dict[str, Any]:
    """Return what narrows a request to a path of steps; nothing where there is none."""
    steps = list_values(FLOWS, "path", path)
    return {"path": steps} if steps else {}


def one_value(operation: Operation, name: str, value: object) -> str:
    """Return a text, refusing anything else and the empty one."""
    if not isinstance(value, str) or not value.strip():
        raise _wrong(operation, f"{name} must be one text, and not empty; got {_kind(value)}")
    return value


def join_values(operation: Operation, name: str, values: object) -> str:
    """Return one or several values in the comma-separated form that the vendor takes."""
    if isinstance(values, str):
        return one_value(operation, name, values)
    listed = list_values(operation, name, values)
    if not listed or any("," in value for value in listed):
        got = _kind(values) if not listed else "a comma"
        raise _wrong(
            operation, f"{name} must be a text, or a list of texts without commas; got {got}"
        )
    return ",".join(listed)


def list_values(operation: Operation, name: str, values: object) -> list[str]:
    """Return one or several texts as a list."""
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Sequence) or not all(isinstance(one, str) and one for one in values):
        got = _kind(values)
        raise _wrong(operation, f"{name} must be a text, or a list of texts; got {got}")
    return list(values)


def echo_body(message: object) -> dict[str, object]:
    """Return the body that comes back; the text may be empty."""
    if not isinstance(message, str):
        raise _wrong(ECHO, f"message must be a text; got {_kind(message)}")
    return {"message": message}


def definition_body(event: object, description: object) -> dict[str, object]:
    """Return the body that defines an event.

    Raises:
        ArgumentError: A text is empty or none.
    """
    texts = {"event": event, **({} if description is None else {"description": description})}
    return {name: one_value(CREATE_EVENT_DEFINITION, name, text) for name, text in texts.items()}


def subscription_body(
    target: object, secret: object, event_type: object, event_names: object, version: object
) -> dict[str, object]:
    """Return the body that creates a subscription.

    Raises:
        ArgumentError: A text is empty or none, or the target is not https.
    """
    made = CREATE_SUBSCRIPTION
    texts = {"target": target, "secret": secret, "event_type": event_type, "version": version}
    body: dict[str, object] = {n: one_value(made, n, text) for n, text in texts.items()}
    # A target may hold a token of its own, so that it is not repeated here.
    if not _is_https(body["target"]):
        raise _wrong(made, "target must be an https:// URL")
    if event_names is not None:
        body["event_names"] = list_values(made, "event_names", event_names)
    return body


def find_secrets(target: str, secret: str) -> tuple[str, ...]:
    """Return what must not be shown of a subscription: secret, URL, and the tokens in the URL.

    Which part of a URL is a token, its owner alone knows; a path that is repeated without the host
    is taken for none.
    """
    parts = urlsplit(target)
    values = (value for _, value in parse_qsl(parts.query))
    return (secret, target, parts.query, *values, *filter(None, (parts.username, parts.password)))


def require_created(row: R | None) -> R:
    """Return what a creation answers with.

    Raises:
        InvalidResponse: The answer is without it.
    """
    if row is None:
        raise InvalidResponse("the response does not hold what was created")
    return row


def _kind(value: object) -> str:
    """Name what was given by its type: what it says may be a secret."""
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        inner = " and ".join(sorted({_kind(one) for one in value}))
        return f"a {type(value).__name__} of {inner or 'nothing'}"
    return "an empty str" if value == "" else type(value).__name__


def _is_https(url: object) -> bool:
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc)


def _wrong(operation: Operation, problem: str) -> ArgumentError:
    return ArgumentError(problem, vendor=VENDOR.name, operation=operation.name)
