"""Chatlayer's flow and intent reports: counts over a range, without buckets."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from ..clock import Clock
from ..exchange import Call, Refused, answer_json
from ..tokens import PageTokens
from .arguments import (
    Scope,
    read_choice,
    read_count,
    read_scope,
    require,
)
from .series import Counter, list_cells

STEPS = ("welcome", "menu", "order_status", "returns", "handover", "goodbye")
DROP_OFF = "DROPOFF"
INTENTS = 37
INTENTS_PAGE = 10


class Flows:
    """Answers the flow operations and the intents list."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed = seed
        self._clock = clock
        self._tokens = PageTokens(seed)

    def get_flows(self, call: Call) -> Response:
        """The steps that follow the given path, and those who dropped off."""
        scope = read_scope(call)
        path = [value for name, value in call.query if name == "path"]
        steps = [step for step in STEPS if step not in path] + [DROP_OFF]
        prefix = " ".join(["flow", *path])
        counts = {step: self._count(scope, f"{prefix} {step}") for step in steps}
        nodes = [{"id": step, "occurrences": count} for step, count in counts.items()]
        return answer_json({"nodes": nodes})

    def get_step(self, call: Call) -> Response:
        """One step: messages, conversations, drop-offs."""
        scope = read_scope(call)
        step = call.path_parameters["step_id"]
        conversations = self._count(scope, f"flow {step}")
        return answer_json(
            {
                "message_count": conversations + self._count(scope, f"repeats {step}"),
                "drop_off_count": conversations // 7,
                "conversation_count": conversations,
            }
        )

    def get_edges(self, call: Call) -> Response:
        """The steps before (sources) or after (targets) one step."""
        require(call, "type")
        direction = read_choice(call, "type", ("sources", "targets"))
        scope = read_scope(call)
        step = call.path_parameters["step_id"]
        others = [other for other in STEPS if other != step]
        edges = [
            {
                "count": self._count(scope, f"edge {direction} {step} {other}"),
                "id": other,
                "type": "dialog",
            }
            for other in others
        ]
        return answer_json({"edges": edges})

    def get_intents(self, call: Call) -> Response:
        """Intents by rank, with cursors both ways."""
        scope = read_scope(call)
        read_choice(call, "bucket", ("1h", "1d", "1w"))
        first, last = read_count(call, "first"), read_count(call, "last")
        after, before = call.first("after"), call.first("before")
        if (first or after) and (last or before):
            raise Refused(400, "first goes with after, last goes with before")
        ranked = self._rank_intents(scope)
        if last or before:
            stop = self._read_cursor(scope, before) if before else INTENTS
            start = max(0, stop - (last or INTENTS_PAGE))
            more = start > 0
        else:
            start = self._read_cursor(scope, after) + 1 if after else 0
            stop = min(INTENTS, start + (first or INTENTS_PAGE))
            more = stop < INTENTS
        page = self._intents_page(scope, ranked, range(start, stop), more=more)
        return answer_json(page)

    def _intents_page(
        self, scope: Scope, ranked: Sequence[tuple[str, int]], shown: range, *, more: bool
    ) -> dict[str, object]:
        data = [
            {"intent_id": ranked[at][0], "count": ranked[at][1], "rank": at + 1} for at in shown
        ]
        pagination: dict[str, object] = {"has_more": more}
        if data:
            pagination["start_cursor"] = self._tokens.seal(shown[0], scope)
            pagination["end_cursor"] = self._tokens.seal(shown[-1], scope)
        return {"data": data, "pagination": pagination}

    def _read_cursor(self, scope: Scope, cursor: str) -> int:
        position = self._tokens.unseal(cursor, scope)
        if position is None:
            raise Refused(400, "the cursor does not belong to this query")
        return position

    def _rank_intents(self, scope: Scope) -> list[tuple[str, int]]:
        names = [f"intent_{number:02}" for number in range(INTENTS)]
        counted = [(name, self._count(scope, name)) for name in names]
        return sorted(counted, key=lambda item: (-item[1], item[0]))

    def _count(self, scope: Scope, metric: str) -> int:
        counter = Counter(self._seed, metric, scope, self._clock.now())
        return counter.count(list_cells(self._seed, scope), scope.start, scope.end)
