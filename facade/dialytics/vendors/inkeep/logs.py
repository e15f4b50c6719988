"""Logging many conversations: what makes one ready, and which may be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from dialytics_clients.inkeep.api import conversations as conversations_api

from ..._bulk import Bulk, Write
from ..._messages import Request, payload
from .declarations import LOG_CONVERSATION

if TYPE_CHECKING:
    from .inputs import ConversationInput

Key: TypeAlias = tuple[object, object]


def prepare_log(conversation: ConversationInput) -> Write:
    """Make a conversation ready to be sent, under its ``id`` and ``externalId``."""
    built = conversations_api.build_log_conversation(body=payload(conversation))
    key: Key = (conversation.get("id"), conversation.get("externalId"))
    return Write(LOG_CONVERSATION.for_body(conversation), Request.from_builder(built), key)


def may_be_same(one: Key, other: Key) -> bool:
    """Tell whether two conversations share an id; an empty one is none."""
    return any(mine and mine == theirs for mine, theirs in zip(one, other, strict=True))


LOG_CONVERSATIONS = Bulk(LOG_CONVERSATION, prepare_log, may_be_same)
