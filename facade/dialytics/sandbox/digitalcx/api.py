"""DigitalCX's two endpoints: the interaction log and the token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
from attrs import astuple
from starlette.responses import PlainTextResponse, Response

from ..clock import Clock, to_milliseconds
from ..credentials import INVALID, LIMITED, UNKNOWN, TokenDesk, read_bearer
from ..exchange import Call, Refused, Route, Vendor, answer_json
from ..pages import (
    PageCache,
    RenderedPage,
    accepts_gzip,
    compress,
    render_csv,
)
from ..tokens import PageTokens
from .interactions import (
    COLUMNS,
    FLAGS,
    USER_COLUMNS,
    InteractionStream,
    Row,
)
from .query import InteractionQuery, normalise_query, read_query

LIFETIME = timedelta(seconds=86_399)
INTERACTIONS = "/{customerKey}/projects/{projectKey}/interactions"


class DigitalCXBackend:
    """The interaction log, generated on request; nothing is kept but rendered pages."""

    name: Vendor = "digitalcx"
    invalid_status = 400

    def __init__(self, seed: int, clock: Clock, rows_per_day: int, page_rows: int) -> None:
        InteractionStream(seed, "en", "Production", "Public", rows_per_day)
        self._seed = seed
        self._clock = clock
        self._rows_per_day = rows_per_day
        self._page_rows = page_rows
        self._desk = TokenDesk(seed, clock.now)
        self._tokens = PageTokens(seed)
        self._cache = PageCache()

    def routes(self) -> Sequence[Route]:
        """Return the two endpoints."""
        return (
            Route("GET", INTERACTIONS, "getInteractions", self.answer_interactions, INTERACTIONS),
            Route("POST", "/oauth2/token", "token", self.answer_token, None, open=True),
        )

    def normalise(self, call: Call) -> None:
        """Match parameter names without regard to case; an empty value is not given."""
        call.query = normalise_query(call.query)

    def admit(self, call: Call, route: Route) -> None:
        """Raise `Refused` with 403 unless a good bearer token is there."""
        if self._holder(call) is None:
            raise Refused(403, "Forbidden: the access token is missing, wrong or out of date.")

    def change(self, call: Call, insert: int, delete: int) -> None:
        """Leave the log, which only grows with the clock."""

    def refuse(self, refused: Refused, call: Call) -> Response:
        """Return the message as plain text."""
        return PlainTextResponse(refused.detail, refused.status)

    def interactions(self, query: InteractionQuery) -> list[Row]:
        """Return the rows that one unpaginated request for `query` gives."""
        rows = (row for _, row in self._matches(query, None))
        return [row if query.user_info else hide_user_columns(row) for row in rows]

    def answer_interactions(self, call: Call) -> Response:
        """Return a page, or all rows, as CSV or JSON."""
        query = read_query(call, self._clock.now())
        customer, project = call.path_parameters["customerKey"], call.path_parameters["projectKey"]
        if UNKNOWN in (customer, project):
            raise Refused(400, f"Customer key {customer} with project {project} does not exist.")
        token = call.first("continuationToken")
        binding = (customer, project, *astuple(query))
        position = self._tokens.unseal(token, *binding) if token else None
        if token and position is None:
            raise Refused(400, "The continuation token does not belong to this request.")
        page = self._page(query, position, call, binding)
        if token and not page.rows:
            return Response(status_code=204)
        return write_page(page, call)

    def answer_token(self, call: Call) -> Response:
        """Return an access token as Entra ID's version 1 endpoint does: numbers as text."""
        form = call.form()
        if form.get("grant_type") != "client_credentials":
            return refuse_token(400, "unsupported_grant_type", "AADSTS70003: Unsupported grant.")
        client, secret = form.get("client_id"), form.get("client_secret")
        if not client or client == INVALID:
            return refuse_token(400, "unauthorized_client", "AADSTS700016: Application not found.")
        if not secret or secret == INVALID:
            return refuse_token(401, "invalid_client", "AADSTS7000215: The client secret is wrong.")
        now = int(self._clock.now().timestamp())
        return answer_json(
            {
                "token_type": "Bearer",
                "expires_in": f"{LIFETIME.seconds}",
                "ext_expires_in": f"{LIFETIME.seconds}",
                "expires_on": f"{now + LIFETIME.seconds}",
                "not_before": f"{now}",
                "resource": form.get("resource", ""),
                "access_token": self._desk.issue(client, LIFETIME),
            }
        )

    def _holder(self, call: Call) -> str | None:
        token = read_bearer(call.headers.get("authorization"))
        return self._desk.holder(token) if token else None

    def _page(
        self, query: InteractionQuery, position: int | None, call: Call, binding: tuple[object, ...]
    ) -> RenderedPage:
        user_info = query.user_info and self._holder(call) != LIMITED
        as_json = wants_json(call)

        def render() -> RenderedPage:
            found = list(self._matches(query, position))
            rows = [row if user_info else hide_user_columns(row) for _, row in found]
            body = msgspec.json.encode(rows) if as_json else render_csv(COLUMNS, rows)
            full = query.paginated and len(rows) == self._page_rows
            token = self._tokens.seal(found[-1][0] + 1, *binding) if full else None
            return RenderedPage(body, token, len(rows))

        if query.end > self._clock.now():
            return render()
        return self._cache.fetch((binding, position, user_info, as_json), render)

    def _matches(self, query: InteractionQuery, position: int | None) -> Iterator[tuple[int, Row]]:
        stream = InteractionStream(
            self._seed, query.culture, query.environment, query.mode, self._rows_per_day
        )
        limit = self._page_rows if query.paginated else None
        for index in self._indexes(stream, query, position):
            if limit == 0:
                return
            row = stream.row(index)
            if query.filter_text in str(row["InteractionValue"] or ""):
                limit = None if limit is None else limit - 1
                yield index, row

    def _indexes(
        self, stream: InteractionStream, query: InteractionQuery, position: int | None
    ) -> Iterator[int]:
        start, end = self._clip(query.start, query.end)
        window = stream.timeline.window(start, end)
        for index in range(window.start if position is None else position, window.stop):
            if query.active_only and not stream.is_active(index):
                continue
            unfiltered = query.types is None and query.main_types is None
            if unfiltered or overlaps(stream.kinds(index), query):
                yield index

    def _clip(self, start: datetime, end: datetime) -> tuple[int, int]:
        now = self._clock.now()
        return to_milliseconds(start), to_milliseconds(min(end, max(now, start)))


