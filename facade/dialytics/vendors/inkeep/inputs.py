"""What is logged, as mappings under the vendor's own names: for type checkers and completion.

At runtime any mapping does: it is sent as it is. Times are aware datetimes, or texts in ISO 8601
with a time zone; the vendor's default is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias, TypedDict

Time: TypeAlias = datetime | str
"""An aware datetime, or text in ISO 8601 with a time zone."""

Properties: TypeAlias = Mapping[str, object]
"""A free-form object of your own."""

LinkType: TypeAlias = Literal[
    "documentation",
    "site",
    "discourse_post",
    "github_issue",
    "github_discussion",
    "stackoverflow_question",
    "discord_forum_post",
    "discord_message",
    "custom_question_answer",
]
"""The kinds of source that the vendor lists; any other text does too."""

IdentificationType: TypeAlias = Literal["ANONYMOUS", "COOKIED", "ID_PROVIDED", "TOKEN"]
"""How the vendor's own widget says that a user was recognised; any other text does too."""


class UserPropertiesInput(TypedDict, total=False):
    """Who a user is; further names are allowed.

    Attributes:
        id: The user's id.
        identificationType: How the user was recognised.
        userId: The user's id, as the support copilot sends it.
        supportAgentName: The support agent in charge.
        supportAgentEmail: That agent's address.
        userType: What kind of user this is.
    """

    id: str | float | None
    identificationType: IdentificationType | str | None
    userId: str | float | None
    supportAgentName: str | None
    supportAgentEmail: str | None
    userType: str | None


User: TypeAlias = UserPropertiesInput | Mapping[str, object]
"""Who a user is: the vendor's names, and any of your own."""


class _LinkFields(TypedDict, total=False):
    label: str | None
    title: str | None
    description: str | None
    type: LinkType | str | None
    breadcrumbs: Sequence[str] | None


class LinkInput(_LinkFields):
    """A source that a message refers to: its ``url`` and, where known, what it is."""

    url: str


class ToolCallFunctionInput(TypedDict):
    """A function and the arguments it was called with, as text."""

    name: str
    arguments: str


class ToolCallInput(TypedDict):
    """A tool that an assistant asked for."""

    id: str
    type: Literal["function"]
    function: ToolCallFunctionInput


class TextItemInput(TypedDict):
    """A part of a message that is text."""

    type: Literal["text"]
    text: str


class _ImageFields(TypedDict, total=False):
    detail: Literal["auto", "low", "high"] | None


class ImageInput(_ImageFields):
    """Where a picture is, and how closely to look at it."""

    url: str


class ImageItemInput(TypedDict):
    """A part of a message that is a picture."""

    type: Literal["image_url"]
    image_url: ImageInput


class _MessageFields(TypedDict, total=False):
    id: str
    type: str
    externalId: str | None
    externalUrl: str | None
    createdAt: Time | None
    updatedAt: Time | None
    name: str | None
    links: Sequence[LinkInput] | None
    properties: Properties | None
    userProperties: User | None


class _OpenAIMessageFields(_MessageFields, total=False):
    tool_calls: Sequence[ToolCallInput] | None


class OpenAIMessageInput(_OpenAIMessageFields):
    """A message in the form of OpenAI's API."""

    role: Literal["system", "user", "assistant"]
    content: str | Sequence[TextItemInput | ImageItemInput]


class _SupportMessageFields(_MessageFields, total=False):
    content: str | None


class SupportMessageInput(_SupportMessageFields):
    """A message of a support conversation: any role, content optional."""

    role: str


class _ConversationFields(TypedDict, total=False):
    id: str
    externalId: str | None
    externalUrl: str | None
    supportTicketConversationId: str | None
    createdAt: Time | None
    updatedAt: Time | None
    projectId: str | None
    integrationId: str | None
    properties: Properties | None
    userProperties: User | None
    tags: Sequence[str] | None
    visibility: Literal["private", "public"] | None


class OpenAIConversationInput(_ConversationFields):
    """A chat in the form of OpenAI's API, with all its messages."""

    type: Literal["openai"]
    messages: Sequence[OpenAIMessageInput]


class SupportTicketConversationInput(_ConversationFields):
    """A support ticket, with all its messages."""

    type: Literal["support_ticket"]
    messages: Sequence[SupportMessageInput]


class SupportCopilotConversationInput(_ConversationFields):
    """A support agent's chat with the copilot, with all its messages."""

    type: Literal["support_copilot"]
    messages: Sequence[SupportMessageInput]


ConversationInput: TypeAlias = (
    OpenAIConversationInput | SupportTicketConversationInput | SupportCopilotConversationInput
)
"""A conversation to be logged; ``type`` decides what its messages may be."""


class _EventFields(TypedDict, total=False):
    id: str
    createdAt: Time | None
    projectId: str | None
    integrationId: str | None
    properties: Properties | None
    userProperties: User | None


class MessageEventInput(_EventFields):
    """Something that a user did with a message; ``type`` says what, in your own words."""

    type: str
    entityType: Literal["message"]
    messageId: str


class ConversationEventInput(_EventFields):
    """Something that a user did with a conversation; ``type`` says what, in your own words."""

    type: str
    entityType: Literal["conversation"]
    conversationId: str


class SearchEventInput(_EventFields):
    """Something that a user searched for; ``type`` says how, in your own words."""

    type: str
    entityType: Literal["search"]
    searchQuery: str


EventInput: TypeAlias = MessageEventInput | ConversationEventInput | SearchEventInput
"""An event to be logged; ``entityType`` decides which further field is required."""


class FeedbackReasonInput(TypedDict):
    """Why a message is judged so: the reason's name, and the reason in words."""

    label: str
    details: str


class _FeedbackSourceFields(TypedDict, total=False):
    title: str | None
    url: str | None


class FeedbackSourceInput(_FeedbackSourceFields):
    """The judgement of one source of a message."""

    type: Literal["positive", "negative", "new"] | None


class _FeedbackFields(TypedDict, total=False):
    id: str
    createdAt: Time | None
    updatedAt: Time | None
    reasons: Sequence[FeedbackReasonInput] | None
    details: str | None
    properties: Properties | None
    userProperties: User | None
    sources: Sequence[FeedbackSourceInput] | None


class FeedbackInput(_FeedbackFields):
    """One user's judgement of one message."""

    type: Literal["positive", "negative"]
    messageId: str
