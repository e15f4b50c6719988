"""Updates of analytics records: what is given, what is sent, and which of them may collide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeAlias, TypedDict

from dialytics_clients.cognigy.api import analytics as analytics_api
from dialytics_clients.cognigy.inputs import Properties

from ..._bulk import Bulk, Write
from ..._messages import Request
from ..._options import check_names
from ..._payloads import payload
from ...errors import ArgumentError
from .declarations import UPDATE_RECORD, VENDOR


class RecordUpdate(TypedDict, total=False):
    """One record of ``update_records``: the arguments of ``update_record``.

    Attributes:
        project_id: The project.
        contact_id: The contact.
        session_id: The session.
        input_id: The input whose record is to be changed.
        properties: What to set.
    """

    project_id: str | None
    contact_id: str | None
    session_id: str | None
    input_id: str | None
    properties: Properties | None


Key: TypeAlias = tuple[str | None, ...]
_IDS = {
    "project_id": "projectId",
    "contact_id": "contactId",
    "session_id": "sessionId",
    "input_id": "inputId",
}


def update_body(
    project_id: str | None = None,
    contact_id: str | None = None,
    session_id: str | None = None,
    input_id: str | None = None,
    properties: Properties | None = None,
) -> dict[str, object]:
    """Return the body of an update: what was given, under the vendor's names.

    Raises:
        ArgumentError: Nothing was given, or something of the wrong type.
    """
    ids = dict(zip(_IDS, (project_id, contact_id, session_id, input_id), strict=True))
    for name, value in ids.items():
        if value is not None and not isinstance(value, str):
            _refuse(f"{name} must be a text; got {type(value).__name__}")
    if properties is not None and not isinstance(properties, Mapping):
        _refuse(f"properties must be a mapping; got {type(properties).__name__}")
    fields = {**{_IDS[name]: value for name, value in ids.items()}, "properties": properties}
    given: dict[str, object] = {name: value for name, value in fields.items() if value is not None}
    if not any(given.values()):
        _refuse("there is nothing to update: pass the record's ids and properties=")
    return given


def prepare_update(record: RecordUpdate) -> Write:
    """Make a record of a bulk call ready to be sent.

    Raises:
        ArgumentError: It is no record.
    """
    if not isinstance(record, Mapping) or not all(isinstance(name, str) for name in record):
        kind = type(record).__name__
        _refuse(f"a record must be a mapping of update_record's arguments; got {kind}")
    check_names(UPDATE_RECORD.name, record, RecordUpdate, VENDOR.name, UPDATE_RECORD.name)
    fields = update_body(**record)
    built = analytics_api.build_update_analytics_record(body=payload(fields))
    operation = UPDATE_RECORD.for_body(record.get("properties"))
    return Write(operation, Request.from_builder(built), tuple(map(fields.get, _IDS.values())))


def may_be_one(key: Key, other: Key) -> bool:
    """Tell whether two updates may be about one record; an id that is left out may mean any."""
    return all(
        not mine or not theirs or mine == theirs for mine, theirs in zip(key, other, strict=True)
    )


RECORD_UPDATES = Bulk(UPDATE_RECORD, prepare_update, may_be_one)


def _refuse(problem: str) -> NoReturn:
    raise ArgumentError(problem, vendor=VENDOR.name, operation=UPDATE_RECORD.name)
