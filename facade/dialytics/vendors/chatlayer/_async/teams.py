"""What a team's bots have used."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.chatlayer.api import conversations as conversations_api
from dialytics_clients.chatlayer.api import knowledge_base as knowledge_base_api
from dialytics_clients.chatlayer.api import voice as voice_api

from ...._settings import require_text
from ..declarations import KNOWLEDGE_BASE_USAGE, TEAM_CONVERSATIONS, VOICE_MINUTES
from ..options import KnowledgeBaseOptions, TeamOptions, VoiceOptions
from ..wire import team_query
from .reports import AsyncReportMethods

if TYPE_CHECKING:
    from typing import Unpack

    from ..options import TeamBucket
    from ..series import Series


class AsyncTeamMethods(AsyncReportMethods):
    """What a team's bots have used."""

    async def team_conversations(
        self,
        team_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[TeamOptions],
    ) -> Series:
        """Return how many conversations a team's bots had, over time.

        Args:
            team_id: The team.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``TeamOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetTeamConversationsUsage of specs/chatlayer.

        Example:
            >>> series = await chatlayer.team_conversations(
            ...     "team", start=date(2026, 9, 1), end=date(2026, 11, 1), bucket="1m",
            ...     group_by=["bot_id", "language"],
            ... )
            >>> series.x_values
            ('2026-09-01T00:00:00Z', '2026-10-01T00:00:00Z')
        """
        query = team_query(TEAM_CONVERSATIONS, options, TeamOptions)
        team = require_text("team_id", team_id)
        built = conversations_api.build_get_team_conversations_usage(team, **query)
        return await self._series(TEAM_CONVERSATIONS, built, (start, end), options)

    async def voice_minutes(
        self,
        team_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[VoiceOptions],
    ) -> Series:
        """Return how many minutes a team's voice bots talked, over time.

        Args:
            team_id: The team.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``VoiceOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetVoiceAnalytics of specs/chatlayer.

        Example:
            >>> minutes = await chatlayer.voice_minutes(
            ...     "team", start=date(2026, 10, 1), end=date(2026, 10, 8), bucket="1d"
            ... )
            >>> minutes.series[0].sum == sum(point.value for point in minutes)
            True
        """
        query = team_query(VOICE_MINUTES, options, VoiceOptions)
        team = require_text("team_id", team_id)
        built = voice_api.build_get_voice_analytics(team, **query)
        return await self._series(VOICE_MINUTES, built, (start, end), options)

    async def knowledge_base_usage(
        self,
        team_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        bucket: TeamBucket,
        **options: Unpack[KnowledgeBaseOptions],
    ) -> Series:
        """Return how much a team's bots used the knowledge base, over time.

        Args:
            team_id: The team.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            bucket: ``1d``, ``1w`` or ``1m``, which the vendor requires here; shorter than the
                range.
            options: See ``KnowledgeBaseOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetTeamKnowledgeBaseUsage of specs/chatlayer, a beta of the vendor's.

        Example:
            >>> usage = await chatlayer.knowledge_base_usage(
            ...     "team", start=date(2026, 10, 1), end=date(2026, 10, 8), bucket="1d"
            ... )
            >>> len(usage)
            7
        """
        query = team_query(KNOWLEDGE_BASE_USAGE, options, KnowledgeBaseOptions, bucket=bucket)
        team = require_text("team_id", team_id)
        built = knowledge_base_api.build_get_team_knowledge_base_usage(team, **query)
        return await self._series(KNOWLEDGE_BASE_USAGE, built, (start, end), options)
