"""The Cognigy.AI client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.cognigy.api import analytics as analytics_api

from ..._async.client import AsyncVendorClient
from ..._options import CallOptions, check_options
from ..._payloads import payload
from ..._replies import read_nothing
from ..._settings import find_root
from .credentials import Given, find_auth, trim_root
from .declarations import UPDATE_RECORD, VENDOR

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.cognigy.inputs import Properties

    from ..._async.bulk import AsyncOutcomes
    from ..._async.client import AsyncClientOptions
    from ..._auth import Auth, TokenProvider
    from ..._options import BulkOptions
    from ..._task_workers import AsyncItems
    from .credentials import Grant, KeyPlace
    from .records import RecordUpdate


class AsyncCognigy(AsyncVendorClient):
    """A client of Cognigy.AI's analytics records.

    Args:
        api_key: An API key; else from ``DIALYTICS_COGNIGY_API_KEY``.
        api_key_in: Where the key goes: a ``header``, or the URL's ``query``, which servers and
            proxies tend to log.
        cxone_token: A CXone token instead, in integrated environments; else from
            ``DIALYTICS_COGNIGY_CXONE_TOKEN``.
        oauth: A ``PasswordGrant`` or ``RefreshGrant`` instead: tokens are fetched and refreshed.
        auth: An OAuth2 token obtained elsewhere, or a callable that returns one, instead.
        base_url: The root of the API's host, with or without ``/new``; else from
            ``DIALYTICS_COGNIGY_BASE_URL``, else the vendor's trial host.
        options: See ``AsyncClientOptions``.

    Raises:
        ConfigurationError: A setting is missing or cannot be used; so is Basic authentication.
        ArgumentError: A credential, ``timeout`` or ``max_retries`` cannot be used.
    """

    def __init__(
        self,
        *,
        api_key: str | None = None,
        api_key_in: KeyPlace = "header",
        cxone_token: str | None = None,
        oauth: Grant | None = None,
        auth: str | TokenProvider | Auth | None = None,
        base_url: str | None = None,
        **options: Unpack[AsyncClientOptions],
    ) -> None:
        self._take_options(VENDOR, options)
        root = trim_root(find_root(VENDOR, base_url, options))
        given = Given(
            api_key=api_key, api_key_in=api_key_in, cxone_token=cxone_token, oauth=oauth, auth=auth
        )
        super().__init__(VENDOR, root, find_auth(root, given), options)

    async def update_record(
        self,
        *,
        project_id: str | None = None,
        contact_id: str | None = None,
        session_id: str | None = None,
        input_id: str | None = None,
        properties: Properties | None = None,
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
                ``slots``, ``custom1`` ...), sent as it is; fields that its type does not know too.
            options: See ``CallOptions``.

        Raises:
            ArgumentError: There is nothing to send, or an argument is of the wrong type.
            PayloadTooLarge: The body is over 60 kB, on the hosts that limit it.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation updateAnalyticsRecord of specs/cognigy. It answers 204 without a body.
        An update sets absolute values, so it is repeated when it fails; with ``trackedGoals`` it
        is not, since those may be added. A try that got no answer may be carried out late, also
        where its repetition succeeded: over an update of the same record that follows at once.

        Example:
            >>> await cognigy.update_record(
            ...     project_id="p", contact_id="c", session_id="s", input_id="i",
            ...     properties={"rating": 1, "custom1": "checked"},
            ... )
        """
        from .records import update_body  # noqa: PLC0415  # the client needs none of it

        check_options(UPDATE_RECORD, options, CallOptions)
        fields = update_body(project_id, contact_id, session_id, input_id, properties)
        built = analytics_api.build_update_analytics_record(body=payload(fields))
        await self._call(UPDATE_RECORD.for_body(properties), built, read_nothing, options)

    def update_records(
        self, records: AsyncItems[RecordUpdate], **options: Unpack[BulkOptions]
    ) -> AsyncOutcomes[RecordUpdate, None]:
        """Correct many records; the outcome of each is yielded, in their order.

        Updates that may be about one record (project, contact, session and input are equal, or
        left out in one of them) are sent one after the other, in their order; others at once. The
        order holds within this call: not between two calls that run at the same time, nor for a
        try that got no answer, which the vendor may carry out late: those outcomes are
        ``uncertain``.

        Args:
            records: Mappings of ``update_record``'s arguments, from any iterable; read as they are
                sent, so it may be endless. One that cannot be sent is an outcome with an error.
            options: See ``BulkOptions``.

        Returns:
            An iterable of ``Outcome`` with ``checkpoint`` and ``stats``; nothing is sent before it
            is iterated.

        Raises:
            ArgumentError: ``records`` is no iterable of records, or an option cannot be used.
            CheckpointMismatch: ``resume`` is of another call.

        Source: operation updateAnalyticsRecord of specs/cognigy, once for each record.

        Example:
            >>> records = [{"project_id": "p", "properties": {"rating": n}} for n in (1, -1)]
            >>> records.append({"project": "p"})
            >>> async for outcome in cognigy.update_records(records, concurrency=8):
            ...     print(outcome)
            Outcome(position=0, error=None)
            Outcome(position=1, error=None)
            Outcome(position=2, error=ArgumentError)
        """
        from .records import RECORD_UPDATES  # noqa: PLC0415  # as above

        return self._send_all(RECORD_UPDATES, records, read_nothing, options)
