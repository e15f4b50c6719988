"""The steps of a bot's flows, and the ways between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from dialytics_clients.chatlayer import rows
from dialytics_clients.chatlayer.api import flows as flows_api

from ...._replies import read_row
from ...._settings import require_text
from ..declarations import FLOW_STEP_DETAILS, FLOW_STEP_EDGES, FLOWS
from ..options import BotOptions
from ..wire import bot_query, edge_query, path_query
from .reports import AsyncReportMethods

if TYPE_CHECKING:
    from typing import Unpack

    from dialytics_clients.chatlayer.rows import Edge, FlowStep, FlowStepDetails

    from ..options import EdgeType


class AsyncFlowMethods(AsyncReportMethods):
    """The steps of a bot's flows, and the ways between them."""

    async def flows(
        self,
        bot_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        path: str | Sequence[str] = (),
        **options: Unpack[BotOptions],
    ) -> tuple[FlowStep, ...]:
        """Return the steps that conversations took, or took next behind a path of steps.

        Args:
            bot_id: The bot.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            path: The ids of the steps that were taken before, from the first on.
            options: See ``BotOptions``.

        Returns:
            A ``FlowStep`` for each step; the one with the id ``DROPOFF`` stands for conversations
            that ended.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetFlows of specs/chatlayer.

        Example:
            >>> steps = await chatlayer.flows(
            ...     "bot", start=date(2026, 10, 1), end=date(2026, 10, 8), path=["welcome", "menu"]
            ... )
            >>> steps[-1].id
            'DROPOFF'
        """
        query = {**bot_query(FLOWS, options, BotOptions), **path_query(path)}
        built = flows_api.build_get_flows(require_text("bot_id", bot_id), **query)
        read = read_row(rows.GetFlowsResponse)
        reply = await self._report(FLOWS, built, read, (start, end), options)
        return reply.nodes or ()

    async def flow_step_details(
        self,
        bot_id: str,
        step_id: str,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[BotOptions],
    ) -> FlowStepDetails:
        """Return how often a step was reached, in how many conversations, and how many ended there.

        Args:
            bot_id: The bot.
            step_id: The step: the id of a dialog state.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``BotOptions``.

        Returns:
            The three counts. One that the vendor left out is ``None``, which may mean 0.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetFlowStepDetails of specs/chatlayer.

        Example:
            >>> step = await chatlayer.flow_step_details(
            ...     "bot", "welcome", start=date(2026, 10, 1), end=date(2026, 10, 8)
            ... )
            >>> step.message_count >= step.conversation_count >= step.drop_off_count
            True
        """
        bot, step = require_text("bot_id", bot_id), require_text("step_id", step_id)
        query = bot_query(FLOW_STEP_DETAILS, options, BotOptions)
        built = flows_api.build_get_flow_step_details(bot, step, **query)
        read, span = read_row(rows.FlowStepDetails), (start, end)
        return await self._report(FLOW_STEP_DETAILS, built, read, span, options)

    async def flow_step_edges(
        self,
        bot_id: str,
        step_id: str,
        edge_type: EdgeType,
        *,
        start: date | datetime,
        end: date | datetime | None = None,
        **options: Unpack[BotOptions],
    ) -> tuple[Edge, ...]:
        """Return the steps that conversations came from, or went to.

        Args:
            bot_id: The bot.
            step_id: The step: the id of a dialog state.
            edge_type: ``sources``, the steps before this one, or ``targets``, those after it.
            start: The first moment, inclusive: an aware datetime, or a date (its midnight in
                ``tz``).
            end: The end, exclusive; ``None``: now.
            options: See ``BotOptions``.

        Returns:
            An ``Edge`` for each of them, in the vendor's order.

        Raises:
            WindowError: The range cannot be used; nothing has been sent.

        Source: operation GetFlowStepEdges of specs/chatlayer.

        Example:
            >>> edges = await chatlayer.flow_step_edges(
            ...     "bot", "menu", "targets", start=date(2026, 10, 1), end=date(2026, 10, 8)
            ... )
            >>> "order_status" in {edge.id for edge in edges}
            True
        """
        query = edge_query(bot_query(FLOW_STEP_EDGES, options, BotOptions), step_id, edge_type)
        built = flows_api.build_get_flow_step_edges(require_text("bot_id", bot_id), **query)
        read, span = read_row(rows.GetFlowStepEdgesResponse), (start, end)
        reply = await self._report(FLOW_STEP_EDGES, built, read, span, options)
        return reply.edges or ()
