"""Exports: whole results of queries, as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep.api import query as query_api

from ...._async.client import AsyncVendorClient
from ...._payloads import payload
from ..declarations import (
    EXPORT_CONVERSATIONS,
    EXPORT_EVENTS,
    EXPORT_FEEDBACK,
    EXPORT_SEMANTIC_THREADS,
)
from ..results import ExportRow
from ..wire import plain_columns

if TYPE_CHECKING:
    from typing import Unpack

    from ...._async.pager import AsyncPager
    from ...._options import ListOptions
    from ..requests import ConversationQuery, EventQuery, FeedbackQuery, SemanticThreadQuery


class AsyncExportCalls(AsyncVendorClient):
    """The part of the client that exports what a query selects."""

    def export_conversations(
        self, query: ConversationQuery, **options: Unpack[ListOptions]
    ) -> AsyncPager[ExportRow]:
        """Read all rows of a query over conversations.

        Args:
            query: The query, as for ``query_conversations``. Its ``select`` decides which
                columns come; their names and order are the vendor's.
            options: See ``ListOptions``; with ``resume``, the query is sent again and the rows that
                were handed out are passed over, which is right where ``orderBy`` leaves no ties.

        Returns:
            A pager of ``ExportRow``: mappings of text by column. They come once the whole response
            has; one that was cut raises ``IncompleteBody``.

        Source: operation exportConversationsQueryResults of specs/inkeep.

        Example:
            >>> fields = [{"type": "field", "field": name} for name in ("id", "type")]
            >>> rows = [row async for row in inkeep.export_conversations({"select": fields})]
            >>> list(rows[0])
            ['id', 'type']
        """
        built = query_api.build_export_conversations(body=payload(query))
        return self._list(
            EXPORT_CONVERSATIONS, built, ExportRow, options, asked=plain_columns(query)
        )

    def export_events(
        self, query: EventQuery, **options: Unpack[ListOptions]
    ) -> AsyncPager[ExportRow]:
        """Read all rows of a query over events.

        Args:
            query: The query, as for ``query_events``. Its ``select`` decides which
                columns come; their names and order are the vendor's.
            options: See ``ListOptions``; with ``resume``, the query is sent again and the rows that
                were handed out are passed over, which is right where ``orderBy`` leaves no ties.

        Returns:
            A pager of ``ExportRow``: mappings of text by column. They come once the whole response
            has; one that was cut raises ``IncompleteBody``.

        Source: operation exportEventsQueryResults of specs/inkeep.

        Example:
            >>> fields = [{"type": "field", "field": name} for name in ("createdAt", "type")]
            >>> pager = inkeep.export_events({"select": fields})
            >>> types = {row["type"] async for row in pager}
            >>> "copied" in types
            True
        """
        built = query_api.build_export_events(body=payload(query))
        return self._list(EXPORT_EVENTS, built, ExportRow, options, asked=plain_columns(query))

    def export_feedback(
        self, query: FeedbackQuery, **options: Unpack[ListOptions]
    ) -> AsyncPager[ExportRow]:
        """Read all rows of a query over feedback.

        Args:
            query: The query, as for ``query_feedback``. Its ``select`` decides which
                columns come; their names and order are the vendor's.
            options: See ``ListOptions``; with ``resume``, the query is sent again and the rows that
                were handed out are passed over, which is right where ``orderBy`` leaves no ties.

        Returns:
            A pager of ``ExportRow``: mappings of text by column. They come once the whole response
            has; one that was cut raises ``IncompleteBody``.

        Source: operation exportFeedbackQueryResults of specs/inkeep.

        Example:
            >>> fields = [{"type": "field", "field": name} for name in ("messageId", "type")]
            >>> pager = inkeep.export_feedback({"select": fields}, max_items=1)
            >>> [list(row) async for row in pager]
            [['messageId', 'type']]
        """
        built = query_api.build_export_feedback(body=payload(query))
        return self._list(EXPORT_FEEDBACK, built, ExportRow, options, asked=plain_columns(query))

    def export_semantic_threads(
        self, query: SemanticThreadQuery, **options: Unpack[ListOptions]
    ) -> AsyncPager[ExportRow]:
        """Read all rows of a query over threads of question and answer.

        Args:
            query: The query, as for ``query_semantic_threads``. Its ``select`` decides which
                columns come; their names and order are the vendor's.
            options: See ``ListOptions``; with ``resume``, the query is sent again and the rows that
                were handed out are passed over, which is right where ``orderBy`` leaves no ties.

        Returns:
            A pager of ``ExportRow``: mappings of text by column. They come once the whole response
            has; one that was cut raises ``IncompleteBody``.

        Source: operation exportSemanticThreadsQueryResults of specs/inkeep.

        Example:
            >>> fields = [{"type": "field", "field": name} for name in ("subject", "question")]
            >>> pager = inkeep.export_semantic_threads({"select": fields}, max_items=1)
            >>> [list(row) async for row in pager]
            [['subject', 'question']]
        """
        built = query_api.build_export_semantic_threads(body=payload(query))
        return self._list(
            EXPORT_SEMANTIC_THREADS, built, ExportRow, options, asked=plain_columns(query)
        )
