"""The Inkeep client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from dialytics_clients.inkeep.api import conversations as conversations_api
from dialytics_clients.inkeep.rows import Conversation

from ..._async.client import AsyncOptions, AsyncVendorClient
from ..._listings import read_row
from ..._messages import payload
from ..._settings import find_root, require_text
from .declarations import (
    CONVERSATION,
    CONVERSATIONS,
    VENDOR,
    choose_log,
    find_auth,
)

if TYPE_CHECKING:
    from ..._async.pager import AsyncPager
    from ..._auth import Auth, TokenProvider
    from ..._checkpoints import Checkpoint
    from ..._http import AsyncWire, Proxy, Timeout, Verify


class AsyncInkeep(AsyncVendorClient):
    """A client of the Inkeep Analytics API.

    Args:
        api_key: The key of an API integration; else from ``DIALYTICS_INKEEP_API_KEY``.
        web_key: The key of a web integration instead; else from ``DIALYTICS_INKEEP_WEB_KEY``. The
            vendor accepts it for logging, and for reading and deleting one conversation.
        auth: A key or ready ``Authorization`` value, or a callable that returns one, instead.
        base_url: Where requests go; else from ``DIALYTICS_INKEEP_BASE_URL``, else the vendor's.
        timeout: Seconds to wait for the next bytes of a response; 60 by default, or what your own
            ``http_client`` has.
        max_retries: How often a failed request is repeated.
        http_client: Your own httpx client; closing it stays with you.
        now: A clock that returns aware datetimes, for ``Retry-After`` dates.
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
        api_key: str | None = None,
        web_key: str | None = None,
        auth: str | TokenProvider | Auth | None = None,
        base_url: str | None = None,
        timeout: Timeout = None,
        max_retries: int = 3,
        http_client: AsyncWire | None = None,
        now: Callable[[], datetime] | None = None,
        proxy: Proxy = None,
        verify: Verify = True,
        allow_insecure: bool = False,
    ) -> None:
        super().__init__(
            VENDOR,
            find_root(VENDOR, base_url, allow_insecure=allow_insecure),
            find_auth(api_key, web_key, auth),
            AsyncOptions(
                timeout=timeout,
                max_retries=max_retries,
                http_client=http_client,
                now=now,
                proxy=proxy,
                verify=verify,
            ),
        )

    async def log_conversation(self, conversation: Mapping[str, object]) -> Conversation:
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
        return await self._call(choose_log(conversation), built, read_row(Conversation))

    async def conversation(self, conversation_id: str) -> Conversation:
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
        return await self._call(CONVERSATION, built, read_row(Conversation))

    def conversations(
        self,
        *,
        max_items: int | None = None,
        page_size: int | None = None,
        resume: Checkpoint | str | None = None,
    ) -> AsyncPager[Conversation]:
        """Read all conversations of the key's project.

        The vendor pages by limit and offset over a list that others may be changing: rows that
        move between pages while it is read can be met twice (those are dropped and counted in
        ``stats.duplicates``) or missed.

        Args:
            max_items: Stop after this many conversations.
            page_size: Conversations a request, at most 100 (the default).
            resume: A checkpoint of the same call, to go on behind the row it stands after.

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
            max_items=max_items,
            page_size=page_size,
            resume=resume,
        )
