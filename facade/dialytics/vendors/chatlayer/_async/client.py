"""The Chatlayer client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from dialytics_clients.chatlayer import rows
from dialytics_clients.chatlayer.api import analytics as analytics_api

from ...._payloads import payload
from ...._replies import read_row
from ...._settings import find_root
from ..declarations import ECHO, VENDOR, find_auth, find_region
from ..wire import echo_body
from .bots import AsyncBotMethods
from .events import AsyncEventMethods
from .flows import AsyncFlowMethods
from .intents import AsyncIntentMethods
from .subscriptions import AsyncSubscriptionMethods
from .teams import AsyncTeamMethods

if TYPE_CHECKING:
    from typing import Unpack

    from ...._async.client import AsyncClientOptions
    from ...._auth import Auth, TokenProvider
    from ...._options import CallOptions
    from ..declarations import Region


class AsyncChatlayer(
    AsyncBotMethods,
    AsyncEventMethods,
    AsyncFlowMethods,
    AsyncIntentMethods,
    AsyncSubscriptionMethods,
    AsyncTeamMethods,
):
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
        self._take_options(VENDOR, options)
        vendor = evolve(VENDOR, base_url=find_region(region))
        super().__init__(
            vendor,
            find_root(vendor, base_url, options),
            find_auth(token_id, token_secret, auth),
            options,
        )

    async def echo(self, message: str, **options: Unpack[CallOptions]) -> str:
        """Send a message and return what comes back: a check of the connection and credentials.

        Args:
            message: The message.
            options: See ``CallOptions``.

        Raises:
            ArgumentError: The message is no text.

        Source: operation Echo of specs/chatlayer.

        Example:
            >>> await chatlayer.echo("hello")
            'hello'
        """
        built = analytics_api.build_echo(body=payload(echo_body(message)))
        reply = await self._call(ECHO, built, read_row(rows.EchoResponse), options)
        return reply.message or ""
