"""Cognigy.AI in the sandbox: the analytics record update and the OAuth token endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import frozen
from starlette.responses import Response

from .clock import Clock
from .credentials import INVALID, TokenDesk, read_bearer
from .draws import draw_uuid
from .exchange import Call, Refused, Route, Vendor, answer_json

RECORD_KEY = ("projectId", "contactId", "sessionId", "inputId")
PAYLOAD_LIMIT = 60 * 1024
CUSTOM_LENGTH = 1024
LIFETIME = timedelta(hours=1)
MISSING_ARGUMENT, INVALID_ARGUMENT, NOT_FOUND, METHOD_NOT_ALLOWED = 1000, 1005, 1002, 1013

Record = dict[str, Any]
RecordKey = tuple[str, str, str, str]


@frozen
class ErrorName:
    """How Cognigy names an error status."""

    type: str
    code: int


ERRORS = {
    400: ErrorName("Bad Request", 400),
    401: ErrorName("Unauthorized", 401),
    403: ErrorName("Forbidden", 403),
    404: ErrorName("Not Found", NOT_FOUND),
    405: ErrorName("Method Not Allowed", METHOD_NOT_ALLOWED),
    413: ErrorName("Payload Too Large", 413),
    500: ErrorName("Internal Server Error", 1008),
}


class CognigyBackend:
    """Keeps what was patched, by (projectId, contactId, sessionId, inputId)."""

    name: Vendor = "cognigy"
    invalid_status = 400

    def __init__(self, seed: int, clock: Clock) -> None:
        self._seed = seed
        self._desk = TokenDesk(seed, clock.now)
        self._traces = 0
        self.records: dict[RecordKey, Record] = {}

    def routes(self) -> Sequence[Route]:
        """Return the update and the token endpoint; the API root is `/new`."""
        return (
            Route(
                "PATCH",
                "/new/v2.0/analytics",
                "updateAnalyticsRecords_2_0",
                self.update_record,
                "/v2.0/analytics",
                PAYLOAD_LIMIT,
            ),
            Route("POST", "/auth/oauth2/token", "token", self.answer_token, None, open=True),
        )

    def normalise(self, call: Call) -> None:
        """Leave the request as it is."""

    def admit(self, call: Call, route: Route) -> None:
        """Raise `Refused` with 401 unless one of the four alternatives holds; Basic is none."""
        offered = (
            call.headers.get("x-api-key"),
            call.first("api_key"),
            read_bearer(call.headers.get("x-cxone-authorization")),
            read_bearer(call.headers.get("authorization")),
        )
        if not any(token and self._desk.holder(token) for token in offered):
            raise Refused(401, "The credential is missing, wrong or out of date.")

    def change(self, call: Call, insert: int, delete: int) -> None:
        """Leave what was patched: nobody else patches it."""

    def refuse(self, refused: Refused, call: Call) -> Response:
        """Return the RFC 7807-like problem with its numeric code, as application/json."""
        name = ERRORS.get(refused.status, ErrorName("Error", refused.status))
        self._traces += 1
        problem: dict[str, object] = {
            "type": name.type,
            "title": f"{name.type} Error",
            "status": refused.status,
            "detail": refused.detail,
            "instance": call.path.removeprefix("/new"),
            "code": refused.code or name.code,
            "traceId": f"api--{draw_uuid(self._seed, 'trace', self._traces)}",
            "details": {},
        }
        if refused.status == 404:
            problem["logLevel"] = "warn"
        return answer_json(problem, refused.status)

    def update_record(self, call: Call) -> Response:
        """Merge the properties into the record and answer 204."""
        try:
            body = call.json() if call.body.strip() else {}
        except ValueError:
            raise Refused(400, "The payload is not valid JSON.") from None
        if not isinstance(body, dict):
            raise Refused(400, "The payload is not an object.", INVALID_ARGUMENT)
        if not body:
            raise Refused(400, "Validation failed. Missing payload.", MISSING_ARGUMENT)
        key = tuple(str(body.get(name) or "") for name in RECORD_KEY)
        properties = body.get("properties") or {}
        if not isinstance(properties, dict):
            raise Refused(400, "properties is not an object.", INVALID_ARGUMENT)
        check_custom_fields(properties)
        project, contact, session, given_input = key
        record = self.records.setdefault((project, contact, session, given_input), {})
        kept = record.get("properties", {})
        record.update({**body, "properties": {**kept, **properties}})
        return Response(status_code=204)

    def answer_token(self, call: Call) -> Response:
        """Return an access and a refresh token for the password, code and refresh grants."""
        form = call.form()
        needed = {
            "password": ("username", "password"),
            "authorization_code": ("code",),
            "refresh_token": ("refresh_token",),
        }.get(form.get("grant_type", ""))
        if needed is None:
            return answer_json({"error": "unsupported_grant_type"}, 400)
        if any(not form.get(name) for name in ("client_id", *needed)):
            return answer_json({"error": "invalid_request"}, 400)
        secrets = [form.get(name) for name in ("client_id", "client_secret", *needed)]
        refresh = form.get("refresh_token")
        if INVALID in secrets or (refresh and self._desk.holder(refresh) is None):
            return answer_json({"error": "invalid_grant"}, 401)
        holder = form["client_id"]
        return answer_json(
            {
                "access_token": self._desk.issue(holder, LIFETIME),
                "refresh_token": self._desk.issue(holder, 24 * LIFETIME),
                "token_type": "Bearer",
                "expires_in": LIFETIME.seconds,
            }
        )


def check_custom_fields(properties: Record) -> None:
    """Raise `Refused` when one of custom1..custom10 is longer than is documented."""
    for number in range(1, 11):
        value = properties.get(f"custom{number}")
        if isinstance(value, str) and len(value) > CUSTOM_LENGTH:
            raise Refused(400, f"custom{number} is too long.", INVALID_ARGUMENT)
