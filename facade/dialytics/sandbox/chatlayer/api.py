"""Chatlayer's twenty operations."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.responses import Response

from ..clock import Clock, to_milliseconds
from ..credentials import EXPIRED, INVALID, read_basic
from ..exchange import Call, Refused, Route, Vendor, answer_json
from ..tokens import PageTokens
from .arguments import (
    read_body,
    read_choice,
    read_page_size,
    read_range,
    read_subject,
    require,
)
from .events import VERSIONS, EventStream, TrackingEvent
from .flows import Flows
from .registry import Item, Registry
from .reports import Reports

GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 413: 8}
GRPC_INTERNAL = 13
BOT, TEAM = "/v1/bots/{bot_id}", "/v1/teams/{team_id}"


class ChatlayerBackend:
    """Events and series are generated on request; definitions and subscriptions are kept."""

    name: Vendor = "chatlayer"
    invalid_status = 400

    def __init__(self, seed: int, clock: Clock, events_per_day: int) -> None:
        EventStream(seed, "", "LIVE", events_per_day)
        self._seed = seed
        self._clock = clock
        self._events_per_day = events_per_day
        self._tokens = PageTokens(seed)
        self._registry = Registry(seed, clock.now)
        self._reports = Reports(seed, clock)
        self._flows = Flows(seed, clock)

    def routes(self) -> Sequence[Route]:
        """Return the twenty operations under their documented ids."""
        return (*self._list_kept(), *self._list_reports(), *self._list_flows())

    def _list_kept(self) -> Sequence[Route]:
        definitions, subscriptions = f"{BOT}/events/definitions", f"{BOT}/subscriptions"
        one = f"{subscriptions}/{{subscription_id}}"
        return (
            route("GET", f"{BOT}/events/stream", "ListEvents", self.list_events),
            route("GET", definitions, "ListEventDefinitions", self.list_definitions),
            route("POST", definitions, "CreateEventDefinition", self.create_definition),
            route("GET", subscriptions, "ListSubscriptions", self.list_subscriptions),
            route("POST", subscriptions, "CreateSubscription", self.create_subscription),
            route("DELETE", one, "DeleteSubscription", self.delete_subscription),
            route("POST", "/v1/echo", "Echo", self.echo),
        )

    def _list_reports(self) -> Sequence[Route]:
        conversations, reports = f"{BOT}/conversations", self._reports
        insights, intents = f"{conversations}/insights", f"{BOT}/intents/insights"
        usage, voice = f"{TEAM}/conversations", f"{TEAM}/voice_minutes"
        knowledge = "/v1beta1/teams/{team_id}/knowledge_base"
        return (
            route("GET", conversations, "GetConversations", reports.get_conversations),
            route("GET", insights, "GetConversationsInsights", reports.get_conversations_insights),
            route("GET", intents, "GetIntentInsights", reports.get_intent_insights),
            route("GET", f"{BOT}/messages", "GetMessages", reports.get_messages),
            route("GET", f"{BOT}/users", "GetUsers", reports.get_users),
            route("GET", f"{BOT}/users/activity", "GetUserActivity", reports.get_user_activity),
            route("GET", usage, "GetTeamConversationsUsage", reports.get_team_conversations),
            route("GET", voice, "GetVoiceAnalytics", reports.get_voice),
            route("GET", knowledge, "GetTeamKnowledgeBaseUsage", reports.get_knowledge_base),
        )

    def _list_flows(self) -> Sequence[Route]:
        edges, step = f"{BOT}/{{version}}/flows/{{step_id}}/edges", f"{BOT}/flows/{{step_id}}"
        return (
            route("GET", edges, "GetFlowStepEdges", self._flows.get_edges),
            route("GET", f"{BOT}/flows", "GetFlows", self._flows.get_flows),
            route("GET", step, "GetFlowStepDetails", self._flows.get_step),
            route("GET", f"{BOT}/intents", "GetIntents", self._flows.get_intents),
        )

    def normalise(self, call: Call) -> None:
        """Take `path[0]=...` for `path=...`: both spellings are documented."""
        call.query = [(re.sub(r"^path\[\d+\]$", "path", name), value) for name, value in call.query]

    def admit(self, call: Call, route: Route) -> None:
        """Raise `Refused` with 401 unless there is a Basic credential with an id and a secret."""
        pair = read_basic(call.headers.get("authorization"))
        if pair is None or not {INVALID, EXPIRED}.isdisjoint(pair):
            raise Refused(401, "unauthenticated")

    def change(self, call: Call, insert: int, delete: int) -> None:
        """Add and remove event definitions and subscriptions of the bot that is asked for."""
        if (bot_id := call.path_parameters.get("bot_id")) is not None:
            self._registry.change(bot_id, insert, delete)

    def refuse(self, refused: Refused, call: Call) -> Response:
        """Return the error as grpc-gateway writes it (inferred: none is documented)."""
        code = GRPC_CODES.get(refused.status, GRPC_INTERNAL)
        return answer_json({"code": code, "message": refused.detail, "details": []}, refused.status)

    def events(
        self, bot_id: str, version: str, start: datetime, end: datetime
    ) -> list[TrackingEvent]:
        """Return the events of `[start, end)` that have happened by now."""
        stream = EventStream(self._seed, bot_id, version, self._events_per_day)
        return [stream.event(index) for index in self._indexes(stream, start, end)]

    def list_events(self, call: Call) -> Response:
        """A page of events, ascending; the token is absent at the end."""
        bot_id = read_subject(call)
        version = require(call, "version")
        read_choice(call, "version", VERSIONS)
        start, end = read_range(call)
        stream = EventStream(self._seed, bot_id, version, self._events_per_day)
        binding = ("events", bot_id, version, start, end)
        window = self._indexes(stream, start, end)
        first = self._read_token(call, *binding)
        first = window.start if first is None else first
        stop = min(first + read_page_size(call), window.stop)
        events = [stream.event(index) for index in range(first, stop)]
        body: dict[str, object] = {"events": events}
        if stop < window.stop:
            body["next_page_token"] = self._tokens.seal(stop, *binding)
        return answer_json(body)

    def list_definitions(self, call: Call) -> Response:
        """A page of event definitions."""
        bot_id = read_subject(call)
        items = self._registry.definitions(bot_id)
        return self._answer_page(call, "event_definitions", bot_id, items)

    def create_definition(self, call: Call) -> Response:
        """A new event definition."""
        definition = self._registry.create_definition(read_subject(call), read_body(call))
        return answer_json({"event_definition": definition})

    def list_subscriptions(self, call: Call) -> Response:
        """A page of subscriptions, without their secrets."""
        bot_id = read_subject(call)
        return self._answer_page(
            call, "subscriptions", bot_id, self._registry.subscriptions(bot_id)
        )

    def create_subscription(self, call: Call) -> Response:
        """A new subscription, without its secret."""
        subscription = self._registry.create_subscription(read_subject(call), read_body(call))
        return answer_json({"subscription": subscription})

    def delete_subscription(self, call: Call) -> Response:
        """Remove a subscription."""
        identifier = call.path_parameters["subscription_id"]
        self._registry.delete_subscription(read_subject(call), identifier)
        return answer_json({})

    def echo(self, call: Call) -> Response:
        """The message that was sent."""
        message = read_body(call).get("message")
        if not isinstance(message, str):
            raise Refused(400, "message is required")
        return answer_json({"message": message})

    def _indexes(self, stream: EventStream, start: datetime, end: datetime) -> range:
        end = min(end, max(self._clock.now(), start))
        return stream.timeline.window(to_milliseconds(start), to_milliseconds(end))

    def _answer_page(self, call: Call, name: str, bot_id: str, items: list[Item]) -> Response:
        first = self._read_token(call, name, bot_id) or 0
        stop = first + read_page_size(call)
        body: dict[str, object] = {name: items[first:stop]}
        if stop < len(items):
            body["next_page_token"] = self._tokens.seal(stop, name, bot_id)
        return answer_json(body)

    def _read_token(self, call: Call, *binding: object) -> int | None:
        token = call.first("page_token")
        position = self._tokens.unseal(token, *binding) if token else None
        if token and position is None:
            raise Refused(400, "page_token does not belong to this query")
        return position


def route(method: str, path: str, operation: str, answer: Callable[[Call], Response]) -> Route:
    """Return a route whose path is the specification's."""
    return Route(method, path, operation, answer, path)
