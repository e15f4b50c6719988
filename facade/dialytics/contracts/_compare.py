"""The comparison of two documents, from what was given to a report."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ._docs import compare_docs, compare_order
from ._document import Document, is_equal, name_pointer
from ._engine import Finding, Walk, trace
from ._load import Source, check_openapi, read_source
from ._paths import Root, compare_documents
from ._report import AXES, REFUSALS, Change, Report, fingerprint, merge_changes
from ._swagger_places import restore_pointer
from .errors import ContractError

Given = str | os.PathLike[str] | Mapping[str, Any]
PROFILES = ("consumer", "oasdiff")
_TOLD = 5  # references that lead nowhere, in one note


def compare(
    old: Given,
    new: Given,
    *,
    profile: str = "consumer",
    axes: Iterable[str] = ("wire", "docs"),
    fetch: bool = False,
    overlays: Sequence[str | os.PathLike[str]] | None = None,
) -> Report:
    """Compare two OpenAPI documents and say what changed and whom it breaks.

    Documents may be OpenAPI 3.0, 3.1 or Swagger 2, in JSON or YAML, and as sloppy as vendors
    write them: what can be compared is.

    Args:
        old: The document as it was: a path, a mapping, ``git-ref:path``, or a URL (with ``fetch``).
        new: The document as it is now, likewise.
        profile: ``consumer`` levels changes by what they do to a client (breaking, risky,
            compatible); ``oasdiff`` has the ids and levels of that tool (error, warning, info).
        axes: What to compare: ``wire``, ``docs``, ``python`` and ``generator``. The last two run
            the client generator on both documents, which takes seconds.
        fetch: Whether URLs may be read.
        overlays: Two OpenAPI overlays, applied to the old and the new document before their
            clients are generated. The wire is compared without them.

    Returns:
        The report.

    Raises:
        ContractError: A document cannot be read, or an argument is not one of the above.

    Example:
        >>> from dialytics.contracts import compare
        >>> operation = {"responses": {"200": {"description": "fine"}}}
        >>> old = {"openapi": "3.1.0", "paths": {"/bots": {"get": operation}}}
        >>> compare(old, {**old, "paths": {}}).verdict("wire")
        'breaking'
    """
    wanted = _check(profile, axes)
    with _without_collector():
        before, after = (check_openapi(read_source(one, fetch=fetch)) for one in (old, new))
        return _compare(before, after, profile, wanted, overlays)


def _compare(
    before: Source,
    after: Source,
    profile: str,
    wanted: set[str],
    overlays: Sequence[str | os.PathLike[str]] | None,
) -> Report:
    strict = profile == "oasdiff"
    changes: list[Change] = []
    notes: list[str] = []
    failed: list[str] = []
    documents = Document(before), Document(after)
    if "wire" in wanted:
        changes += _compare_wire(*documents, strict=strict, order="python" in wanted)
    if "docs" in wanted:
        changes += compare_docs(*documents, level="info" if strict else "compatible")
    if {"python", "generator"} & wanted:
        from ._python import compare_python  # noqa: PLC0415  # it needs what only this axis needs

        pair = before.content, after.content
        found, notes, compared = compare_python(*pair, overlays=overlays, strict=strict)
        failed = [] if compared else ["python"]
        wanted = wanted | {one.axis for one in found if one.id in REFUSALS}
        changes += [change for change in found if change.axis in wanted]
    elif overlays is not None:
        notes.append("The overlays were not used: the Python axis was not compared.")
    changes = [_locate(change, before, after) for change in changes]
    kept = [axis for axis in AXES if axis in wanted]
    notes = [*_notes(changes, before, after), *notes, *_tell_lost(documents)]
    failed = [axis for axis in failed if axis in wanted]
    return Report(changes, kept, profile, before.name, after.name, notes=notes, failed=failed)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector from going through a million new nodes again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    except RecursionError:
        raise ContractError("a document is nested too deeply to be compared") from None
    finally:
        if enabled:
            gc.enable()


def _check(profile: str, axes: Iterable[str]) -> set[str]:
    if profile not in PROFILES:
        raise ContractError(f"profile {profile!r} is unknown; use one of {', '.join(PROFILES)}")
    wanted = {axes} if isinstance(axes, str) else set(axes)
    unknown = sorted(str(axis) for axis in wanted.difference(AXES))
    if unknown:
        raise ContractError(f"axis {unknown[0]!r} is unknown; use some of {', '.join(AXES)}")
    return wanted


def _compare_wire(old: Document, new: Document, *, strict: bool, order: bool) -> list[Change]:
    today = datetime.now(UTC).date()
    walk = Walk(old, new, strict=strict, today=today)
    found = _collect(compare_documents(walk), strict=strict)
    return found if strict else found + compare_order(old, new, always=order)


def _collect(roots: list[Root], *, strict: bool) -> list[Change]:
    """Put each unit's findings and the operations that reach it together."""
    found: list[Change] = []
    for unit, above in trace([root.unit for root in roots]):
        operations = dict.fromkeys(one for n in above for one in roots[n].operations)
        for finding in unit.findings:
            change = _as_change(finding, list(operations), strict=strict)
            if change is not None:
                found.append(change)
    return merge_changes(found)


def _as_change(finding: Finding, operations: list[str], *, strict: bool) -> Change | None:
    rule = finding.rule
    level = rule.oasdiff if strict else finding.level or rule.consumer
    if level is None:
        return None
    told = finding.before, finding.after
    return Change("wire", rule.id, level, finding.pointer, operations, None, *told)


def _locate(change: Change, old: Source, new: Source) -> Change:
    """Add the line, in the new document where it has any, and the lasting fingerprint."""
    if change.location is not None or (not change.pointer and change.symbol):
        return change
    gone = change.after is None and change.before is not None
    before, after = (restore_pointer(one.content, change.pointer) for one in (old, new))
    stands = before if gone else after
    named = name_pointer((old if gone else new).content, stands)
    line = new.find_line(after) or old.find_line(before)
    told = fingerprint(change, named)
    return replace(change, pointer=stands, location=line, fingerprint=told)


def _tell_lost(documents: Iterable[Document]) -> Iterator[str]:
    """Say which references within the documents lead nowhere, each once."""
    told: set[str] = set()
    for document in documents:
        lost = [one for one in document.lost if one not in told]
        told.update(lost)
        if lost:
            more = f" and {len(lost) - _TOLD} more" if len(lost) > _TOLD else ""
            yield (
                f"{document.source.name}: leads nowhere and was taken as anything at all: "
                f"{', '.join(lost[:_TOLD])}{more}"
            )


def _notes(changes: list[Change], old: Source, new: Source) -> list[str]:
    if not changes and is_equal(old.content, new.content):
        same = old.text is not None and old.text == new.text
        return ["The documents are identical." if same else "Only the formatting differs."]
    if changes and all(change.axis == "docs" for change in changes):
        return ["Only the documentation changed; the contract did not."]
    return []
