"""Queries: selections and aggregates over four views, a page of rows each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep.api import query as query_api

from ...._async.client import AsyncVendorClient
from ...._payloads import payload
from ..declarations import (
    QUERY_CONVERSATIONS,
    QUERY_EVENTS,
    QUERY_FEEDBACK,
    QUERY_SEMANTIC_THREADS,
)
from ..results import read_query

if TYPE_CHECKING:
    from typing import Unpack

    from ...._options import CallOptions
    from ..requests import (
        ConversationQuery,
        EventQuery,
        FeedbackQuery,
        SemanticThreadQuery,
    )
    from ..results import QueryResult, QueryRow


class AsyncQueryCalls(AsyncVendorClient):
    """The part of the client that queries the views."""

    async def query_conversations(
        self,
        query: ConversationQuery,
        *,
        allow_truncated: bool = False,
        **options: Unpack[CallOptions],
    ) -> QueryResult[QueryRow]:
        """Query the conversations: select, filter, group and order them.

        Args:
            query: The query under the vendor's names, sent as it is; see ``ConversationQuery``.
            allow_truncated: Take the rows that came of a result that is longer than the page the
                vendor gives, instead of raising; ``truncated`` of the result tells.
            options: See ``CallOptions``.

        Returns:
            The rows as mappings by column, and how many there are.

        Raises:
            InvalidResponse: There are more rows than came, and no way to ask for the next ones:
                use ``export_conversations``, or narrow ``where``.
            Unprocessable: The vendor does not accept the query.

        Source: operation queryConversations of specs/inkeep.

        Example:
            >>> result = await inkeep.query_conversations({
            ...     "select": [
            ...         {"type": "field", "field": "type"},
            ...         {"type": "aggregation", "field": "id", "aggregation": "count"},
            ...     ],
            ...     "groupBy": [{"field": "type"}],
            ... })
            >>> sorted(row["type"] for row in result)
            ['openai', 'support_copilot', 'support_ticket']
        """
        built = query_api.build_query_conversations(body=payload(query))
        read = read_query("export_conversations", allow_truncated=allow_truncated)
        return await self._call(QUERY_CONVERSATIONS, built, read, options)

    async def query_events(
        self,
        query: EventQuery,
        *,
        allow_truncated: bool = False,
        **options: Unpack[CallOptions],
    ) -> QueryResult[QueryRow]:
        """Query the events: select, filter, group and order them.

        Args:
            query: The query under the vendor's names, sent as it is; see ``EventQuery``.
            allow_truncated: Take the rows that came of a result that is longer than the page the
                vendor gives, instead of raising; ``truncated`` of the result tells.
            options: See ``CallOptions``.

        Returns:
            The rows as mappings by column, and how many there are.

        Raises:
            InvalidResponse: There are more rows than came, and no way to ask for the next ones:
                use ``export_events``, or narrow ``where``.
            Unprocessable: The vendor does not accept the query.

        Source: operation queryEvents of specs/inkeep.

        Example:
            >>> searches = {"field": "eventType", "operator": "eq", "value": "search"}
            >>> result = await inkeep.query_events({
            ...     "select": [{"type": "field", "field": "searchQuery"}],
            ...     "where": {"condition": searches},
            ... })
            >>> len(result) == result.total
            True
        """
        built = query_api.build_query_events(body=payload(query))
        read = read_query("export_events", allow_truncated=allow_truncated)
        return await self._call(QUERY_EVENTS, built, read, options)

    async def query_feedback(
        self,
        query: FeedbackQuery,
        *,
        allow_truncated: bool = False,
        **options: Unpack[CallOptions],
    ) -> QueryResult[QueryRow]:
        """Query the feedback: select, filter, group and order it.

        Args:
            query: The query under the vendor's names, sent as it is; see ``FeedbackQuery``.
            allow_truncated: Take the rows that came of a result that is longer than the page the
                vendor gives, instead of raising; ``truncated`` of the result tells.
            options: See ``CallOptions``.

        Returns:
            The rows as mappings by column, and how many there are.

        Raises:
            InvalidResponse: There are more rows than came, and no way to ask for the next ones:
                use ``export_feedback``, or narrow ``where``.
            Unprocessable: The vendor does not accept the query.

        Source: operation queryFeedback of specs/inkeep.

        Example:
            >>> negative = {"field": "type", "operator": "eq", "value": "negative"}
            >>> result = await inkeep.query_feedback({
            ...     "select": [{"type": "field", "field": "details"}],
            ...     "where": {"condition": negative},
            ... })
            >>> result.truncated
            False
        """
        built = query_api.build_query_feedback(body=payload(query))
        read = read_query("export_feedback", allow_truncated=allow_truncated)
        return await self._call(QUERY_FEEDBACK, built, read, options)

    async def query_semantic_threads(
        self,
        query: SemanticThreadQuery,
        *,
        allow_truncated: bool = False,
        **options: Unpack[CallOptions],
    ) -> QueryResult[QueryRow]:
        """Query the threads of question and answer that the vendor finds in conversations.

        Args:
            query: The query under the vendor's names, sent as it is; see ``SemanticThreadQuery``.
            allow_truncated: Take the rows that came of a result that is longer than the page the
                vendor gives, instead of raising; ``truncated`` of the result tells.
            options: See ``CallOptions``.

        Returns:
            The rows as mappings by column, and how many there are.

        Raises:
            InvalidResponse: There are more rows than came, and no way to ask for the next ones:
                use ``export_semantic_threads``, or narrow ``where``.
            Unprocessable: The vendor does not accept the query.

        Source: operation querySemanticThreads of specs/inkeep.

        Example:
            >>> result = await inkeep.query_semantic_threads({
            ...     "select": [
            ...         {"type": "field", "field": "subject"},
            ...         {"type": "aggregation", "field": "id", "aggregation": "count"},
            ...     ],
            ...     "groupBy": [{"field": "subject"}],
            ...     "orderBy": [{"field": "count_id", "direction": "desc"}],
            ... })
            >>> "account" in [row["subject"] for row in result]
            True
        """
        built = query_api.build_query_semantic_threads(body=payload(query))
        read = read_query("export_semantic_threads", allow_truncated=allow_truncated)
        return await self._call(QUERY_SEMANTIC_THREADS, built, read, options)
