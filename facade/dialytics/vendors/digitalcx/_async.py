"""The DigitalCX client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.digitalcx.api import interactions as interactions_api
from dialytics_clients.digitalcx.rows import Interaction
from dialytics_clients.digitalcx.types import UNSET

from ..._async.client import AsyncVendorClient, Range
from ..._messages import given
from ..._settings import find_root, need, require_text
from .declarations import (
    INTERACTIONS,
    VENDOR,
    InteractionType,
    MainTypeFilter,
    find_auth,
    find_cultures,
    find_flags,
)

if TYPE_CHECKING:
    from typing import Unpack

    from ..._async.client import AsyncClientOptions
    from ..._async.pager import AsyncPager
    from ..._auth import Auth, ClientCredentials, TokenProvider
    from ..._options import RangeOptions


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
        self._customer = require_text("customer", need(VENDOR, "CUSTOMER", customer))
        self._project = require_text("project", need(VENDOR, "PROJECT", project))
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
        filter_text: str | None = None,
        interaction_types: InteractionType | int | None = None,
        main_interaction_type: InteractionType | int | None = None,
        active_session_only: bool | None = None,
        include_user_info: bool | None = None,
        environment: str | None = None,
        session_mode: str | None = None,
        clip: bool = False,
        **options: Unpack[RangeOptions],
    ) -> AsyncPager[Interaction]:
        """Read the interaction log of a range of time.

        The range is cut into windows of a day, the vendor's limit; they come in ascending order
        whatever runs at once, each in the vendor's order (several cultures: window, then culture).

        Args:
            culture: The culture, case-sensitive and usually in lower case, or several.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``). Not more than 90 days back, and not before 2024-12-15.
            end: The end, exclusive; ``None``: now, less five minutes in which rows still settle.
            filter_text: Text that the interaction's value must hold, case-sensitive.
            interaction_types: Only interactions that have any of these types.
            main_interaction_type: Only interactions whose main type is one of these. The vendor
                documents two spellings of this filter; both are sent, and rows that neither
                excluded are counted in ``stats.not_filtered``.
            active_session_only: Only sessions with more than events, data retrievals and dialog
                starts; the vendor's default is false.
            include_user_info: Fill ``additional_session_info`` and ``variables``; needs the role
                admin or content engineer, else both stay empty.
            environment: ``Production`` (the vendor's default) or ``Staging``.
            session_mode: ``Public`` (the vendor's default), ``Internal``, ``Test`` or ``Monitor``.
            clip: Move a start that is too early to the first acceptable one instead of refusing it.
            options: See ``RangeOptions``.

        Returns:
            A pager of ``Interaction`` rows.

        Raises:
            WindowError: The vendor would refuse the range; nothing has been sent.
            UnknownProject: While iterating: no such customer and project, or no access to it.
            DialyticsError: While iterating: any other, with the checkpoint to resume from.

        Source: knowledgecenter.cm.com/kc/the-analytics-api.

        Example:
            >>> day = digitalcx.interactions(
            ...     culture="en", start=date(2026, 10, 1), end=date(2026, 10, 2)
            ... )
            >>> rows = [row async for row in day]
            >>> rows[0].timestamp_start.date()
            datetime.date(2026, 10, 1)
        """
        cultures = find_cultures(culture)
        main = find_flags("main_interaction_type", main_interaction_type)
        built = interactions_api.build_get_interactions(
            self._customer,
            self._project,
            culture=cultures[0],
            start_date="",
            end_date="",
            filter_text=given(filter_text, UNSET),
            interaction_types=given(find_flags("interaction_types", interaction_types), UNSET),
            main_interaction_type=given(main, UNSET),
            main_interaction_types=given(main, UNSET),
            active_session_only=given(active_session_only, UNSET),
            include_userinfo=given(include_user_info, UNSET),
            environment=given(environment, UNSET),
            session_mode=given(session_mode, UNSET),
        )
        return self._list(
            INTERACTIONS,
            built,
            Interaction,
            options,
            within=Range(start, end, options.get("tz", UTC), clip),
            keys=cultures,
            key_parameter="culture",
            expects=None if main is None else MainTypeFilter(main),
        )
