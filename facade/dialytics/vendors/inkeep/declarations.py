"""What the Inkeep Analytics API promises.

Sources: specs/inkeep/vendor.yaml, written from docs.inkeep.com/analytics-api and the vendor's SDK.
"""

from __future__ import annotations

from attrs import evolve

from ..._declarations import Operation, Vendor
from ..._paging import LimitOffset, OnePage
from ..._retry import Replay

VENDOR = Vendor(
    name="inkeep",
    base_url="https://api.analytics.inkeep.com",
    # "2 MB": the larger reading, since only what is surely refused is refused here.
    max_body=2 * 1024 * 1024,
)

_OFFSET = LimitOffset(limit_parameter="limit", offset_parameter="offset", most=100)


def _read(name: str, method: str, path: str) -> Operation:
    """Declare a call that changes nothing; queries are such too, though they are POSTs."""
    return Operation(vendor=VENDOR, name=name, method=method, path=path, replay=Replay.READ)


def _log(name: str, path: str, *keys: str) -> Operation:
    """Declare a creation: where the vendor promises an update by a key, twice makes one."""
    return Operation(
        vendor=VENDOR, name=name, method="POST", path=path, replay=Replay.NEVER, keyed_by=keys
    )


def _delete(name: str, path: str) -> Operation:
    """Declare a deletion: what is gone stays gone, though a repetition is told that it is."""
    return Operation(vendor=VENDOR, name=name, method="DELETE", path=path, replay=Replay.SETS)


def _export(name: str, path: str) -> Operation:
    """Declare an export: the rows of one response, in CSV."""
    return Operation(
        vendor=VENDOR,
        name=name,
        method="POST",
        path=path,
        replay=Replay.READ,
        accept="text/csv",
        paging=OnePage(),
        # A second request for the rest is a second query, over what there is by then.
        stability="shifting",
    )


CONVERSATIONS = Operation(
    vendor=VENDOR,
    name="conversations",
    method="GET",
    path="/conversations",
    replay=Replay.READ,
    paging=_OFFSET,
    items="conversations",
    items_required=True,
    total="total",
    key="id",
    max_page_size=100,
    stability="shifting",
)
CONVERSATION = _read("conversation", "GET", "/conversations/{id}")
CONVERSATION_BY_EXTERNAL_ID = _read(
    "conversation_by_external_id", "GET", "/conversations/external/{externalId}"
)
LOG_CONVERSATION = evolve(
    # Documented for the id only; two conversations may share an external id.
    _log("log_conversation", "/conversations", "id"),
    bulk="log_conversations",
)
DELETE_CONVERSATION = _delete("delete_conversation", "/conversations/{id}")

# What an id used before does is unknown for events, and for feedback inferred.
LOG_EVENT = _log("log_event", "/events")

FEEDBACK = Operation(
    vendor=VENDOR,
    name="feedback",
    method="GET",
    path="/feedback",
    replay=Replay.READ,
    paging=_OFFSET,
    items=("positiveFeedback", "negativeFeedback"),
    items_required=True,
    key="id",
    max_page_size=100,
    stability="shifting",
)
FEEDBACK_BY_ID = _read("feedback_by_id", "GET", "/feedback/{id}")
LOG_FEEDBACK = _log("log_feedback", "/feedback")
DELETE_FEEDBACK = _delete("delete_feedback", "/feedback/{id}")

QUERY_CONVERSATIONS = _read("query_conversations", "POST", "/query/conversations")
QUERY_EVENTS = _read("query_events", "POST", "/query/events")
QUERY_FEEDBACK = _read("query_feedback", "POST", "/query/feedback")
QUERY_SEMANTIC_THREADS = _read("query_semantic_threads", "POST", "/query/semantic-threads")
EXPORT_CONVERSATIONS = _export("export_conversations", "/query/conversations/export")
EXPORT_EVENTS = _export("export_events", "/query/events/export")
EXPORT_FEEDBACK = _export("export_feedback", "/query/feedback/export")
EXPORT_SEMANTIC_THREADS = _export("export_semantic_threads", "/query/semantic-threads/export")
PROPERTY_KEYS = _read("property_keys", "POST", "/query/property-keys")
PROPERTY_VALUES = _read("property_values", "POST", "/query/property-values")
TOP_SEARCH_QUERIES = _read("top_search_queries", "GET", "/query/top-search-queries")
WEEKLY_SEARCH_USERS = _read("weekly_search_users", "GET", "/query/weekly-search-users")
