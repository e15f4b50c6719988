"""A bot's conversations, messages and users over time."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.chatlayer.api import conversations as conversations_api
from dialytics_clients.chatlayer.api import messages as messages_api
from dialytics_clients.chatlayer.api import users as users_api

from ...._settings import require_text
from ..declarations import CONVERSATION_INSIGHTS, CONVERSATIONS, MESSAGES, USER_ACTIVITY, USERS
from ..options import BotOptions, ConversationOptions, MessageOptions, SeriesOptions
from ..wire import bot_query
from .reports import AsyncReportMethods

if TYPE_CHECKING:
    from typing import Unpack

    from ..options import Stat
    from ..series import Series


class AsyncBotMethods(AsyncReportMethods):
    """A bot's conversations, messages and users over time."""

    async def conversations(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[ConversationOptions],
    ) -> Series:
        """Return how many conversations a bot had, over time.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``ConversationOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetConversations of specs/chatlayer.

        Example:
            >>> series = await chatlayer.conversations(
            ...     "bot", start=date(2026, 10, 1), end=date(2026, 10, 8), bucket="1d"
            ... )
            >>> len(series.x_values)
            7
        """
        query = bot_query(CONVERSATIONS, options, ConversationOptions)
        built = conversations_api.build_get_conversations(require_text("bot_id", bot_id), **query)
        return await self._series(CONVERSATIONS, built, (start, end), options)

    async def conversation_insights(
        self,
        bot_id: str,
        stat: Stat,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[BotOptions],
    ) -> Series:
        """Return one statistic of a bot's conversations: one request.

        The vendor takes no bucket here, so that the axis is its own choice, and there is no
        ``split``.

        Args:
            bot_id: The bot.
            stat: ``num_conversations``, ``duration_seconds`` or ``num_messages``.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``BotOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetConversationsInsights of specs/chatlayer.

        Example:
            >>> series = await chatlayer.conversation_insights(
            ...     "bot", "num_messages", start=date(2026, 10, 1), end=date(2026, 10, 8)
            ... )
            >>> len(series) > 0
            True
        """
        query = bot_query(CONVERSATION_INSIGHTS, options, BotOptions, stat=stat)
        bot = require_text("bot_id", bot_id)
        built = conversations_api.build_get_conversations_insights(bot, **query)
        return await self._series(CONVERSATION_INSIGHTS, built, (start, end), options)

    async def messages(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[MessageOptions],
    ) -> Series:
        """Return how many messages a bot exchanged, over time.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``MessageOptions``: the vendor documents one channel and one language here,
                not several.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.
            ArgumentError: Several channels or languages; nothing has been sent.

        Source: operation GetMessages of specs/chatlayer.

        Example:
            >>> series = await chatlayer.messages(
            ...     "bot", start=date(2026, 10, 1), end=date(2026, 10, 2), bucket="1h", split=6
            ... )
            >>> len(series.x_values)  # four requests
            24
        """
        query = bot_query(MESSAGES, options, MessageOptions)
        built = messages_api.build_get_messages(require_text("bot_id", bot_id), **query)
        return await self._series(MESSAGES, built, (start, end), options)

    async def users(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[SeriesOptions],
    ) -> Series:
        """Return how many users a bot had, over time.

        A user of two buckets counts in both, so that ``sum`` is no number of users.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``SeriesOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetUsers of specs/chatlayer.

        Example:
            >>> series = await chatlayer.users(
            ...     "bot", start=date(2026, 10, 5), end=date(2026, 11, 2), bucket="1w", split=2
            ... )
            >>> series.x_values[-1]
            '2026-10-26T00:00:00Z'
        """
        query = bot_query(USERS, options, SeriesOptions)
        built = users_api.build_get_users(require_text("bot_id", bot_id), **query)
        return await self._series(USERS, built, (start, end), options)

    async def user_activity(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[BotOptions],
    ) -> Series:
        """Return how many users a bot had by day of the week and time of day: one request.

        The figures are of the whole range, so that there is no ``split``.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``BotOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetUserActivity of specs/chatlayer.

        Example:
            >>> activity = await chatlayer.user_activity(
            ...     "bot", start=date(2026, 10, 1), end=date(2026, 11, 1)
            ... )
            >>> activity.labels[0], len(activity.x_values)
            ('Monday', 24)
        """
        query = bot_query(USER_ACTIVITY, options, BotOptions)
        built = users_api.build_get_user_activity(require_text("bot_id", bot_id), **query)
        return await self._series(USER_ACTIVITY, built, (start, end), options)
