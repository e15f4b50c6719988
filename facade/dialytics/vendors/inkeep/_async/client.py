"""The Inkeep client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from dialytics_clients.inkeep.api import conversations as conversations_api
from dialytics_clients.inkeep.rows import Conversation

from ...._async.client import AsyncVendorClient
from ...._listings import read_row
from ...._messages import payload
from ...._settings import find_root, require_text
from ..declarations import (
    CONVERSATION,
    CONVERSATIONS,
    VENDOR,
    choose_log,
    find_auth,
)

if TYPE_CHECKING:
    from typing import Unpack

    from ...._async.client import AsyncClientOptions
    from ...._async.pager import AsyncPager
    from ...._auth import Auth, TokenProvider
    from ...._options import CallOptions, ListOptions


class AsyncInkeep(AsyncVendorClient):
    """A client of the Inkeep Analytics API.

    Args:
        api_key: The key of an API integration; else from ``DIALYTICS_INKEEP_API_KEY``.
        web_key: The key of a web integration instead; else from ``DIALYTICS_INKEEP_WEB_KEY``. The
            vendor accepts it for logging, and for reading and deleting one conversation.
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
        super().__init__(
            VENDOR,
            find_root(VENDOR, base_url, options),
            find_auth(api_key, web_key, auth),
            options,
        )

    async def log_conversation(
        self, conversation: Mapping[str, object], **options: Unpack[CallOptions]
    ) -> Conversation:
        """Log a conversation, or update one with all its messages.

        Args:
            conversation: The conversation under the vendor's names, sent as it is: ``type`` and
                ``messages`` are required; with an ``id`` or ``externalId`` of your own, an existing
                one is replaced, and a failed request can be repeated safely. Always include all
                messages: what happens to left-out ones is not documented. Aware datetimes are
                written as ISO 8601.

        Returns:
            The conversation as it was stored.

        Raises:
            PayloadTooLarge: The body is over 2 MB; nothing has been sent.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation logConversation of specs/inkeep.

        Example:
            >>> stored = await inkeep.log_conversation({
            ...     "id": "c-1",
            ...     "type": "openai",
            ...     "messages": [{"role": "user", "content": "Where is my order?"}],
            ... })
            >>> stored.id
            'c-1'
        """
        built = conversations_api.build_log_conversation(body=payload(conversation))
        return await self._call(choose_log(conversation), built, read_row(Conversation), options)

    async def conversation(
        self, conversation_id: str, **options: Unpack[CallOptions]
    ) -> Conversation:
        """Return one conversation.

        Args:
            conversation_id: Its id.

        Raises:
            NotFound: There is none with this id in the key's project.

        Source: operation getConversation of specs/inkeep.

        Example:
            >>> stored = await inkeep.log_conversation({
            ...     "id": "c-2", "type": "openai", "messages": [{"role": "user", "content": "Hi"}],
            ... })
            >>> (await inkeep.conversation("c-2")).messages[0].content
            'Hi'
        """
        built = conversations_api.build_get_conversation(
            require_text("conversation_id", conversation_id)
        )
        return await self._call(CONVERSATION, built, read_row(Conversation), options)

    def conversations(
        self,
        **options: Unpack[ListOptions],
    ) -> AsyncPager[Conversation]:
        """Read all conversations of the key's project.

        The vendor pages by limit and offset over a list that others may be changing: rows that
        move between pages while it is read can be met twice (those are dropped and counted in
        ``stats.duplicates``) or missed.

        Args:
            options: See ``ListOptions``.

        Returns:
            A pager of ``Conversation`` rows.

        Source: operation getAllConversation of specs/inkeep.

        Example:
            >>> pager = inkeep.conversations(page_size=20)
            >>> rows = [row async for row in pager]
            >>> len(rows) == pager.stats.total
            True
        """
        built = conversations_api.build_list_conversations()
        return self._list(
            CONVERSATIONS,
            built,
            Conversation,
            options,
        )
