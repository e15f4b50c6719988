"""Events: what users do with messages, conversations and the search box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep import rows
from dialytics_clients.inkeep.api import events as events_api

from ...._async.client import AsyncVendorClient
from ...._payloads import payload
from ...._replies import read_row
from ..declarations import LOG_EVENT

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.inkeep.rows import Event

    from ...._options import CallOptions
    from ..inputs import EventInput


class AsyncEventCalls(AsyncVendorClient):
    """The part of the client that is about events; they are read with ``query_events``."""

    async def log_event(self, event: EventInput, **options: Unpack[CallOptions]) -> Event:
        """Log something that a user did.

        Args:
            event: The event under the vendor's names, sent as it is: ``type`` (in your own words),
                ``entityType`` and what it names (``messageId``, ``conversationId`` or
                ``searchQuery``) are required. An ``id`` of your own is kept; what the same id does
                twice is not documented, so a failed request is repeated only if it was not sent.
            options: See ``CallOptions``.

        Returns:
            The event as it was stored.

        Raises:
            PayloadTooLarge: The body is over 2 MB; nothing has been sent.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation logEvent of specs/inkeep.

        Example:
            >>> event = await inkeep.log_event({
            ...     "id": "e-1", "type": "search:performed", "entityType": "search",
            ...     "searchQuery": "install",
            ... })
            >>> event.search_query
            'install'
        """
        built = events_api.build_log_event(body=payload(event))
        return await self._call(LOG_EVENT.for_body(event), built, read_row(rows.Event), options)
