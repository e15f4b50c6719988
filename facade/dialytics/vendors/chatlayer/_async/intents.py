"""What users of a bot wanted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.chatlayer import rows
from dialytics_clients.chatlayer.api import intents as intents_api

from ...._ranges import Range
from ...._settings import require_text
from ..declarations import INTENT_INSIGHTS, INTENTS, choose_intents
from ..options import BucketOptions, IntentOptions
from ..wire import bot_query
from .reports import AsyncReportMethods

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.chatlayer.rows import IntentInfo

    from ...._async.pager import AsyncPager
    from ..options import Direction
    from ..series import Series


class AsyncIntentMethods(AsyncReportMethods):
    """What users of a bot wanted."""

    def intents(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        direction: Direction = "forward",
        **options: Unpack[IntentOptions],
    ) -> AsyncPager[IntentInfo]:
        """Read a bot's intents in the order of their use.

        The ranking is of the whole range, which is therefore one window.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            direction: ``forward`` reads pages from the first on, ``backward`` from the last back;
                within a page the order is the vendor's.
            options: See ``IntentOptions``.

        Returns:
            A pager of ``IntentInfo`` rows.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetIntents of specs/chatlayer.

        Example:
            >>> top = chatlayer.intents(
            ...     "bot", start=date(2026, 10, 1), end=date(2026, 11, 1), max_items=3
            ... )
            >>> [intent.rank async for intent in top]
            [1, 2, 3]
        """
        from ..buckets import check_bucket  # noqa: PLC0415  # the client needs none of it

        operation, query = choose_intents(direction), bot_query(INTENTS, options, IntentOptions)
        within = Range(start, end, options.get("tz", UTC))
        check_bucket(INTENTS, query.get("bucket"), self._plan(INTENTS, within).windows[0])
        built = intents_api.build_get_intents(require_text("bot_id", bot_id), **query)
        return self._list(
            operation,
            built,
            rows.IntentInfo,
            options,
            within=within,
            kind=IntentOptions,
            divisible=False,
        )

    async def intent_insights(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[BucketOptions],
    ) -> Series:
        """Return the vendor's insights into a bot's intents, over time: one request.

        What the figures are is documented nowhere, and so they are never put together from those
        of parts of the range: there is no ``split``.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``BucketOptions``.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetIntentInsights of specs/chatlayer.

        Example:
            >>> series = await chatlayer.intent_insights(
            ...     "bot", start=date(2026, 10, 1), end=date(2026, 10, 8), bucket="1d"
            ... )
            >>> len(series.x_values)
            7
        """
        query = bot_query(INTENT_INSIGHTS, options, BucketOptions)
        built = intents_api.build_get_intent_insights(require_text("bot_id", bot_id), **query)
        return await self._series(INTENT_INSIGHTS, built, (start, end), options)
