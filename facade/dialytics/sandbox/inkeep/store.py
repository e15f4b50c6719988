"""Inkeep's state: conversations, feedback and events, from the start and logged since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..clock import format_instant
from .collection import Collection
from .samples import (
    FEEDBACK_EVERY,
    PROJECT,
    Item,
    Samples,
    name_item,
    parse_number,
)

CONVERSATION_FIELDS = (
    "externalId",
    "externalUrl",
    "type",
    "supportTicketConversationId",
    "createdAt",
    "updatedAt",
    "projectId",
    "integrationId",
    "properties",
    "userProperties",
    "tags",
    "visibility",
)


class Store:
    """What the sandbox knows; a message is found by its id through its conversation."""

    def __init__(self, seed: int, count: int, now: Callable[[], datetime]) -> None:
        base = now().replace(minute=0, second=0, microsecond=0)
        samples = Samples(seed, count, base)
        self._now = now
        self._start = count
        self._externals: dict[str, str] = {}
        self._messages: dict[str, str] = {}
        self.conversations = Collection("conv", count, samples.conversation)
        self.feedback = Collection("feedback", -(-count // FEEDBACK_EVERY), samples.feedback)
        self.events = Collection("event", count, samples.event)

    def find_external(self, external_id: str) -> Item | None:
        """Return the conversation with this external id, the latest logged if there are several."""
        identifier = self._externals.get(external_id)
        if identifier is not None:
            return self.conversations.get(identifier)
        number = parse_number(external_id, "ticket-")
        if number is None or number >= self._start:
            return None
        conversation = self.conversations.get(name_item("conv", number))
        same = conversation is not None and conversation["externalId"] == external_id
        return conversation if same else None

    def log_conversation(self, body: Item) -> Item:
        """Upsert by id, else by external id, else under a new id; all messages are replaced."""
        known = self._find_known(body)
        identifier = known["id"] if known else body.get("id") or self.conversations.name_next()
        now = format_instant(self._now())
        conversation = {"id": identifier, **dict.fromkeys(CONVERSATION_FIELDS)}
        conversation |= known or {"createdAt": now, "projectId": PROJECT, "visibility": "private"}
        conversation["updatedAt"] = now
        given = {name: body[name] for name in CONVERSATION_FIELDS if body.get(name) is not None}
        conversation |= given
        conversation["messages"] = [
            complete_message(message, at, conversation, now)
            for at, message in enumerate(body["messages"])
        ]
        self.conversations.put(conversation)
        self._index(conversation)
        return conversation

    def log_feedback(self, body: Item) -> Item:
        """Add feedback; the same id again replaces it."""
        now = format_instant(self._now())
        feedback = {"reasons": [], "sources": [], **body}
        feedback["id"] = body.get("id") or self.feedback.name_next()
        feedback |= {name: body.get(name) or now for name in ("createdAt", "updatedAt")}
        self.feedback.put(feedback)
        return feedback

    def log_event(self, body: Item) -> Item:
        """Add an event; the same id again replaces it."""
        event = {"projectId": PROJECT, "integrationId": None, **body}
        event["id"] = body.get("id") or self.events.name_next()
        event["createdAt"] = body.get("createdAt") or format_instant(self._now())
        self.events.put(event)
        return event

    def change(self, insert: int, delete: int) -> None:
        """Remove the newest of each kind and log new ones."""
        for collection in (self.conversations, self.feedback, self.events):
            for item in collection.page(0, delete):
                collection.delete(item["id"])
        for _ in range(insert):
            said = {"type": "openai", "role": "user", "content": "And now?"}
            conversation = self.log_conversation({"type": "openai", "messages": [said]})
            about = {"messageId": conversation["messages"][0]["id"]}
            self.log_feedback({"type": "positive", **about})
            self.log_event({"type": "copied", "entityType": "message", **about})

    def find_message(self, message_id: str) -> tuple[Item | None, Item | None]:
        """Return (conversation, message), (None, None) when there is no such message."""
        identifier = self._messages.get(message_id, message_id.rpartition("-m")[0])
        conversation = self.conversations.get(identifier)
        for message in conversation["messages"] if conversation else ():
            if message["id"] == message_id:
                return conversation, message
        return None, None

    def _find_known(self, body: Item) -> Item | None:
        if body.get("id"):
            return self.conversations.get(body["id"])
        return self.find_external(body["externalId"]) if body.get("externalId") else None

    def _index(self, conversation: Item) -> None:
        if conversation["externalId"]:
            self._externals[conversation["externalId"]] = conversation["id"]
        for message in conversation["messages"]:
            self._messages[message["id"]] = conversation["id"]


def complete_message(message: Item, at: int, conversation: Item, now: str) -> Item:
    """Return a logged message with an id, its conversation and its times."""
    given = {name: value for name, value in message.items() if value is not None}
    return {
        "id": f"{conversation['id']}-m{at}",
        "type": conversation["type"],
        "externalId": None,
        "externalUrl": None,
        "content": None,
        "createdAt": now,
        "updatedAt": now,
        **given,
        "conversationId": conversation["id"],
    }


def show_conversation(conversation: Item) -> Item:
    """Return a conversation as the API shows it: an OpenAI one has its messages in two forms."""
    if conversation["type"] != "openai":
        return conversation
    names = ("role", "name", "content", "tool_calls")
    plain = [
        {name: message[name] for name in names if message.get(name) is not None}
        for message in conversation["messages"]
    ]
    return {**conversation, "messagesOpenAIFormat": plain}
