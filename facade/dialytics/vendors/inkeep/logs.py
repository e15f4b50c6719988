"""Logging conversations: what makes one ready, and which of many may be the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from dialytics_clients.inkeep.api import conversations as conversations_api

from ..._bulk import Bulk, Write
from ..._messages import Request
from ..._payloads import payload
from .declarations import LOG_CONVERSATION

if TYPE_CHECKING:
    from .inputs import ConversationInput

Key: TypeAlias = tuple[object, object]


def with_id(conversation: ConversationInput) -> Mapping[str, Any]:
    """Give a conversation that has neither ``id`` nor ``externalId`` an id, a random UUID.

    With an id of the client's own a repeated request updates what the first one stored.
    """
    if not isinstance(conversation, Mapping) or "id" in conversation:
        return conversation
    if conversation.get("externalId"):
        return conversation
    from uuid import uuid4  # noqa: PLC0415  # most bring an id

    return {"id": str(uuid4()), **conversation}


def prepare_log(conversation: ConversationInput) -> Write:
    """Make a conversation ready to be sent, under its ``id`` and ``externalId``."""
    body = with_id(conversation)
    built = conversations_api.build_log_conversation(body=payload(body))
    # An id of ours is nobody else's, so it says nothing of which conversations may be the same.
    key: Key = (conversation.get("id"), conversation.get("externalId"))
    return Write(LOG_CONVERSATION.for_body(body), Request.from_builder(built), key)


def may_be_same(one: Key, other: Key) -> bool:
    """Tell whether two conversations may be one: an id is shared, or there is none to compare.

    An empty id is none. Without any, a conversation is a new one.
    """
    if not (any(one) and any(other)):
        return False
    pairs = [(mine, theirs) for mine, theirs in zip(one, other, strict=True) if mine and theirs]
    # One that has both ids may tie one that has the first to one that has the second.
    return not pairs or any(mine == theirs for mine, theirs in pairs)


LOG_CONVERSATIONS = Bulk(LOG_CONVERSATION, prepare_log, may_be_same)
