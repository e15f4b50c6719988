"""The Cognigy.AI client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dialytics_clients.cognigy.api import analytics as analytics_api

from ..._async.client import AsyncVendorClient
from ..._listings import read_nothing
from ..._messages import payload
from ..._settings import find_root
from ...errors import ArgumentError
from .declarations import VENDOR, choose_update, find_auth, trim_root

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.rows import Json

    from ..._async.client import AsyncClientOptions
    from ..._auth import Auth, PasswordGrant, TokenProvider
    from ..._options import CallOptions


class AsyncCognigy(AsyncVendorClient):
    """A client of Cognigy.AI's analytics records.

    Args:
        api_key: An API key, sent as a header; else from ``DIALYTICS_COGNIGY_API_KEY``.
        cxone_token: A CXone token instead, in integrated environments.
        oauth: A ``PasswordGrant`` instead: tokens are fetched and refreshed.
        auth: An OAuth2 token obtained elsewhere, or a callable that returns one, instead.
        base_url: The root of the API's host, with or without ``/new``; else from
            ``DIALYTICS_COGNIGY_BASE_URL``, else the vendor's trial host.
        options: See ``AsyncClientOptions``.

    Raises:
        ConfigurationError: A setting is missing or cannot be used.
        ArgumentError: A credential, ``timeout`` or ``max_retries`` cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        cxone_token: str | None = None,
        oauth: PasswordGrant | None = None,
        auth: str | TokenProvider | Auth | None = None,
        base_url: str | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        root = trim_root(find_root(VENDOR, base_url, options))
        super().__init__(
            VENDOR,
            root,
            find_auth(root, api_key, cxone_token, oauth, auth),
            options,
        )

    async def update_record(
        self,
        *,
        project_id: str | None = None,
        contact_id: str | None = None,
        session_id: str | None = None,
        input_id: str | None = None,
        properties: Mapping[str, Json] | None = None,
        **options: Unpack[CallOptions],
    ) -> None:
        """Correct the analytics record of one user input.

        The vendor's document requires none of the ids; its official client requires the project's
        and the contact's.

        Args:
            project_id: The project.
            contact_id: The contact.
            session_id: The session.
            input_id: The input whose record is to be changed.
            properties: What to set, under the vendor's names (``state``, ``intentScore``,
                ``slots``, ``custom1`` ...), sent as it is.

        Raises:
            ArgumentError: There is nothing to send.
            PayloadTooLarge: The body is over 60 kB, on the hosts that limit it.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation updateAnalyticsRecord of specs/cognigy. It answers 204 without a body.
        An update sets absolute values, so it is repeated when it fails; with ``trackedGoals`` it
        is not, since those may be added.

        Example:
            >>> await cognigy.update_record(
            ...     project_id="p", contact_id="c", session_id="s", input_id="i",
            ...     properties={"rating": 1, "custom1": "checked"},
            ... )
        """
        ids = {
            "contactId": contact_id,
            "projectId": project_id,
            "sessionId": session_id,
            "inputId": input_id,
            "properties": properties,
        }
        fields = {name: value for name, value in ids.items() if value is not None}
        if not fields:
            raise ArgumentError(
                "there is nothing to update: pass the record's ids and properties=",
                vendor=VENDOR.name,
                operation="update_record",
            )
        built = analytics_api.build_update_analytics_record(body=payload(fields))
        await self._call(choose_update(properties), built, read_nothing, options)