def overlaps(kinds: Sequence[str], query: InteractionQuery) -> bool:
    """Tell whether a row's types share a bit with each of the query's flags."""
    flags = sum(FLAGS[kind] for kind in kinds)
    fits = query.types is None or bool(query.types & flags)
    return fits and (query.main_types is None or bool(query.main_types & FLAGS[kinds[0]]))


def hide_user_columns(row: Row) -> Row:
    """Return the row as it is shown without includeUserInfo: the user columns are empty text."""
    return {**row, **dict.fromkeys(USER_COLUMNS, "")}


def wants_json(call: Call) -> bool:
    """Tell whether the client asked for JSON; anything else gets CSV."""
    return "application/json" in call.headers.get("accept", "").lower()


def write_page(page: RenderedPage, call: Call) -> Response:
    """Return a page as a response, compressed when the client accepts it."""
    headers = {"vary": "accept, accept-encoding"}
    if page.token is not None:
        headers["continuationToken"] = page.token
    body = page.body
    if accepts_gzip(call.headers.get("accept-encoding", "")):
        headers["content-encoding"] = "gzip"
        body = compress(body)
    return Response(body, 200, headers, "application/json" if wants_json(call) else "text/csv")


def refuse_token(status: int, error: str, description: str) -> Response:
    """Return an OAuth error."""
    return answer_json({"error": error, "error_description": description}, status)
