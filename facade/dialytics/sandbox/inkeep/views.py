"""The four views that Inkeep's queries read: flat rows made from the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from ..draws import Draws
from .samples import ORGANIZATION, PROJECT, Item
from .store import Store


@frozen
class QueryView:
    """A view: its name, its fields, the field that holds its time, its rows."""

    name: str
    fields: tuple[str, ...]
    time: str
    rows: Callable[[], Iterator[Item]]


CONVERSATIONS = (
    "id",
    "userMessageCount",
    "organizationId",
    "projectId",
    "integrationId",
    "firstMessageTime",
    "type",
    "properties",
    "userProperties",
)
EVENTS = (
    "id",
    "organizationId",
    "messageId",
    "conversationId",
    "createdAt",
    "projectId",
    "integrationId",
    "eventType",
    "type",
    "searchQuery",
    "properties",
    "userProperties",
)
FEEDBACK = (
    "id",
    "type",
    "messageId",
    "createdAt",
    "updatedAt",
    "organizationId",
    "reasons",
    "sources",
    "details",
    "properties",
    "userProperties",
    "conversationId",
    "projectId",
    "integrationId",
)
THREADS = (
    "id",
    "messageIds",
    "messagesCount",
    "organizationId",
    "question",
    "questionLength",
    "answer",
    "isOnTopic",
    "isClear",
    "isDocumented",
    "isFeatureSupported",
    "isAnswerConfident",
    "gapSummary",
    "subject",
    "category",
    "languages",
    "firstPartyEntities",
    "thirdPartyEntities",
    "emotion",
    "sentiment",
    "questionType",
    "projectId",
    "integrationId",
    "properties",
    "userProperties",
    "firstMessageTime",
    "lastMessageTime",
    "lastUpdated",
    "hasPositiveFeedback",
    "hasNegativeFeedback",
    "conversationIds",
    "areAIAnnotationsVerified",
    "isInitialQuestionAnswer",
)


def list_views(seed: int, store: Store) -> dict[str, QueryView]:
    """Return the views by name."""
    views = (
        QueryView(
            "conversations_view",
            CONVERSATIONS,
            "firstMessageTime",
            lambda: map(view_conversation, store.conversations),
        ),
        QueryView("events_view", EVENTS, "createdAt", lambda: map(view_event, store.events)),
        QueryView(
            "feedback_view",
            FEEDBACK,
            "createdAt",
            lambda: (view_feedback(item, store) for item in store.feedback),
        ),
        QueryView(
            "semantic_threads_view",
            THREADS,
            "firstMessageTime",
            lambda: (view_thread(item, seed) for item in store.conversations),
        ),
    )
    return {view.name: view for view in views}


def view_conversation(conversation: Item) -> Item:
    """Return a conversation's row."""
    messages = conversation["messages"]
    users = [message for message in messages if message["role"] == "user"]
    own = {"userMessageCount": len(users), "firstMessageTime": messages[0]["createdAt"]}
    return complete({**conversation, **own}, CONVERSATIONS)


def view_event(event: Item) -> Item:
    """Return an event's row; the kind of its entity is its `eventType`."""
    return complete({**event, "eventType": event["entityType"]}, EVENTS)


def view_feedback(feedback: Item, store: Store) -> Item:
    """Return a feedback's row, with where its message belongs."""
    conversation, _ = store.find_message(feedback["messageId"])
    where = conversation or {}
    names = ("projectId", "integrationId")
    own = {"conversationId": where.get("id"), **{name: where.get(name) for name in names}}
    return complete({**feedback, **own}, FEEDBACK)


def view_thread(conversation: Item, seed: int) -> Item:
    """Return the one semantic thread that a conversation has here."""
    draws = Draws(seed, "thread", conversation["id"])
    messages = conversation["messages"]
    question = str(messages[0]["content"] or "")
    own: Item = {
        "id": f"thread-{conversation['id']}",
        "messageIds": [message["id"] for message in messages],
        "messagesCount": len(messages),
        "question": question,
        "questionLength": len(question),
        "answer": str(messages[-1]["content"] or ""),
        "subject": draws.pick(("installation", "account", "errors")),
        "category": draws.pick(("how-to", "bug", "billing")),
        "languages": ["en"],
        "firstPartyEntities": ["SDK"],
        "thirdPartyEntities": [],
        "emotion": draws.pick(("neutral", "frustrated")),
        "sentiment": draws.pick(("neutral", "negative", "positive")),
        "questionType": "how",
        "firstMessageTime": messages[0]["createdAt"],
        "lastMessageTime": messages[-1]["createdAt"],
        "lastUpdated": conversation["updatedAt"],
        "conversationIds": [conversation["id"]],
        "isInitialQuestionAnswer": True,
    }
    flags = [name for name in THREADS if name.startswith(("is", "has", "are")) and name not in own]
    own |= {name: not draws.happens(3) for name in flags}
    return complete({**conversation, **own}, THREADS)


def complete(item: Item, fields: tuple[str, ...]) -> Item:
    """Return exactly the view's fields; what an item lacks is None."""
    known = {"organizationId": ORGANIZATION, "projectId": PROJECT, **item}
    return {name: known.get(name) for name in fields}
