"""Queries as mappings under the vendor's own names: for type checkers and completion.

At runtime any mapping does: it is sent as it is. Vocabularies are those that the vendor lists;
any other text is sent too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Literal, TypeAlias, TypedDict, TypeVar

ConversationField: TypeAlias = Literal[
    "id",
    "userMessageCount",
    "organizationId",
    "projectId",
    "integrationId",
    "firstMessageTime",
    "type",
    "properties",
    "userProperties",
]
EventField: TypeAlias = Literal[
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
]
FeedbackField: TypeAlias = Literal[
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
]
SemanticThreadField: TypeAlias = Literal[
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
]
QueryField: TypeAlias = ConversationField | EventField | FeedbackField | SemanticThreadField
"""The fields of all four views."""

PropertyField: TypeAlias = Literal["properties", "userProperties"]
"""The free-form fields."""

View: TypeAlias = Literal[
    "events_view", "conversations_view", "semantic_threads_view", "feedback_view"
]
TimeUnit: TypeAlias = Literal["hour", "day", "week", "month"]
Aggregation: TypeAlias = Literal["sum", "count", "countDistinct", "avg", "min", "max"]
FilterOperator: TypeAlias = Literal[
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "notIn",
    "arrayContains",
    "jsonContains",
    "jsonContainedBy",
    "jsonHasKey",
    "jsonArrayContainsObject",
    "jsonHasAnyKey",
    "jsonHasAllKeys",
    "isNull",
    "isNotNull",
]

F = TypeVar("F", bound=str)


class _Path(TypedDict, total=False):
    path: Sequence[str]


class _Mode(_Path, total=False):
    mode: Literal["unpack", "json"] | str


class FieldSelection(_Mode, Generic[F]):
    """A column that is a field as it is.

    Attributes:
        field: A field of the view.
        path: The way to a value inside a free-form field; not together with mode ``json``.
        mode: How an export writes a free-form field: ``unpack``, the vendor's default, gives each
            key a column of its own, ``json`` one column of JSON.
    """

    type: Literal["field"]
    field: F | str


class _OptionalField(_Path, Generic[F], total=False):
    field: F | str


class TimeSelection(_OptionalField[F], Generic[F]):
    """A column that is a time cut to a unit, called ``createdAt_day``."""

    type: Literal["time"]
    timeUnit: TimeUnit | str


class AggregationSelection(_OptionalField[F], Generic[F]):
    """A column that is an aggregate, called ``count_id``, or ``count`` where it has no field."""

    type: Literal["aggregation"]
    aggregation: Aggregation | str


Selection: TypeAlias = FieldSelection[F] | TimeSelection[F] | AggregationSelection[F]
"""A column of the result."""


class _GroupOptions(_Path, total=False):
    includeInSelect: bool


class GroupBy(_GroupOptions, Generic[F]):
    """A field that rows are grouped by; a column of the result too unless said otherwise."""

    field: F | str


class OrderBy(TypedDict):
    """A column of the result (``type``, ``createdAt_day``, ``count_id``) and a direction."""

    field: str
    direction: Literal["asc", "desc"]


class _Compared(TypedDict, total=False):
    value: object


class FilterCondition(_Compared):
    """A comparison of a field with a value.

    Attributes:
        field: A field of the view.
        operator: How to compare; which one takes which kind of value is not documented.
        value: A text, a number, a truth value, a list of these, an aware datetime, or for a
            free-form field an object or ``{"path": [...], "value": ...}``.
    """

    field: QueryField | str
    operator: FilterOperator | str


class ConditionFilter(TypedDict):
    """A filter that is one condition."""

    condition: FilterCondition


AndFilter = TypedDict("AndFilter", {"and": "Sequence[QueryFilter]"})
"""Filters that all have to hold."""

OrFilter = TypedDict("OrFilter", {"or": "Sequence[QueryFilter]"})
"""Filters of which one has to hold."""

QueryFilter: TypeAlias = ConditionFilter | AndFilter | OrFilter
"""One condition, or several joined by ``and``, or by ``or``."""


class _Query(TypedDict, Generic[F], total=False):
    select: Sequence[Selection[F]]
    groupBy: Sequence[GroupBy[F]]
    where: QueryFilter
    orderBy: Sequence[OrderBy]
    notes: str


class ConversationQuery(_Query[ConversationField], total=False):
    """A query over conversations.

    Attributes:
        select: The columns of the result; what a query without them gives is not documented.
        groupBy: The fields that rows are grouped by.
        where: Which rows count.
        orderBy: The order of the rows.
        notes: Anything, at most 80 characters; not kept.
    """


class EventQuery(_Query[EventField], total=False):
    """A query over events; its parts are those of ``ConversationQuery``."""


class FeedbackQuery(_Query[FeedbackField], total=False):
    """A query over feedback; its parts are those of ``ConversationQuery``."""


class SemanticThreadQuery(_Query[SemanticThreadField], total=False):
    """A query over the threads of question and answer that the vendor finds in conversations.

    Attributes:
        query: What the threads are about, in words; how it is matched is not documented.
    """

    query: str
