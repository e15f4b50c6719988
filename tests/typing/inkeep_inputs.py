"""Checked by the type checkers and never run: what Inkeep is sent, and what comes back.

Each `type: ignore` marks a line that has to be an error.
"""

from __future__ import annotations

from typing import assert_type

from dialytics import AsyncInkeep, Inkeep, Pager
from dialytics.vendors.inkeep import (
    Conversation,
    ConversationInput,
    EventQuery,
    ExportRow,
    Feedback,
    QueryResult,
    QueryRow,
    SearchQueryCount,
)


def log_conversations(client: Inkeep) -> None:
    """The three types of conversation have messages of their own."""
    client.log_conversation(
        {
            "type": "openai",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"role": "assistant", "content": "Hello", "links": [{"url": "https://a.example"}]},
            ],
            "userProperties": {"id": 7, "plan": "pro"},
            "visibility": "private",
        }
    )
    ticket: ConversationInput = {"type": "support_ticket", "messages": [{"role": "customer"}]}
    assert_type(client.log_conversation(ticket), Conversation)
    client.log_conversation({"type": "openai", "messages": [{"role": "customer", "content": ""}]})  # type: ignore[arg-type,misc]  # pyright: ignore[reportArgumentType]
    client.log_conversation({"type": "chat", "messages": []})  # type: ignore[arg-type,misc]  # pyright: ignore[reportArgumentType]
    for outcome in client.log_conversations([ticket]):
        assert_type(outcome.result, Conversation | None)


def log_others(client: Inkeep) -> None:
    """An event has what its entity needs; feedback is positive or negative."""
    client.log_event({"type": "copied", "entityType": "message", "messageId": "m"})
    client.log_event({"type": "copied", "entityType": "message"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.log_feedback({"type": "negative", "messageId": "m", "details": None})
    client.log_feedback({"type": "so-so", "messageId": "m"})  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]


def query(client: Inkeep) -> None:
    """Queries are nested mappings; fields that the vendor does not list are texts too."""
    days: EventQuery = {
        "select": [
            {"type": "time", "field": "createdAt", "timeUnit": "day"},
            {"type": "aggregation", "field": "id", "aggregation": "count"},
            {"type": "field", "field": "somethingNew"},
        ],
        "groupBy": [{"field": "createdAt", "includeInSelect": False}],
        "where": {
            "and": [
                {"condition": {"field": "type", "operator": "eq", "value": "copied"}},
                {"or": [{"condition": {"field": "messageId", "operator": "isNull"}}]},
            ]
        },
        "orderBy": [{"field": "count_id", "direction": "desc"}],
    }
    assert_type(client.query_events(days), QueryResult[QueryRow])
    assert_type(client.export_events(days), Pager[ExportRow])
    assert_type(client.top_search_queries(), QueryResult[SearchQueryCount])
    assert_type(client.top_search_queries().rows[0].count, int | None)
    assert_type(client.feedback(), Pager[Feedback])
    client.query_events({"groupby": []})  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportArgumentType]


async def use_twin(client: AsyncInkeep) -> None:
    """The asynchronous client takes and gives the same."""
    assert_type(await client.query_events({}), QueryResult[QueryRow])
    async for row in client.export_events({}):
        assert_type(row, ExportRow)
