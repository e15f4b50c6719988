"""The Chatlayer client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from attrs import evolve

from dialytics_clients.chatlayer.api import analytics as analytics_api
from dialytics_clients.chatlayer.api import conversations as conversations_api
from dialytics_clients.chatlayer.api import events as events_api
from dialytics_clients.chatlayer.api import intents as intents_api
from dialytics_clients.chatlayer.api import subscriptions as subscriptions_api
from dialytics_clients.chatlayer.rows import (
    EchoResponse,
    EventDefinition,
    IntentInfo,
    SeriesResponse,
    Subscription,
    TrackingEvent,
)
from dialytics_clients.chatlayer.types import UNSET

from ...._async.client import AsyncVendorClient, Range
from ...._listings import read_row
from ...._messages import given, payload
from ...._settings import find_root, require_text
from ....errors import ArgumentError
from ..declarations import (
    CONVERSATIONS,
    ECHO,
    EVENT_DEFINITIONS,
    EVENTS,
    INTENT_PAGING,
    INTENTS,
    SUBSCRIPTIONS,
    VENDOR,
    check_bucket,
    find_auth,
    find_region,
    join_values,
)
from ..series import Series

if TYPE_CHECKING:
    from typing import Unpack

    from ...._async.client import AsyncClientOptions
    from ...._async.pager import AsyncPager
    from ...._auth import Auth, TokenProvider
    from ...._options import CallOptions, ListOptions, RangeOptions, ReportOptions
    from ..declarations import Bucket, Direction, GroupBy, Region, Version


class AsyncChatlayer(AsyncVendorClient):
    """A client of the Chatlayer Analytics API (by Sinch).

    Args:
        token_id: The id of an API token; else from ``DIALYTICS_CHATLAYER_TOKEN_ID``.
        token_secret: Its secret; else from ``DIALYTICS_CHATLAYER_TOKEN_SECRET``.
        region: Where the team's data is: ``eu``, ``us``, ``apac`` or ``sa``.
        auth: A ready ``Authorization`` value, or a callable that returns one, instead.
        base_url: Where requests go; else from ``DIALYTICS_CHATLAYER_BASE_URL``, else the region's.
        options: See ``AsyncClientOptions``.

    Raises:
        ConfigurationError: A setting is missing or cannot be used.
        ArgumentError: A credential, ``timeout`` or ``max_retries`` cannot be used.
    """

    def __init__(
        self,
        *,
        token_id: str | None = None,
        token_secret: str | None = None,
        region: Region = "eu",
        auth: str | TokenProvider | Auth | None = None,
        base_url: str | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        vendor = evolve(VENDOR, base_url=find_region(region))
        super().__init__(
            vendor,
            find_root(vendor, base_url, options),
            find_auth(token_id, token_secret, auth),
            options,
        )

    async def echo(self, message: str, **options: Unpack[CallOptions]) -> str:
        """Send a message and return what comes back: a check of the connection and credentials.

        Source: operation Echo of specs/chatlayer.

        Example:
            >>> await chatlayer.echo("hello")
            'hello'
        """
        built = analytics_api.build_echo(body=payload({"message": message}))
        reply = await self._call(ECHO, built, read_row(EchoResponse), options)
        return reply.message or ""

    def events(
        self,
        bot_id: str,
        *,
        version: Version = "LIVE",
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[RangeOptions],
    ) -> AsyncPager[TrackingEvent]:
        """Read a bot's tracking events of a range of time.

        The vendor takes any range; it is read in windows of a day, in ascending order.

        Args:
            bot_id: The bot.
            version: ``LIVE`` or ``DRAFT``.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now, less a minute in which events still settle.
            options: See ``RangeOptions``.

        Returns:
            A pager of ``TrackingEvent`` rows.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.
            DialyticsError: While iterating: any other, with the checkpoint to resume from.

        Source: operation ListEvents of specs/chatlayer.

        Example:
            >>> events = chatlayer.events("bot", start=date(2026, 10, 1), end=date(2026, 10, 2))
            >>> names = {event.event async for event in events}
            >>> len(names) > 1
            True
        """
        built = events_api.build_list_events(
            require_text("bot_id", bot_id), version=version, start_time="", end_time=""
        )
        return self._list(
            EVENTS,
            built,
            TrackingEvent,
            options,
            within=Range(start, end, options.get("tz", UTC)),
        )

    def event_definitions(
        self,
        bot_id: str,
        **options: Unpack[ListOptions],
    ) -> AsyncPager[EventDefinition]:
        """Read the definitions of a bot's tracking events.

        Args:
            bot_id: The bot.
            options: See ``ListOptions``.

        Returns:
            A pager of ``EventDefinition`` rows.

        Source: operation ListEventDefinitions of specs/chatlayer.

        Example:
            >>> definitions = [one async for one in chatlayer.event_definitions("bot")]
            >>> all(one.bot_id == "bot" for one in definitions)
            True
        """
        built = events_api.build_list_event_definitions(require_text("bot_id", bot_id))
        return self._list(
            EVENT_DEFINITIONS,
            built,
            EventDefinition,
            options,
        )

    def subscriptions(
        self,
        bot_id: str,
        **options: Unpack[ListOptions],
    ) -> AsyncPager[Subscription]:
        """Read a bot's webhook subscriptions.

        Args:
            bot_id: The bot.
            options: See ``ListOptions``.

        Returns:
            A pager of ``Subscription`` rows.

        Source: operation ListSubscriptions of specs/chatlayer.

        Example:
            >>> [one.status async for one in chatlayer.subscriptions("bot")]
            []
        """
        built = subscriptions_api.build_list_subscriptions(require_text("bot_id", bot_id))
        return self._list(
            SUBSCRIPTIONS,
            built,
            Subscription,
            options,
        )

    def intents(
        self,
        bot_id: str,
        *,
        version: Version = "LIVE",
        start: date | datetime,
        end: date | datetime | None = None,
        channel_type: str | Sequence[str] | None = None,
        language: str | Sequence[str] | None = None,
        bucket: Bucket | None = None,
        direction: Direction = "forward",
        **options: Unpack[RangeOptions],
    ) -> AsyncPager[IntentInfo]:
        """Read a bot's intents in the order of their use.

        The ranking is of the whole range, which is therefore one window.

        Args:
            bot_id: The bot.
            version: ``LIVE`` or ``DRAFT``.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            channel_type: Only these channels.
            language: Only these languages.
            bucket: ``1h``, ``1d`` or ``1w``; shorter than the range.
            direction: ``forward`` reads pages from the first on, ``backward`` from the last back;
                within a page the order is the vendor's.
            options: See ``RangeOptions``.

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
        if direction not in INTENT_PAGING:
            raise ArgumentError(
                f"direction must be 'forward' or 'backward'; got {direction!r}", vendor=VENDOR.name
            )
        built = intents_api.build_get_intents(
            require_text("bot_id", bot_id),
            version=version,
            start_time="",
            end_time="",
            channel_type=given(join_values("channel_type", channel_type), UNSET),
            language=given(join_values("language", language), UNSET),
            bucket=given(bucket, UNSET),
        )
        within = Range(start, end, options.get("tz", UTC))
        check_bucket(bucket, self._plan(INTENTS, within).windows[0])
        return self._list(
            evolve(INTENTS, paging=INTENT_PAGING[direction]),
            built,
            IntentInfo,
            options,
            within=within,
        )

    async def conversations(
        self,
        bot_id: str,
        *,
        version: Version = "LIVE",
        start: date | datetime,
        end: date | datetime | None = None,
        channel_type: str | Sequence[str] | None = None,
        language: str | Sequence[str] | None = None,
        bucket: Bucket | None = None,
        group_by: GroupBy | None = None,
        **options: Unpack[ReportOptions],
    ) -> Series:
        """Return how many conversations a bot had, over time: one request, one ``Series``.

        Args:
            bot_id: The bot.
            version: ``LIVE`` or ``DRAFT``.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            channel_type: Only these channels.
            language: Only these languages.
            bucket: ``1h``, ``1d`` or ``1w``; shorter than the range.
            group_by: ``channel_type`` or ``language``: a series for each.
            options: See ``ReportOptions``.

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
        within = Range(start, end, options.get("tz", UTC))
        window = self._plan(CONVERSATIONS, within).windows[0]
        check_bucket(bucket, window)
        built = conversations_api.build_get_conversations(
            require_text("bot_id", bot_id),
            version=version,
            start_time="",
            end_time="",
            channel_type=given(join_values("channel_type", channel_type), UNSET),
            language=given(join_values("language", language), UNSET),
            bucket=given(bucket, UNSET),
            group_by=given(group_by, UNSET),
        )
        reply = await self._call(CONVERSATIONS, built, read_row(SeriesResponse), options, window)
        return Series.from_data(reply.data)
