"""The Inkeep client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...._settings import find_root
from ..credentials import find_auth
from ..declarations import VENDOR
from .conversations import AsyncConversationCalls
from .events import AsyncEventCalls
from .exports import AsyncExportCalls
from .feedback import AsyncFeedbackCalls
from .properties import AsyncPropertyCalls
from .queries import AsyncQueryCalls
from .searches import AsyncSearchCalls

if TYPE_CHECKING:
    from typing import Unpack

    from ...._async.client import AsyncClientOptions
    from ...._auth import Auth, TokenProvider


class AsyncInkeep(
    AsyncConversationCalls,
    AsyncFeedbackCalls,
    AsyncEventCalls,
    AsyncQueryCalls,
    AsyncExportCalls,
    AsyncPropertyCalls,
    AsyncSearchCalls,
):
    """A client of the Inkeep Analytics API.

    Args:
        api_key: The key of an API integration; else from ``DIALYTICS_INKEEP_API_KEY``.
        web_key: The key of a web integration instead; else from ``DIALYTICS_INKEEP_WEB_KEY``. The
            vendor accepts it for logging conversations and events, and for reading and deleting
            one conversation; nothing else is refused here, the vendor answers ``Forbidden``.
        auth: A key or ready ``Authorization`` value, or a callable that returns one, instead.
        base_url: Where requests go; else from ``DIALYTICS_INKEEP_BASE_URL``, else the vendor's.
        options: See ``AsyncClientOptions``.

    Raises:
        ConfigurationError: A setting is missing or cannot be used.
        ArgumentError: A credential, ``timeout`` or ``max_retries`` cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        web_key: str | None = None,
        auth: str | TokenProvider | Auth | None = None,
        base_url: str | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        self._take_options(VENDOR, options)
        super().__init__(
            VENDOR,
            find_root(VENDOR, base_url, options),
            find_auth(api_key, web_key, auth),
            options,
        )
