"""Feedback: what users think of single messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dialytics_clients.inkeep import rows
from dialytics_clients.inkeep.api import feedback as feedback_api

from ...._async.client import AsyncVendorClient
from ...._payloads import payload
from ...._replies import read_row
from ...._settings import require_text
from ..declarations import DELETE_FEEDBACK, FEEDBACK, FEEDBACK_BY_ID, LOG_FEEDBACK
from ..results import read_deletion

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.inkeep.rows import Feedback

    from ...._async.pager import AsyncPager
    from ...._options import CallOptions, ListOptions
    from ..inputs import FeedbackInput


class AsyncFeedbackCalls(AsyncVendorClient):
    """The part of the client that is about feedback."""

    async def log_feedback(
        self, feedback: FeedbackInput, **options: Unpack[CallOptions]
    ) -> Feedback:
        """Log one user's judgement of one message.

        Args:
            feedback: The feedback under the vendor's names, sent as it is: ``type`` and
                ``messageId`` are required. An ``id`` of your own is kept; that the same id again
                updates the feedback is inferred and not documented, so a failed request is
                repeated only if it was not sent.
            options: See ``CallOptions``.

        Returns:
            The feedback as it was stored, without its conversation and message.

        Raises:
            PayloadTooLarge: The body is over 2 MB; nothing has been sent.
            StatusError: The vendor refused it; see its subclasses.

        Source: operation logFeedback of specs/inkeep.

        Example:
            >>> stored = await inkeep.log_feedback({
            ...     "id": "f-1",
            ...     "type": "negative",
            ...     "messageId": "conv_00000003-m1",
            ...     "reasons": [{"label": "outdated", "details": "It describes version 1."}],
            ... })
            >>> stored.reasons[0].label
            'outdated'
        """
        built = feedback_api.build_log_feedback(body=payload(feedback))
        operation = LOG_FEEDBACK.for_body(feedback)
        return await self._call(operation, built, read_row(rows.Feedback), options)

    async def feedback_by_id(self, feedback_id: str, **options: Unpack[CallOptions]) -> Feedback:
        """Return one piece of feedback, with its conversation and message.

        Args:
            feedback_id: Its id.
            options: See ``CallOptions``.

        Raises:
            NotFound: There is none with this id in the key's project.

        Source: operation getFeedbackById of specs/inkeep.

        Example:
            >>> (await inkeep.feedback_by_id("feedback_00000002")).type
            'negative'
        """
        built = feedback_api.build_get_feedback(require_text("feedback_id", feedback_id))
        return await self._call(FEEDBACK_BY_ID, built, read_row(rows.Feedback), options)

    def feedback(self, **options: Unpack[ListOptions]) -> AsyncPager[Feedback]:
        """Read all feedback of the key's project, each with its conversation and message.

        Each response holds a list of positive and a list of negative feedback; they come in this
        order, page by page. Whether the vendor's limit counts each list or both is not documented:
        the next page begins with the last row of the longer list, which skips nothing either way,
        and what comes twice is dropped by its id. Others may be changing the list while it is
        read: see ``conversations``. A listing that resumes goes on behind the last row of each
        list.

        Args:
            options: See ``ListOptions``; ``page_size`` is the vendor's limit.

        Returns:
            A pager of ``Feedback`` rows.

        Raises:
            UnstableListing: The list has moved in four rounds. Raised while it is read.
            PositionLost: There is no place to go on from. Raised while it is read.

        Source: operation getAllFeedback of specs/inkeep.

        Example:
            >>> rows = [row async for row in inkeep.feedback()]
            >>> {row.type for row in rows} == {"positive", "negative"}
            True
        """
        built = feedback_api.build_list_feedback()
        return self._list(FEEDBACK, built, rows.Feedback, options)

    async def delete_feedback(self, feedback_id: str, **options: Unpack[CallOptions]) -> None:
        """Delete one piece of feedback.

        Args:
            feedback_id: Its id.
            options: See ``CallOptions``.

        Raises:
            NotFound: There is none with this id, or an earlier try of this call has deleted it and
                its answer was lost. With ``max_retries=0`` it is never the second.
            InvalidResponse: The vendor answered that it has not deleted it.

        Source: operation deleteFeedbackById of specs/inkeep.

        Example:
            >>> stored = await inkeep.log_feedback({
            ...     "id": "f-2", "type": "positive", "messageId": "conv_00000003-m1",
            ... })
            >>> await inkeep.delete_feedback("f-2")
        """
        built = feedback_api.build_delete_feedback(require_text("feedback_id", feedback_id))
        await self._call(DELETE_FEEDBACK, built, read_deletion, options)
