"""The DigitalCX client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import TYPE_CHECKING

from dialytics_clients.digitalcx.api import interactions as interactions_api
from dialytics_clients.digitalcx.rows import Interaction
from dialytics_clients.digitalcx.types import UNSET

from ..._async.client import AsyncOptions, AsyncVendorClient, Range
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
    from ..._async.pager import AsyncPager
    from ..._auth import Auth, ClientCredentials, TokenProvider
    from ..._checkpoints import Checkpoint
    from ..._http import AsyncWire, Proxy, Timeout, Verify


class AsyncDigitalCX(AsyncVendorClient):
    """A client of the DigitalCX Analytics API (Conversational AI Cloud by CM.com).

    Args:
        customer: The customer key; else from ``DIALYTICS_DIGITALCX_CUSTOMER``.
        project: The project key; else from ``DIALYTICS_DIGITALCX_PROJECT``.
        auth: A token, a callable that returns one, or ``ClientCredentials``; else a token from
            ``DIALYTICS_DIGITALCX_TOKEN``, or client credentials from
            ``DIALYTICS_DIGITALCX_CLIENT_ID`` and ``DIALYTICS_DIGITALCX_CLIENT_SECRET``.
        base_url: Where requests go; else from ``DIALYTICS_DIGITALCX_BASE_URL``, else the vendor's.
        timeout: Seconds to wait for the next bytes of a response; 300 by default, since full days
            are slow, or what your own ``http_client`` has.
        max_retries: How often a failed request is repeated.
        http_client: Your own httpx client; closing it stays with you.
        now: A clock that returns aware datetimes, for the 90-day rule.
        proxy: A proxy's URL.
        verify: An ``ssl.SSLContext`` for certificates of your own.
        allow_insecure: Allow plain http to hosts other than loopback.

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
        timeout: Timeout = None,
        max_retries: int = 3,
        http_client: AsyncWire | None = None,
        now: Callable[[], datetime] | None = None,
        proxy: Proxy = None,
        verify: Verify = True,
        allow_insecure: bool = False,
    ) -> None:
        self._customer = require_text("customer", need(VENDOR, "CUSTOMER", customer))
        self._project = require_text("project", need(VENDOR, "PROJECT", project))
        super().__init__(
            VENDOR,
            find_root(VENDOR, base_url, allow_insecure=allow_insecure),
            find_auth(auth, allow_insecure=allow_insecure),
            AsyncOptions(
                timeout=timeout,
                max_retries=max_retries,
                http_client=http_client,
                now=now,
                proxy=proxy,
                verify=verify,
            ),
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
        tz: tzinfo | str = UTC,
        clip: bool = False,
        concurrency: int | None = None,
        max_items: int | None = None,
        page_size: int | None = None,
        resume: Checkpoint | str | None = None,
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
            tz: The time zone of dates.
            clip: Move a start that is too early to the first acceptable one instead of refusing it.
            concurrency: How many windows are read at once; 4, or 1 with ``max_items``.
            max_items: Stop after this many rows.
            page_size: The most rows in a page of ``pages()``; the vendor's own pages cannot be
                sized.
            resume: A checkpoint of the same call, to go on behind the row it stands after.

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
            within=Range(start=start, end=end, tz=tz, clip=clip),
            keys=cultures,
            key_parameter="culture",
            expects=None if main is None else MainTypeFilter(main),
            concurrency=concurrency,
            max_items=max_items,
            page_size=page_size,
            resume=resume,
        )
