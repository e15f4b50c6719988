"""Tracking events and their definitions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.chatlayer import rows
from dialytics_clients.chatlayer.api import events as events_api

from ...._async.client import AsyncVendorClient
from ...._options import RangeOptions
from ...._payloads import payload
from ...._ranges import Range
from ...._replies import read_row
from ...._settings import require_text
from ..declarations import CREATE_EVENT_DEFINITION, EVENT_DEFINITIONS, EVENTS
from ..wire import bot_query, definition_body, require_created

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.chatlayer.rows import EventDefinition, TrackingEvent

    from ...._async.pager import AsyncPager
    from ...._options import CallOptions, ListOptions
    from ..options import Version


class AsyncEventMethods(AsyncVendorClient):
    """Tracking events and their definitions."""

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
        query = bot_query(EVENTS, options, RangeOptions, version=version)
        built = events_api.build_list_events(require_text("bot_id", bot_id), **query)
        within = Range(start, end, options.get("tz", UTC))
        return self._list(EVENTS, built, rows.TrackingEvent, options, within=within)

    def event_definitions(
        self, bot_id: str, **options: Unpack[ListOptions]
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
        return self._list(EVENT_DEFINITIONS, built, rows.EventDefinition, options)

    async def create_event_definition(
        self,
        bot_id: str,
        *,
        event: str,
        description: str | None = None,
        **options: Unpack[CallOptions],
    ) -> EventDefinition:
        """Define a tracking event.

        It is not sent again once it may have arrived, since each time makes another definition:
        after a ``ConnectionFailed`` whose ``sent`` is not ``False``, look at
        ``event_definitions`` first.

        Args:
            bot_id: The bot.
            event: The event's name.
            description: What it means.
            options: See ``CallOptions``.

        Returns:
            The definition as it was stored.

        Raises:
            ArgumentError: A text is empty or none; nothing has been sent.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation CreateEventDefinition of specs/chatlayer.

        Example:
            >>> made = await chatlayer.create_event_definition("shop", event="refund")
            >>> made.event
            'refund'
        """
        body = payload(definition_body(event, description))
        built = events_api.build_create_event_definition(require_text("bot_id", bot_id), body=body)
        read = read_row(rows.CreateEventDefinitionResponse)
        reply = await self._call(CREATE_EVENT_DEFINITION, built, read, options)
        return require_created(reply.event_definition)
