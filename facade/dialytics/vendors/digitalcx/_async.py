"""The DigitalCX client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.digitalcx import rows
from dialytics_clients.digitalcx.api import interactions as interactions_api

from ..._async.client import AsyncVendorClient
from ..._ranges import Range
from ..._settings import find_root, need, require_text
from .credentials import find_auth
from .declarations import VENDOR
from .options import (
    InteractionOptions,
    MainTypeFilter,
    find_columns,
    find_cultures,
    find_operation,
    read_filters,
)

if TYPE_CHECKING:
    from typing import Any, Unpack

    from dialytics_clients.digitalcx.rows import Interaction

    from ..._async.client import AsyncClientOptions
    from ..._async.pager import AsyncPager
    from ..._auth import Auth, TokenProvider
    from ..._declarations import Operation
    from .credentials import ClientCredentials


class AsyncDigitalCX(AsyncVendorClient):
    """A client of the DigitalCX Analytics API (Conversational AI Cloud by CM.com).

    Args:
        customer: The customer key; else from ``DIALYTICS_DIGITALCX_CUSTOMER``.
        project: The project key; else from ``DIALYTICS_DIGITALCX_PROJECT``.
        auth: A token, a callable that returns one, or ``ClientCredentials``; else a token from
            ``DIALYTICS_DIGITALCX_TOKEN``, or client credentials from
            ``DIALYTICS_DIGITALCX_CLIENT_ID`` and ``DIALYTICS_DIGITALCX_CLIENT_SECRET``.
        base_url: Where requests go; else from ``DIALYTICS_DIGITALCX_BASE_URL``, else the vendor's.
        options: See ``AsyncClientOptions``.

    Raises:
        ConfigurationError: A setting is missing or cannot be used.
        ArgumentError: A credential, ``timeout`` or ``max_retries`` cannot be used.
    """

    def __init__(
        self,
        *,
        customer: str | None = None,
        project: str | None = None,
        auth: str | TokenProvider | ClientCredentials | Auth | None = None,
        base_url: str | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        self._take_options(VENDOR, options)
        self._place = (
            require_text("customer", need(VENDOR, "CUSTOMER", customer)),
            require_text("project", need(VENDOR, "PROJECT", project)),
        )
        super().__init__(
            VENDOR,
            find_root(VENDOR, base_url, options),
            find_auth(auth, options),
            options,
        )

    def interactions(
        self,
        *,
        culture: str | Sequence[str],
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[InteractionOptions],
    ) -> AsyncPager[Interaction]:
        """Read the interaction log of a range of time.

        The range is cut into windows of a day, the vendor's limit; they come in ascending order
        whatever runs at once, each in the vendor's order (several cultures: window, then culture).

        Args:
            culture: The culture, case-sensitive and usually in lower case, or several.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``). Not more than 90 days back, and not before 2024-12-15.
            end: The end, exclusive; ``None``: now, less five minutes in which rows still settle.
            options: Filters and more; see ``InteractionOptions``.

        Returns:
            A pager of ``Interaction`` rows.

        Raises:
            ArgumentError: A filter cannot be meant; nothing has been sent.
            WindowError: The vendor would refuse the range; nothing has been sent.
            UnknownProject: While iterating: no such customer and project, or no access to it.
            DialyticsError: While iterating: any other, with the checkpoint to resume from.

        Source: knowledgecenter.cm.com/kc/the-analytics-api.

        Example:
            >>> day = digitalcx.interactions(
            ...     culture="en",
            ...     start=date(2026, 10, 1),
            ...     end=date(2026, 10, 2),
            ...     interaction_types=["QA", "GenerativeAI"],
            ... )
            >>> rows = [row async for row in day]
            >>> rows[0].timestamp_start.date(), "QA" in rows[0].all_interaction_types
            (datetime.date(2026, 10, 1), True)
        """
        operation, cultures = find_operation(options), find_cultures(culture)
        built = interactions_api.build_get_interactions(
            *self._place, culture="", start_date="", end_date="", **read_filters(options)
        )
        # What is looked for are somebody's words.
        built["secrets"] = (options.get("filter_text") or "",)
        within = Range(start, end, options.get("tz", UTC), options.get("clip", False))
        return self._list_by_culture(operation, built, cultures, within, options)

    def _list_by_culture(
        self,
        operation: Operation,
        built: dict[str, Any],
        cultures: Sequence[str],
        within: Range,
        options: InteractionOptions,
    ) -> AsyncPager[Interaction]:
        asked = built["params"]
        main = asked.get("mainInteractionType")
        return self._list(
            operation,
            built,
            rows.Interaction,
            options,
            within=within,
            keys=cultures,
            key_parameter="culture",
            expects=None if main is None else MainTypeFilter(main),
            kind=InteractionOptions,
            columns=find_columns(options),
            # Whether sessions are judged by all of their rows or by a request's is not known.
            divisible=not asked.get("activeSessionOnly"),
        )
