"""Inkeep's ten query operations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from starlette.responses import Response

from ..clock import parse_instant
from ..exchange import Call, Refused, Route, answer_json
from ..pages import render_csv
from .bodies import (
    PropertyKeysQuery,
    PropertyValuesQuery,
    Query,
    read_body,
)
from .filters import read_filter
from .query import evaluate
from .samples import Item
from .store import Store
from .views import QueryView, list_views

PAGE_SIZE = 100
BODY_LIMIT = 2 * 1024 * 1024
_NAMES = {
    "conversations": ("queryConversations", "exportConversationsQueryResults"),
    "events": ("queryEvents", "exportEventsQueryResults"),
    "feedback": ("queryFeedback", "exportFeedbackQueryResults"),
    "semantic-threads": ("querySemanticThreads", "exportSemanticThreadsQueryResults"),
}


class Queries:
    """Answers /query/*: evaluated over all items, first hundred rows shown, all exported."""

    def __init__(self, seed: int, store: Store) -> None:
        self._store = store
        self._views = list_views(seed, store)

    def routes(self) -> Sequence[Route]:
        """Return the ten operations under their documented ids."""
        found = []
        for name, (query, export) in _NAMES.items():
            view = self._views[f"{name.replace('-', '_')}_view"]
            path = f"/query/{name}"
            found.append(post(path, query, self._answer_query(view)))
            found.append(post(f"{path}/export", export, self._answer_export(view)))
        top, weekly = "/query/top-search-queries", "/query/weekly-search-users"
        return (
            *found,
            post("/query/property-keys", "queryPropertyKeys", self.get_property_keys),
            post("/query/property-values", "queryPropertyValues", self.get_property_values),
            Route("GET", top, "topSearchQueries", self.get_top_searches, top),
            Route("GET", weekly, "weeklySearchUsers", self.get_weekly_users, weekly),
        )

    def get_property_keys(self, call: Call) -> Response:
        """How often each key occurs in `properties` or `userProperties`, over the views."""
        body = read_body(call, PropertyKeysQuery)
        field = body.get("field", "properties")
        counts = Counter(key for item in self._select(body) for key in item.get(field) or {})
        return answer_json(
            {"results": [{"key": key, "count": count} for key, count in counts.most_common()]}
        )

    def get_property_values(self, call: Call) -> Response:
        """How often each value of one key occurs, the most frequent first."""
        body = read_body(call, PropertyValuesQuery)
        field, key = body.get("field", "properties"), body.get("key", "")
        values = [(item.get(field) or {}).get(key) for item in self._select(body)]
        counts = Counter(write_value(value) for value in values if value is not None)
        most = counts.most_common(body.get("limit", PAGE_SIZE))
        return answer_json({"results": [{"value": value, "count": count} for value, count in most]})

    def get_top_searches(self, call: Call) -> Response:
        """Search queries by frequency; counts are text, as documented."""
        counts = Counter(event["searchQuery"] for event in self._searches(call))
        result = [
            {"search_query": query, "count": str(count)} for query, count in counts.most_common()
        ]
        return answer_json({"data": {"result": result, "total": len(result)}})

    def get_weekly_users(self, call: Call) -> Response:
        """Distinct users that searched, by week (its Monday); counts are text, as documented."""
        weeks: dict[str, set[str]] = defaultdict(set)
        for event in self._searches(call):
            created = parse_instant(event["createdAt"])
            if created is not None:
                monday = created.date() - timedelta(days=created.weekday())
                weeks[monday.isoformat()].add(str((event["userProperties"] or {}).get("id")))
        result = [{"week": week, "unique_users": str(len(weeks[week]))} for week in sorted(weeks)]
        return answer_json({"data": {"result": result, "total": len(result)}})

    def _answer_query(self, view: QueryView) -> Callable[[Call], Response]:
        def answer(call: Call) -> Response:
            rows = evaluate(read_body(call, Query), view)
            page = rows[:PAGE_SIZE]
            data = {
                "result": page,
                "total": len(rows),
                "pageSize": PAGE_SIZE,
                "count": len(page),
            }
            return answer_json({"status": "ok", "data": data})

        return answer

    def _answer_export(self, view: QueryView) -> Callable[[Call], Response]:
        def answer(call: Call) -> Response:
            rows = evaluate(read_body(call, Query), view)
            columns = list(rows[0]) if rows else list(view.fields)
            flat = [{name: write_value(value) for name, value in row.items()} for row in rows]
            return Response(render_csv(columns, flat), media_type="text/csv")

        return answer

    def _select(self, body: Item) -> Iterator[Item]:
        field = body.get("field", "properties")
        for name in body.get("views") or list(self._views):
            view = self._views[name]
            test = read_filter(body.get("where"), view.fields)
            yield from (row for row in view.rows() if field in row and test(row))

    def _searches(self, call: Call) -> Iterator[Item]:
        text = call.first("after")
        after = parse_instant(text) if text else None
        if text and after is None:
            raise Refused(422, "after is not a valid time.")
        project = call.first("project_id")
        for event in self._views["events_view"].rows():
            created = parse_instant(str(event["createdAt"]))
            late = after is None or (created is not None and created > after)
            if event["searchQuery"] and late and project in (None, "", event["projectId"]):
                yield event


def post(path: str, operation: str, answer: Callable[[Call], Response]) -> Route:
    """Return a query's route: a POST with the documented body limit."""
    return Route("POST", path, operation, answer, path, BODY_LIMIT)


def write_value(value: Any) -> str | None:
    """Write a value into a CSV field or a property's value: objects and lists as JSON text."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
