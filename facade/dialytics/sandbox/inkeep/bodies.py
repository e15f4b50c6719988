"""The shapes of Inkeep's request bodies: enums, required fields, times with a zone.

A body is checked against these and kept as it was sent. Only what has a rule is named; any other
field is allowed.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from ..exchange import Call, Refused

Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1)]
Properties = dict[str, Any] | None


class UserProperties(Struct, rename="camel"):
    """Who a user is; any further keys are allowed."""

    id: str | int | float | None = None
    identification_type: str | None = None
    user_id: str | int | float | None = None
    support_agent_name: str | None = None
    support_agent_email: str | None = None
    user_type: str | None = None


class Function(Struct):
    """A called function; its arguments are JSON text."""

    name: str
    arguments: str


class ToolCall(Struct):
    """A message's tool call."""

    id: str
    type: Literal["function"]
    function: Function


class Link(Struct):
    """A message's link; its type is one of a list or any other text."""

    url: str
    label: str | None = None
    title: str | None = None
    type: str | None = None


class ImageUrl(Struct):
    """Where an image is."""

    url: str
    detail: Literal["auto", "low", "high"] | None = None


class TextItem(Struct, tag_field="type", tag="text"):
    """A part of a message that is text."""

    text: str


class ImageItem(Struct, tag_field="type", tag="image_url"):
    """A part of a message that is an image."""

    image_url: ImageUrl


class Message(Struct, rename="camel"):
    """What messages of all types share."""

    id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    links: list[Link] | None = None
    properties: Properties = None
    user_properties: UserProperties | None = None
    tool_calls: list[ToolCall] | None = msgspec.field(default=None, name="tool_calls")


class TicketMessage(Message, kw_only=True):
    """A message of a support ticket or copilot conversation: any role, content optional."""

    role: str
    content: str | None = None


class OpenAIMessage(Message, kw_only=True):
    """A message of an OpenAI conversation."""

    role: Literal["system", "user", "assistant"]
    content: str | list[TextItem | ImageItem]


class Conversation(Struct, rename="camel"):
    """What conversations of all types share."""

    id: Name | None = None
    external_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    properties: Properties = None
    user_properties: UserProperties | None = None
    tags: list[str] | None = None
    visibility: Literal["private", "public"] | None = None


class OpenAIConversation(Conversation, kw_only=True, tag_field="type", tag="openai"):
    """A conversation with an assistant."""

    messages: Annotated[list[OpenAIMessage], Meta(min_length=1)]


class TicketConversation(Conversation, kw_only=True, tag_field="type", tag="support_ticket"):
    """A support ticket."""

    messages: Annotated[list[TicketMessage], Meta(min_length=1)]


class CopilotConversation(Conversation, kw_only=True, tag_field="type", tag="support_copilot"):
    """A conversation of a support agent with the copilot."""

    messages: Annotated[list[TicketMessage], Meta(min_length=1)]


class Reason(Struct):
    """Why feedback is what it is."""

    label: str
    details: str


class Source(Struct):
    """Feedback on one source."""

    type: Literal["positive", "negative", "new"] | None = None


class Feedback(Struct, rename="camel"):
    """Feedback on a message."""

    type: Literal["positive", "negative"]
    message_id: str
    id: Name | None = None
    reasons: list[Reason] | None = None
    sources: list[Source] | None = None
    details: str | None = None
    properties: Properties = None
    user_properties: UserProperties | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Event(Struct, rename="camel"):
    """What events about all entities share."""

    type: str
    id: Name | None = None
    created_at: Moment | None = None
    properties: Properties = None
    user_properties: UserProperties | None = None


class MessageEvent(Event, kw_only=True, tag_field="entityType", tag="message"):
    """An event about a message."""

    message_id: str


class ConversationEvent(Event, kw_only=True, tag_field="entityType", tag="conversation"):
    """An event about a conversation."""

    conversation_id: str


class SearchEvent(Event, kw_only=True, tag_field="entityType", tag="search"):
    """A search."""

    search_query: str


class Query(Struct, rename="camel"):
    """A query over a view; there is no limit and no offset."""

    select: list[dict[str, Any]] | None = None
    group_by: list[dict[str, Any]] | None = None
    where: dict[str, Any] | None = None
    order_by: list[dict[str, Any]] | None = None
    notes: Annotated[str, Meta(max_length=80)] | None = None


View = Literal["events_view", "conversations_view", "semantic_threads_view", "feedback_view"]


class PropertyKeysQuery(Struct):
    """Which keys `properties` or `userProperties` have."""

    field: Literal["properties", "userProperties"] = "properties"
    views: list[View] | None = None
    where: dict[str, Any] | None = None


class PropertyValuesQuery(PropertyKeysQuery):
    """Which values one key has."""

    key: str = ""
    limit: Annotated[int, Meta(ge=0)] = 100


AnyConversation = OpenAIConversation | TicketConversation | CopilotConversation
AnyEvent = MessageEvent | ConversationEvent | SearchEvent


def read_body(call: Call, shape: Any) -> dict[str, Any]:
    """Return the JSON object; raise `Refused` with 400 (no JSON) or 422 (not of the shape)."""
    try:
        body = call.json() if call.body.strip() else {}
    except ValueError:
        raise Refused(400, "The request body is not valid JSON.") from None
    try:
        msgspec.convert(body, shape)
    except msgspec.ValidationError as error:
        raise Refused(422, f"The request body is wrong at {locate(error)}.") from None
    return dict(body)


def locate(error: msgspec.ValidationError) -> str:
    """Return where a validation failed, without the value that the message may quote."""
    found = re.search(r"`(\$[^`]*)`$", str(error))
    return found[1] if found else "$"
