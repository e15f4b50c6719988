"""Inkeep's twenty-two operations."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from starlette.responses import Response

from ..clock import Clock
from ..credentials import WEB_PREFIX, TokenDesk, read_bearer
from ..draws import draw_uuid
from ..exchange import Call, Refused, Route, Vendor, answer_json
from .bodies import AnyConversation, AnyEvent, Feedback, read_body
from .queries import BODY_LIMIT, Queries
from .samples import Item
from .store import Store, show_conversation

LARGEST_PAGE = 100
CONVERSATIONS_PAGE, FEEDBACK_PAGE = 20, 10
WEB_ALLOWED = {"logConversation", "getConversation", "deleteConversation", "logEvent"}


@frozen
class ErrorName:
    """How Inkeep names an error status."""

    title: str
    code: str


ERRORS = {
    400: ErrorName("Bad Request", "bad_request"),
    401: ErrorName("Unauthorized", "unauthorized"),
    403: ErrorName("Forbidden", "forbidden"),
    404: ErrorName("Not Found", "not_found"),
    405: ErrorName("Method Not Allowed", "method_not_allowed"),
    413: ErrorName("Payload Too Large", "payload_too_large"),
    422: ErrorName("Unprocessable Entity", "unprocessable_entity"),
    500: ErrorName("Internal Server Error", "internal_server_error"),
}


class InkeepBackend:
    """A store that starts with some conversations and keeps what is logged."""

    name: Vendor = "inkeep"
    invalid_status = 422

    def __init__(self, seed: int, clock: Clock, conversations: int) -> None:
        self._seed = seed
        self._desk = TokenDesk(seed, clock.now)
        self._store = Store(seed, conversations, clock.now)
        self._queries = Queries(seed, self._store)
        self._refusals = 0

    def routes(self) -> Sequence[Route]:
        """Return the twenty-two operations under their documented ids."""
        many, one = "/conversations", "/conversations/{id}"
        external = "/conversations/external/{externalId}"
        given, feedback = "/feedback", "/feedback/{id}"
        events, limit = "/events", BODY_LIMIT
        return (
            Route("GET", many, "getAllConversation", self.list_conversations, many),
            Route("POST", many, "logConversation", self.log_conversation, many, limit),
            Route("GET", external, "getConversationByExternalId", self.get_external, external),
            Route("GET", one, "getConversation", self.get_conversation, one),
            Route("DELETE", one, "deleteConversation", self.delete_conversation, one),
            Route("POST", events, "logEvent", self.log_event, events, limit),
            Route("GET", given, "getAllFeedback", self.list_feedback, given),
            Route("POST", given, "logFeedback", self.log_feedback, given, limit),
            Route("GET", feedback, "getFeedbackById", self.get_feedback, feedback),
            Route("DELETE", feedback, "deleteFeedbackById", self.delete_feedback, feedback),
            *self._queries.routes(),
        )

    def normalise(self, call: Call) -> None:
        """Take `null` for a limit or offset that is not given: both are documented as nullable."""
        nulls = (("limit", "null"), ("offset", "null"))
        call.query = [pair for pair in call.query if pair not in nulls]

    def admit(self, call: Call, route: Route) -> None:
        """Raise `Refused`: 401 without a good key, 403 for a Web key where none is allowed."""
        token = read_bearer(call.headers.get("authorization"))
        if token is None or self._desk.holder(token) is None:
            raise Refused(401, "The API key is missing, wrong or out of date.")
        if token.startswith(WEB_PREFIX) and route.operation not in WEB_ALLOWED:
            raise Refused(403, "A Web integration key may not do this.")

    def change(self, call: Call, insert: int, delete: int) -> None:
        """Remove the newest conversations, feedback and events, and log new ones."""
        self._store.change(insert, delete)

    def refuse(self, refused: Refused, call: Call) -> Response:
        """Return the problem, with the legacy `error` beside it."""
        name = ERRORS.get(refused.status, ErrorName("Error", "error"))
        self._refusals += 1
        request = draw_uuid(self._seed, "request", self._refusals)
        problem = {
            "title": name.title,
            "status": refused.status,
            "detail": refused.detail,
            "instance": call.path,
            "requestId": f"req_{request}",
            "code": name.code,
            "error": {"code": name.code, "message": refused.detail},
        }
        return answer_json(problem, refused.status, "application/problem+json")

    def list_conversations(self, call: Call) -> Response:
        """A page of conversations, newest first."""
        offset = read_bounded(call, "offset", 0)
        limit = read_bounded(call, "limit", CONVERSATIONS_PAGE, LARGEST_PAGE)
        page = self._store.conversations.page(offset, limit)
        return answer_json(
            {
                "conversations": [show_conversation(item) for item in page],
                "total": len(self._store.conversations),
                "pageSize": limit,
                "count": len(page),
            }
        )

    def log_conversation(self, call: Call) -> Response:
        """Create or replace a conversation."""
        body = read_body(call, AnyConversation)
        return answer_json(show_conversation(self._store.log_conversation(body)))

    def get_conversation(self, call: Call) -> Response:
        """One conversation by its id."""
        found = self._store.conversations.get(call.path_parameters["id"])
        return answer_json(show_conversation(require(found, "conversation")))

    def get_external(self, call: Call) -> Response:
        """One conversation by its external id."""
        found = self._store.find_external(call.path_parameters["externalId"])
        return answer_json(show_conversation(require(found, "conversation")))

    def delete_conversation(self, call: Call) -> Response:
        """Remove a conversation; feedback and events about it stay."""
        if not self._store.conversations.delete(call.path_parameters["id"]):
            raise Refused(404, "There is no such conversation.")
        return answer_json({"success": True, "message": "Conversation deleted"})

    def log_event(self, call: Call) -> Response:
        """Add an event."""
        return answer_json(self._store.log_event(read_body(call, AnyEvent)))

    def list_feedback(self, call: Call) -> Response:
        """A page of each kind of feedback, newest first, with conversation and message."""
        offset = read_bounded(call, "offset", 0)
        limit = read_bounded(call, "limit", FEEDBACK_PAGE, LARGEST_PAGE)
        kinds: dict[str, list[Item]] = {"positive": [], "negative": []}
        for item in self._store.feedback:
            kinds[item["type"]].append(item)
        body: dict[str, object] = {}
        for kind, items in kinds.items():
            page = items[offset : offset + limit]
            body[f"{kind}FeedbackCount"] = len(items)
            body[f"{kind}Feedback"] = [self._show_feedback(item) for item in page]
        return answer_json(body)

    def log_feedback(self, call: Call) -> Response:
        """Add feedback."""
        return answer_json(self._store.log_feedback(read_body(call, Feedback)))

    def get_feedback(self, call: Call) -> Response:
        """One feedback by its id."""
        found = self._store.feedback.get(call.path_parameters["id"])
        return answer_json(require(found, "feedback"))

    def delete_feedback(self, call: Call) -> Response:
        """Remove feedback."""
        if not self._store.feedback.delete(call.path_parameters["id"]):
            raise Refused(404, "There is no such feedback.")
        return answer_json({"success": True, "message": "Feedback deleted"})

    def _show_feedback(self, item: Item) -> Item:
        conversation, message = self._store.find_message(item["messageId"])
        shown = show_conversation(conversation) if conversation else None
        return {**item, "conversation": shown, "message": message}


def require(item: Item | None, kind: str) -> Item:
    """Return the item; raise `Refused` with 404 when there is none."""
    if item is None:
        raise Refused(404, f"There is no such {kind}.")
    return item


def read_bounded(call: Call, name: str, default: int, largest: int | None = None) -> int:
    """Return an optional whole number of 0 or more; raise `Refused` with 422 outside the bounds."""
    text = call.first(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(422, f"{name} is not a whole number of 0 or more.")
    value = int(text)
    if largest is not None and value > largest:
        raise Refused(422, f"{name} is more than {largest}.")
    return value
