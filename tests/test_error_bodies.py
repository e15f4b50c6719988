"""Rows in failed responses: wherever they stand, no word of them is in an error or a log.

A seed draws rows, an error, and how they are mixed, written and cut; one word is in all that the
rows say. `--soak` takes 100,000 responses of each vendor.
"""

from __future__ import annotations

import html
import json
import logging
import pickle
import random
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from dialytics import errors
from dialytics._problems import status_error

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve: TypeAlias = Callable[[Callable[[Asked], Answer]], Scripted]

NOW: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SAMPLE, SOAK, OVER_SOCKETS = 1_500, 100_000, 40
MARK: Final = "quasimodo"
SAID: Final = (
    *("{} said hello", "my {} is, well, ill", "{}", "I have {}; no", "{}: yes", "a {}\nb {}"),
    *('he said "{}"', "{}, {}, {}", "{}|x", "ü {} é", "{}."),
)
NAMES: Final = (
    ["LogId", "SessionUuid", "TimestampStart", "InteractionValue", "OutputText", "Culture"],
    ["searchQuery", "lastMessage", "attributes", "utterance", "note", "id", "title", "message"],
    ["question", "answer", "Log Id", "body", "user", "text", "value", "comment", "details", "type"],
)
# What a row by itself does not consist of.
SHARED: Final = {"type", "details", "message", "title", "description", "status", "timestamp"}
STATUSES: Final = (200, 299, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 520)
MEDIA: Final = (
    *("application/json", "application/problem+json", "text/plain", "text/csv", "text/html"),
    *("application/octet-stream", None),
)
ENCODINGS: Final = (
    *["utf-8"] * 6,
    *("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "latin-1", "cp1252"),
)
PAGES: Final = (
    "<html><head><title>502 Bad</title></head><body><pre>%s</pre></body></html>",
    "<html><title>x</title><script>var a=%s</script>",
    "<?xml version='1.0'?><rows><row>%s</row></rows>",
    "<h1>502</h1><p>%s",
    '<rows><row a="%s"/></rows>',
)
ASIDE: Final = ("record", "session", "data", "row", "conflictsWith", "context", "attributes", MARK)
AMONG: Final = ("details", "errors", "issues", "detail", "error", "validationErrors", "source")
CLIENTS: Final[Mapping[str, tuple[dict[str, Any], Callable[[Any], Any]]]] = {
    "DigitalCX": (
        {"customer": "c", "project": "p", "auth": "t"},
        lambda one: one.interactions(
            culture="en", start=date(2026, 11, 10), end=date(2026, 11, 11), clip=True
        ),
    ),
    "Chatlayer": ({"auth": "Basic t"}, lambda one: one.subscriptions("bot")),
    "Cognigy": ({"api_key": "k"}, lambda one: one.update_record(project_id="p")),
    "Inkeep": ({"api_key": "k"}, lambda one: one.conversations()),
}


@cache
def name_fields(vendor: str) -> Sequence[list[str]]:
    """Return the names that rows have: the vendor's, and others."""
    content = (files("dialytics_clients") / vendor.lower() / "openapi.json").read_text()
    schemas = json.loads(content)["components"]["schemas"]
    told = {"Problem", "LegacyError", "EchoResponse", "DeleteResult"}
    named = [[*one.get("properties", ())] for name, one in schemas.items() if name not in told]
    return (*(names for names in named if len(names) > 3), *NAMES)


class Draw(random.Random):
    """Draws failed responses of a vendor."""

    def __init__(self, vendor: str, seed: int) -> None:
        super().__init__(f"{vendor} {seed}")
        self.vendor = vendor
        self.status = self.choice(STATUSES)

    def words(self) -> str:
        return self.choice(SAID).replace("{}", MARK)

    def row(self) -> dict[str, Any]:
        names = self.choice(name_fields(self.vendor))
        names = self.sample(names, min(len(names), self.randint(3, 8)))
        row = {name: self.value() for name in names}
        # What is only said and rated is no row; it has an id, or a time.
        return {**row, self.choice(("id", "createdAt", "LogId")): self.words()}

    def value(self) -> Any:
        said = {"name": self.words(), "x": self.words(), "tags": [self.words()]}
        heard = [self.words(), {"role": "user", "content": self.words()}]
        number = self.randrange(10**8)
        return self.choice((*(self.words() for _ in range(6)), number, said, heard, None))

    def error(self) -> dict[str, Any]:
        known = {"code": "bad_request", "message": "bad"}
        return self.choice(
            (
                {"type": "Bad", "title": "Bad", "status": self.status, "detail": "No.", "code": 1},
                {"title": "Bad", "status": self.status, "detail": "bad", "error": known},
                {"code": 3, "message": "bad", "details": []},
                *({"message": "bad"}, {"error": "bad"}, {"title": "bad"}, {}),
            )
        )

    def table(self, rows: Sequence[Mapping[str, Any]], *, header: bool) -> str:
        delimiter = self.choice(",;\t|")

        def cell(value: Any) -> str:
            text = json.dumps(value) if isinstance(value, dict | list) else str(value)
            quoted = self.random() < 0.3 or not {delimiter, '"', "\n"}.isdisjoint(text)
            return f'"{text.replace(chr(34), chr(34) * 2)}"' if quoted else text

        lines = [delimiter.join(map(cell, one.values())) for one in rows]
        return self.choice(("\n", "\r\n")).join([delimiter.join(rows[0])] * header + lines)

    def body(self) -> str:
        rows = [self.row() for _ in range(self.randint(1, 3))]
        one, error = rows[0], self.error()
        data = self.choice((one, rows, {"deep": {"er": rows}}, [rows], {"row": one}))
        told = self.choice((json.dumps(data, indent=1), self.table(rows, header=False), repr(one)))
        apart = {name: value for name, value in one.items() if name not in {*error, *SHARED}}
        first = self.choice(("Failed at row: ", "500 Internal Server Error\n", "", "bad (%s)"))
        begin = f"{first}{told}" if "%" not in first else first % told
        return self.choice(
            (
                lambda: self.json(data),
                lambda: self.json({self.choice(("events", "data")): rows, "total": 3}),
                lambda: self.json({**error, self.choice(ASIDE): data}),
                lambda: self.json({**error, self.choice(AMONG): data}),
                lambda: self.json({**apart, **error}),
                lambda: self.json({**error, self.choice(("message", "detail", "error")): begin}),
                lambda: self.json(self.json(data)),
                lambda: self.json({"error": {"message": "bad", "row": data}}),
                lambda: "\n".join(map(json.dumps, rows)),
                lambda: self.table(rows, header=True),
                lambda: begin,
                lambda: self.choice(PAGES) % self.choice((told, html.escape(told), self.words())),
                lambda: "\n".join(["Input", *(self.words() for _ in rows)]),
            )
        )()

    def json(self, value: Any) -> str:
        ascii_only = self.random() < 0.5
        return json.dumps(value, ensure_ascii=ascii_only, indent=self.choice((None, 1)))

    def response(self) -> tuple[bytes, dict[str, str]]:
        text, encoding, media = self.body(), self.choice(ENCODINGS), self.choice(MEDIA)
        content = text.encode(encoding, "replace")
        # A row that breaks off before its first delimiter is a text as any other.
        if text[0] in "{[<" and self.random() < 0.3:
            content = content[: self.randrange(len(content) + 1)]
        label = self.choice(("", f"; charset={encoding}"))
        return content, {} if media is None else {"content-type": f"{media}{label}"}


def show(error: BaseException) -> str:
    """Return all that an error shows or holds."""
    held = (str(error), repr(error), repr(error.args), repr(vars(error)), repr(pickle.dumps(error)))
    lines = traceback.format_exception(error)
    return "\n".join([*held, *(line for line in lines if not line.startswith("  File"))])


@pytest.mark.parametrize("vendor", CLIENTS)
def test_no_word_of_a_row_is_in_an_error(
    vendor: str,
    soak: bool,  # noqa: FBT001  # a fixture
    figures: Callable[..., None],
) -> None:
    """Whatever holds the rows, and however it is written, the error says none of their words."""
    found, silent = [], 0
    count = SOAK if soak else SAMPLE
    for seed in range(count):
        draw = Draw(vendor, seed)
        content, headers = draw.response()
        error = status_error(
            draw.status, headers, content, vendor=vendor, operation="rows", now=NOW
        )
        silent += error.body is None
        if MARK in show(error):
            found.append((seed, content, error.body))
    figures(f"rows in errors: {vendor}", responses=count, silent=silent, shown=len(found))
    assert found == []
    # Errors beside rows still speak.
    assert silent < count * 0.9


def finish(twin: Twin, call: Callable[[Any], Any], client: Any) -> None:
    result = call(client)
    _ = twin.collect(result) if hasattr(result, "stats") else twin.wait(result)


@pytest.mark.parametrize("vendor", CLIENTS)
def test_no_word_of_a_row_is_in_a_log(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    caplog: pytest.LogCaptureFixture,
    vendor: str,
) -> None:
    """Over the wire it is the same, in what comes out of a call and in what is logged."""
    caplog.set_level(logging.DEBUG)
    told = []
    settings, call = CLIENTS[vendor]
    for seed in range(OVER_SOCKETS):
        draw = Draw(vendor, -1 - seed)
        content, headers = draw.response()
        status = max(draw.status, 302)
        scripted = serve(lambda _, args=(content, status, headers): answer(*args))  # type: ignore[misc]
        given = {**settings, "base_url": scripted.url, "now": lambda: NOW, "max_retries": 0}
        with twin.open(vendor, **given) as client, pytest.raises(errors.StatusError) as caught:
            finish(twin, call, client)
        told.append(show(caught.value))
    told += [repr((one.getMessage(), one.args)) for one in caplog.records if one.name != "asyncio"]
    assert [one for one in told if MARK in one] == []
    assert len(caplog.records) >= OVER_SOCKETS


def test_the_word_is_in_the_rows() -> None:
    """What is looked for is there: every response that is drawn has the word, if it is not cut."""
    assert all(MARK in Draw(vendor, seed).body() for vendor in CLIENTS for seed in range(300))
