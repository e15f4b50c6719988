"""Reports on what users search for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep import rows
from dialytics_clients.inkeep.api import query as query_api

from ...._async.client import AsyncVendorClient
from ..declarations import TOP_SEARCH_QUERIES, WEEKLY_SEARCH_USERS
from ..results import read_report
from ..wire import report_query

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import Unpack

    from dialytics_clients.inkeep.rows import SearchQueryCount, WeeklySearchUsers

    from ...._options import CallOptions
    from ..results import QueryResult


class AsyncSearchCalls(AsyncVendorClient):
    """The part of the client that reports on searches."""

    async def top_search_queries(
        self,
        *,
        after: date | datetime | str | None = None,
        project_id: str | None = None,
        allow_truncated: bool = False,
        **options: Unpack[CallOptions],
    ) -> QueryResult[SearchQueryCount]:
        """Return what was searched most, with how often.

        Args:
            after: Count only what came after: an aware datetime, a date (its midnight in UTC), or
                text that is sent as it is. The vendor names the parameter only; that it is a time
                is inferred.
            project_id: Count only this project.
            allow_truncated: Take the rows that came although the vendor says that there are more,
                instead of raising.
            options: See ``CallOptions``.

        Returns:
            The search queries; their counts are whole numbers here, though the vendor sends text.

        Raises:
            InvalidResponse: There are more rows than came.

        Source: operation topSearchQueries of specs/inkeep.

        Example:
            >>> top = await inkeep.top_search_queries()
            >>> top.rows[0].count >= top.rows[-1].count
            True
        """
        built = query_api.build_list_top_search_queries(**report_query(after, project_id))
        read = read_report(rows.SearchQueryCount, allow_truncated=allow_truncated)
        return await self._call(TOP_SEARCH_QUERIES, built, read, options)

    async def weekly_search_users(
        self,
        *,
        after: date | datetime | str | None = None,
        project_id: str | None = None,
        allow_truncated: bool = False,
        **options: Unpack[CallOptions],
    ) -> QueryResult[WeeklySearchUsers]:
        """Return how many different users searched in each week.

        Args:
            after: Count only what came after: an aware datetime, a date (its midnight in UTC), or
                text that is sent as it is. The vendor names the parameter only; that it is a time
                is inferred.
            project_id: Count only this project.
            allow_truncated: Take the rows that came although the vendor says that there are more,
                instead of raising.
            options: See ``CallOptions``.

        Returns:
            The weeks, as text, each with a whole number of users.

        Raises:
            InvalidResponse: There are more rows than came.

        Source: operation weeklySearchUsers of specs/inkeep.

        Example:
            >>> weeks = await inkeep.weekly_search_users()
            >>> all(week.unique_users > 0 for week in weeks)
            True
        """
        built = query_api.build_list_weekly_search_users(**report_query(after, project_id))
        read = read_report(rows.WeeklySearchUsers, allow_truncated=allow_truncated)
        return await self._call(WEEKLY_SEARCH_USERS, built, read, options)
