"""Checked by the type checkers and never run: what every method gives, in both kinds of client.

`None` stands wherever something may be absent; a pager says what its items are.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import assert_type

from dialytics import (
    AsyncChatlayer,
    AsyncCognigy,
    AsyncDigitalCX,
    AsyncInkeep,
    AsyncPager,
    Chatlayer,
    Checkpoint,
    Cognigy,
    DigitalCX,
    Inkeep,
    Page,
    Pager,
    Series,
    Stats,
    Window,
    errors,
)
from dialytics.vendors.chatlayer import (
    Edge,
    EventDefinition,
    FlowStep,
    FlowStepDetails,
    IntentInfo,
    Subscription,
    TrackingEvent,
)
from dialytics.vendors.digitalcx import Interaction
from dialytics.vendors.inkeep import (
    Conversation,
    Event,
    ExportRow,
    Feedback,
    Message,
    PropertyKeyCount,
    PropertyValueCount,
    QueryResult,
    QueryRow,
    SearchQueryCount,
    WeeklySearchUsers,
)
from dialytics_clients.rows import Json

DAY = date(2026, 10, 1)


def use_pagers(pager: Pager[Interaction]) -> None:
    """Rows, pages, checkpoints and figures keep their types through a pager."""
    for row in pager:
        assert_type(row, Interaction)
    for page in pager.pages():
        assert_type(page, Page[Interaction])
        assert_type(page.rows, tuple[Interaction, ...])
        assert_type(page.window, Window | None)
        assert_type(page.checkpoint, Checkpoint)
    assert_type(pager.checkpoint.to_json(), str)
    assert_type(pager.stats, Stats)
    assert_type(pager.stats.total, int | None)
    with pager as entered:
        assert_type(entered, Pager[Interaction])


async def use_async_pagers(pager: AsyncPager[Interaction]) -> None:
    """The asynchronous pager has the same ones."""
    async for row in pager:
        assert_type(row, Interaction)
    async for page in pager.pages():
        assert_type(page, Page[Interaction])
    for _ in pager:  # type: ignore[attr-defined]
        pass
    async with pager as entered:
        assert_type(entered, AsyncPager[Interaction])


def use_digitalcx(client: DigitalCX, twin: AsyncDigitalCX) -> None:
    """A listing of interactions, at once in both kinds of client: nothing is awaited."""
    assert_type(client.interactions(culture="en", start=DAY), Pager[Interaction])
    assert_type(twin.interactions(culture=["en"], start=DAY, end=DAY), AsyncPager[Interaction])


def use_chatlayer(client: Chatlayer) -> None:
    """Rows of listings, series and records of Chatlayer."""
    assert_type(client.echo("text"), str)
    assert_type(client.events("bot", start=DAY), Pager[TrackingEvent])
    assert_type(client.event_definitions("bot"), Pager[EventDefinition])
    assert_type(client.create_event_definition("bot", event="e"), EventDefinition)
    assert_type(client.subscriptions("bot"), Pager[Subscription])
    client.delete_subscription("bot", "id")
    assert_type(client.intents("bot", start=DAY, direction="backward"), Pager[IntentInfo])
    assert_type(client.intent_insights("bot", start=DAY), Series)
    assert_type(client.conversations("bot", start=DAY), Series)
    assert_type(client.conversation_insights("bot", "duration_seconds", start=DAY), Series)
    assert_type(client.messages("bot", start=DAY), Series)
    assert_type(client.users("bot", start=DAY), Series)
    assert_type(client.user_activity("bot", start=DAY), Series)
    assert_type(client.team_conversations("team", start=DAY), Series)
    assert_type(client.voice_minutes("team", start=DAY), Series)
    assert_type(client.knowledge_base_usage("team", start=DAY, bucket="1d"), Series)
    assert_type(client.flows("bot", start=DAY), tuple[FlowStep, ...])
    assert_type(client.flow_step_details("bot", "step", start=DAY), FlowStepDetails)
    assert_type(client.flow_step_edges("bot", "step", "sources", start=DAY), tuple[Edge, ...])
    created = client.create_subscription(
        "bot", target="https://x", secret="s", event_type="MESSAGE_EVENT"
    )
    assert_type(created, Subscription)
    for point in client.conversations("bot", start=DAY):
        assert_type(point.value, int | None)
        assert_type(point.label, str | None)


async def use_async_chatlayer(client: AsyncChatlayer) -> None:
    """The asynchronous client gives the same, awaited; listings are not awaited."""
    assert_type(await client.echo("text"), str)
    assert_type(client.events("bot", start=DAY), AsyncPager[TrackingEvent])
    assert_type(await client.conversations("bot", start=DAY), Series)
    assert_type(await client.flows("bot", start=DAY), tuple[FlowStep, ...])
    await client.events("bot", start=DAY)  # type: ignore[misc]


def use_cognigy(client: Cognigy) -> None:
    """An outcome for each record, with the very record in it."""
    client.update_record(project_id="p", properties={"rating": 1})
    for outcome in client.update_records([{"project_id": "p", "properties": {"slots": "new"}}]):
        assert_type(outcome.position, int)
        assert_type(outcome.result, None)
        assert_type(outcome.error, Exception | None)
        assert_type(outcome.item.get("project_id"), str | None)


async def use_async_cognigy(client: AsyncCognigy) -> None:
    """The asynchronous client awaits one, and iterates many."""
    await client.update_record(project_id="p")
    async for outcome in client.update_records([]):
        assert_type(outcome.error, Exception | None)


def use_inkeep(client: Inkeep) -> None:
    """Rows of Inkeep."""
    assert_type(client.conversations(), Pager[Conversation])
    assert_type(client.conversation("id"), Conversation)
    assert_type(client.conversation_by_external_id("id"), Conversation)
    assert_type(client.log_conversation({"type": "openai", "messages": []}), Conversation)
    client.delete_conversation("id")
    for outcome in client.log_conversations([{"type": "support_ticket", "messages": []}]):
        assert_type(outcome.result, Conversation | None)
    event = client.log_event({"entityType": "message", "messageId": "m", "type": "seen"})
    assert_type(event, Event)
    assert_type(client.feedback(), Pager[Feedback])
    assert_type(client.feedback_by_id("id"), Feedback)
    assert_type(client.log_feedback({"type": "positive", "messageId": "m"}), Feedback)
    client.delete_feedback("id")
    assert_type(client.property_keys("properties"), tuple[PropertyKeyCount, ...])
    assert_type(client.property_values("properties", "k"), tuple[PropertyValueCount, ...])
    assert_type(client.top_search_queries(), QueryResult[SearchQueryCount])
    assert_type(client.weekly_search_users(), QueryResult[WeeklySearchUsers])


def use_inkeep_queries(client: Inkeep) -> None:
    """A query gives rows with a total, an export a pager."""
    result = client.query_conversations({"select": [{"type": "field", "field": "id"}]})
    assert_type(result, QueryResult[QueryRow])
    assert_type(result.total, int | None)
    for row in result:
        assert_type(row, Mapping[str, Json])
    assert_type(client.query_events({"select": []}), QueryResult[QueryRow])
    assert_type(client.query_feedback({"select": []}), QueryResult[QueryRow])
    assert_type(client.query_semantic_threads({"select": []}), QueryResult[QueryRow])
    assert_type(client.export_conversations({"select": []}), Pager[ExportRow])
    assert_type(client.export_events({"select": []}), Pager[ExportRow])
    assert_type(client.export_feedback({"select": []}), Pager[ExportRow])
    assert_type(client.export_semantic_threads({"select": []}), Pager[ExportRow])


async def use_async_inkeep(client: AsyncInkeep) -> None:
    """The asynchronous client gives the same, awaited; listings are not awaited."""
    assert_type(await client.conversation("id"), Conversation)
    assert_type(client.conversations(), AsyncPager[Conversation])
    assert_type(client.export_events({"select": []}), AsyncPager[ExportRow])
    async for outcome in client.log_conversations([]):
        assert_type(outcome.result, Conversation | None)


def use_rows(
    interaction: Interaction, event: TrackingEvent, conversation: Conversation, message: Message
) -> None:
    """What a vendor may leave out is `None`, and nothing is `Unset`."""
    assert_type(interaction.log_id, int)
    assert_type(interaction.timestamp_start, datetime | None)
    assert_type(interaction.contexts, Json)
    assert_type(interaction.session_is_active, bool | None)
    assert_type(interaction.extra, Mapping[str, Json])
    assert_type(interaction.to_dict(), dict[str, Json])
    assert_type(event.id, str | None)
    assert_type(event.timestamp, datetime | None)
    assert_type(conversation.id, str | None)
    assert_type(message.content, Json)
    _ = interaction.contexts["name"]  # type: ignore[call-overload, index]
    _ = interaction.culture.upper()  # type: ignore[union-attr]


def use_errors(error: errors.StatusError, cut: errors.InvalidResponse) -> None:
    """Errors say what is known of them."""
    assert_type(error.status, int)
    assert_type(error.detail, str | None)
    assert_type(error.retry_after, float | None)
    assert_type(error.checkpoint, Checkpoint | None)
    assert_type(cut.position, int | None)
