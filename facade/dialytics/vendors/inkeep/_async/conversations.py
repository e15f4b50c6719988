"""Conversations: logging, reading, listing and deleting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep import rows
from dialytics_clients.inkeep.api import conversations as conversations_api

from ...._async.client import AsyncVendorClient
from ...._payloads import payload
from ...._replies import read_row
from ...._settings import require_text
from ..declarations import (
    CONVERSATION,
    CONVERSATION_BY_EXTERNAL_ID,
    CONVERSATIONS,
    DELETE_CONVERSATION,
    LOG_CONVERSATION,
)
from ..results import read_deletion

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.inkeep.rows import Conversation

    from ...._async.bulk import AsyncOutcomes
    from ...._async.pager import AsyncPager
    from ...._options import BulkOptions, CallOptions, ListOptions
    from ...._task_workers import AsyncItems
    from ..inputs import ConversationInput


class AsyncConversationCalls(AsyncVendorClient):
    """The part of the client that is about conversations."""

    async def log_conversation(
        self, conversation: ConversationInput, **options: Unpack[CallOptions]
    ) -> Conversation:
        """Log a conversation, or update one with all its messages.

        Args:
            conversation: The conversation under the vendor's names: ``type`` and ``messages`` are
                required. With an ``id`` of your own an existing one is updated, so a failed request
                is repeated; one with neither ``id`` nor ``externalId`` is given a random UUID as
                its id for that. What an ``externalId`` alone does is not documented, so with that,
                or an empty ``id``, it is sent as it is and repeated only if it was not sent. Always
                include all messages: what happens to left-out ones is not documented. Aware
                datetimes are written as ISO 8601.
            options: See ``CallOptions``.

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
        from ..logs import with_id  # noqa: PLC0415  # the client needs none of it

        body = with_id(conversation)
        built = conversations_api.build_log_conversation(body=payload(body))
        operation = LOG_CONVERSATION.for_body(body)
        return await self._call(operation, built, read_row(rows.Conversation), options)

    def log_conversations(
        self, conversations: AsyncItems[ConversationInput], **options: Unpack[BulkOptions]
    ) -> AsyncOutcomes[ConversationInput, Conversation]:
        """Log many conversations; the outcome of each is yielded, in their order.

        Conversations that may be one are sent one after the other, in their order, so that an
        older version does not overwrite a newer one; others are sent at once. Two may be one if
        they share an ``id`` or an ``externalId``, or if one has only the former and the other only
        the latter: give all of them the same kind. The order holds within this call: not between
        two calls that run at the same time, nor for a try that got no answer, which the vendor may
        carry out late: those outcomes are ``uncertain``.

        Args:
            conversations: Conversations as ``log_conversation`` takes them, from any iterable; read
                as they are sent, so it may be endless. One that cannot be sent is an outcome with
                an error.
            options: See ``BulkOptions``. One without an ``id`` that was sent and not handed out
                before a resume may be logged twice.

        Returns:
            An iterable of ``Outcome`` with ``checkpoint`` and ``stats``; nothing is sent before it
            is iterated.

        Raises:
            ArgumentError: ``conversations`` is no iterable of them, or an option cannot be used.
            CheckpointMismatch: ``resume`` is of another call.

        Source: operation logConversation of specs/inkeep, once for each conversation.

        Example:
            >>> messages = [{"role": "user", "content": "Hi"}]
            >>> conversations = [
            ...     {"id": f"c-{n}", "type": "openai", "messages": messages} for n in (4, 5)
            ... ]
            >>> async for outcome in inkeep.log_conversations(conversations, concurrency=8):
            ...     print(outcome, outcome.result.id)
            Outcome(position=0, error=None) c-4
            Outcome(position=1, error=None) c-5
        """
        from ..logs import LOG_CONVERSATIONS  # noqa: PLC0415  # as above

        return self._send_all(
            LOG_CONVERSATIONS, conversations, read_row(rows.Conversation), options
        )

    async def conversation(
        self, conversation_id: str, **options: Unpack[CallOptions]
    ) -> Conversation:
        """Return one conversation.

        Args:
            conversation_id: Its id.
            options: See ``CallOptions``.

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
        return await self._call(CONVERSATION, built, read_row(rows.Conversation), options)

    async def conversation_by_external_id(
        self, external_id: str, **options: Unpack[CallOptions]
    ) -> Conversation:
        """Return the conversation that was logged with an external id.

        Args:
            external_id: Its ``externalId``. Which conversation comes when several share one is not
                documented.
            options: See ``CallOptions``.

        Raises:
            NotFound: There is none with this external id in the key's project.

        Source: operation getConversationByExternalId of specs/inkeep.

        Example:
            >>> (await inkeep.conversation_by_external_id("ticket-3")).external_id
            'ticket-3'
        """
        built = conversations_api.build_get_conversation_by_external_id(
            require_text("external_id", external_id)
        )
        return await self._call(
            CONVERSATION_BY_EXTERNAL_ID, built, read_row(rows.Conversation), options
        )

    def conversations(self, **options: Unpack[ListOptions]) -> AsyncPager[Conversation]:
        """Read all conversations of the key's project.

        The vendor pages by limit and offset over a list that others may be changing. Each page is
        read with the last row of the one before; where another row is in its place the list has
        moved, and is read from its start again, without the rows that came (``stats.drifts``). So
        rows that are there all the time come once, whatever is added or deleted. The ids are kept
        as digests, 16 bytes each. A listing that resumes looks for the row that came last and goes
        on behind it: what has moved in front of it is not read.

        Args:
            options: See ``ListOptions``.

        Returns:
            A pager of ``Conversation`` rows.

        Raises:
            UnstableListing: The list has moved in four rounds. Raised while it is read.
            PositionLost: The row to go on behind is gone, or the checkpoint was taken after the
                list had moved. Raised while it is read.

        Source: operation getAllConversation of specs/inkeep.

        Example:
            >>> pager = inkeep.conversations(page_size=20)
            >>> rows = [row async for row in pager]
            >>> len(rows) == pager.stats.total
            True
        """
        built = conversations_api.build_list_conversations()
        return self._list(CONVERSATIONS, built, rows.Conversation, options)

    async def delete_conversation(
        self, conversation_id: str, **options: Unpack[CallOptions]
    ) -> None:
        """Delete one conversation; whether its feedback and events go too is not documented.

        Args:
            conversation_id: Its id.
            options: See ``CallOptions``.

        Raises:
            NotFound: There is none with this id, or an earlier try of this call has deleted it and
                its answer was lost. With ``max_retries=0`` it is never the second.
            InvalidResponse: The vendor answered that it has not deleted it.

        Source: operation deleteConversation of specs/inkeep.

        Example:
            >>> stored = await inkeep.log_conversation({
            ...     "id": "c-3", "type": "openai", "messages": [{"role": "user", "content": "Hi"}],
            ... })
            >>> await inkeep.delete_conversation("c-3")
        """
        built = conversations_api.build_delete_conversation(
            require_text("conversation_id", conversation_id)
        )
        await self._call(DELETE_CONVERSATION, built, read_deletion, options)
