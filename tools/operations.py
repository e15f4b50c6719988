"""The table of operations in docs/operations.md, from the specs and the declarations."""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

import yaml
from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialytics._declarations import Operation, Stability, Vendor
from dialytics._retry import RETRIED_STATUSES, Replay
from dialytics.errors import status_class
from tools import phrases
from tools.specs import SPECS, Document, vendor_spec

PROVENANCE = {
    "excerpt": "an excerpt of the vendor's own document",
    "hand-written": "written by hand from the vendor's pages",
    "reconstructed": "the vendor's own document",
}
METHODS = ("get", "put", "post", "patch", "delete")


@frozen
class Line:
    """One operation's cells, as Markdown."""

    method: str
    operation: str
    pages: str
    dates: str
    repeated: str
    stability: str
    evidence: str
    limits: str
    errors: Mapping[int, str]


@frozen
class Section:
    """One vendor's table, and what holds for all of it."""

    vendor: str
    title: str
    source: Mapping[str, Any]
    limited_hosts: tuple[str, ...]
    error_rules: tuple[tuple[int, str, str], ...]
    lines: tuple[Line, ...]
    left_out: tuple[tuple[str, str], ...]


def write_operations(effective: Mapping[str, Document]) -> str:
    """Return the page: a table for each vendor, with a legend."""
    sections = [make_section(vendor, spec) for vendor, spec in effective.items()]
    statuses = {one for section in sections for line in section.lines for one in line.errors}
    environment = Environment(
        loader=FileSystemLoader(SPECS / "templates" / "docs"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("operations.md.jinja").render(
        sections=sections,
        nothing=phrases.NONE,
        provenance=PROVENANCE,
        client_error=status_class(418).__name__,
        server_error=status_class(599).__name__,
        unexpected=status_class(299).__name__,
        classes=[(status, status_class(status).__name__) for status in sorted(statuses)],
        retried=phrases.spell_statuses(RETRIED_STATUSES),
        stabilities=get_args(Stability),
        replays=[replay.value for replay in Replay],
    )


def make_section(vendor: str, spec: Document) -> Section:
    """Return a vendor's section; one whose façade is not written yet has no methods."""
    declared = find_declared(vendor)
    by_place = {(one.method, one.path): one for one in declared}
    reasons = yaml.safe_load((SPECS / "left_out.yaml").read_text(encoding="utf-8")) or {}
    documents = (vendor_spec(vendor), spec)
    facts: Vendor | None = declared[0].vendor if declared else None
    rules = facts.error_rules if facts else ()
    return Section(
        vendor=vendor,
        title=find_title(vendor),
        source=tomllib.loads((SPECS / vendor / "source.toml").read_text(encoding="utf-8")),
        limited_hosts=facts.limited_hosts if facts else (),
        error_rules=tuple((r.status, r.pattern, r.error.__name__) for r in rules),
        lines=tuple(
            make_line(documents, place, by_place.get(place)) for place in find_places(spec)
        ),
        left_out=tuple(sorted(reasons.get(vendor, {}).items())),
    )


def find_declared(vendor: str) -> list[Operation]:
    """Return the operations that a vendor's façade declares."""
    name = f"dialytics.vendors.{vendor}"
    try:
        module = importlib.import_module(f"{name}.declarations")
    except ModuleNotFoundError as error:
        if error.name not in (name, f"{name}.declarations"):
            raise
        return []
    return [one for one in vars(module).values() if isinstance(one, Operation)]


def find_title(vendor: str) -> str:
    """Return the name of the vendor's client, else the vendor's."""
    try:
        names = importlib.import_module(f"dialytics.vendors.{vendor}").__all__
    except ModuleNotFoundError:
        return vendor
    return next((name for name in names if name.lower() == vendor), vendor)


def find_places(spec: Document) -> Iterator[tuple[str, str]]:
    """Yield method and path of every operation, in the spec's order."""
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path


def make_line(
    documents: tuple[Document, Document], place: tuple[str, str], declared: Operation | None
) -> Line:
    """Return the cells of one operation of a vendor's document and of the effective one."""
    _, spec = documents
    method, path = place
    promised = spec["paths"][path][method.lower()]
    return Line(
        method=phrases.spell_methods(declared),
        operation=f"`{promised['operationId']}` {method} `{path}`",
        pages=phrases.spell_pages(declared),
        dates=phrases.spell_dates(declared),
        repeated=phrases.spell_replay(declared),
        stability=(declared and declared.stability) or phrases.NONE,
        evidence=phrases.spell_evidence(spec, promised),
        limits=phrases.spell_limits(declared, body="requestBody" in promised),
        errors=find_errors(documents, place),
    )


def find_errors(documents: Iterable[Document], place: tuple[str, str]) -> dict[int, str]:
    """Return the statuses of errors that any of the documents names, in order, as they are shown.

    Those that the vendor does not document have their mark.
    """
    # Overlays fold the vendor's single statuses into ranges, for the generator's sake.
    method, path = place
    found: dict[int, str] = {}
    for spec in documents:
        for code, response in spec["paths"][path][method.lower()]["responses"].items():
            if code.isdigit() and int(code) >= 400:
                found[int(code)] = phrases.spell_status(spec, code, response)
    return dict(sorted(found.items()))
