"""Take a vendor's new document: show what it changes, and regenerate, all of it or nothing.

Run by ``nox -s update_spec -- VENDOR [--from FILE|URL] [--dry-run]``. Everything happens in a copy
of the project first; only when the overlay still fits, the clients generate and the declarations
hold is the project itself changed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from jsonpath_ng.ext.parser import parse

from dialytics.contracts import ContractError, Report, compare, write_text
from dialytics.contracts._document import Document as References
from dialytics.contracts._document import find_references
from dialytics.contracts._load import Source, read_source
from tools import specs

_LEFT = shutil.ignore_patterns(".git", ".nox", ".venv", "dist", "__pycache__", ".*_cache")
_KEPT = ("openapi", "info", "servers", "security", "tags", "externalDocs", "jsonSchemaDialect")
_WRITTEN = ("specs", "generated", "facade", "docs/operations.md", "CHANGELOG.md")
_LINT = "tests/specs/test_declarations.py"


class UpdateError(Exception):
    """Why the project stays as it is."""


def main(arguments: list[str] | None = None) -> int:
    """Update, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vendor", choices=specs.VENDORS)
    parser.add_argument("--from", dest="given", help="file or URL; by default the one on record")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            update(options.vendor, options.given, Path(scratch), write=not options.dry_run)
    except (UpdateError, ContractError, specs.OverlayError) as error:
        print(f"Nothing is changed. {error}", file=sys.stderr)
        return 1
    return 0


def update(vendor: str, given: str | None, scratch: Path, *, write: bool) -> None:
    """Do it all in a scratch folder, then put what came out into the project."""
    record = specs.SPECS / vendor / "source.toml"
    known = tomllib.loads(record.read_text(encoding="utf-8"))
    text = read_new(given or known["url"], known["extracted"])
    target = scratch / "vendor.yaml"
    target.write_text(text, encoding="utf-8")
    digest = specs.canonical_sha256(specs.load_document(target))
    if digest == known["sha256"]:
        print("The content is the one on record; at most the formatting differs.")
        return
    for earlier, commit in find_earlier(vendor):
        if earlier == digest:
            print(f"The vendor went back to the document that commit {commit} has.")
            break
    report = show_changes(vendor, target)
    check_overlay(vendor, specs.load_document(target))
    stage = scratch / "project"
    shutil.copytree(specs.ROOT, stage, ignore=_LEFT)
    shutil.copy(target, stage / "specs" / vendor / "vendor.yaml")
    today = datetime.now(UTC).date().isoformat()
    write_record(stage / "specs" / vendor / "source.toml", digest, today)
    draft_changelog(stage / "CHANGELOG.md", vendor, report)
    run_in(stage, "-m", "tools.generate")
    run_in(stage, "-m", "pytest", "-q", "-p", "no:cacheprovider", _LINT)
    if write:
        names = put_back(stage, specs.ROOT)
        print("\n".join(["written:", *names, "Now edit the draft in CHANGELOG.md."]))


def read_new(given: str, extracted: dict[str, list[str]]) -> str:
    """Return the text of the new document, or of the excerpt that is on record."""
    source = read_source(given, fetch=True)
    if not extracted["operations"]:
        return source.text or ""
    excerpt = extract(source.content, extracted["operations"], extracted["components"])
    return yaml.safe_dump(excerpt, sort_keys=False, allow_unicode=True, width=100)


def extract(
    document: dict[str, Any], operations: list[str], components: list[str]
) -> dict[str, Any]:
    """Cut operations out of a document, with all that they refer to."""
    paths: dict[str, Any] = {}
    for path, item in document.get("paths", {}).items():
        chosen = {
            key: one
            for key, one in item.items()
            if isinstance(one, dict) and one.get("operationId") in operations
        }
        if chosen:
            shared = {key: item[key] for key in ("parameters", "servers") if key in item}
            paths[path] = {**shared, **chosen}
    found = {
        one["operationId"]
        for item in paths.values()
        for one in item.values()
        if "operationId" in one
    }
    if missing := set(operations) - found:
        raise UpdateError(f"The new document has no operation {', '.join(sorted(missing))}.")
    excerpt = {key: document[key] for key in _KEPT if key in document}
    excerpt["paths"] = paths
    wanted = [f"#/components/{name}" for name in components]
    excerpt["components"] = _collect(document, wanted + sorted(find_references(paths)))
    return excerpt


def find_earlier(vendor: str) -> Iterator[tuple[str, str]]:
    """Yield the hashes that were once on record, each with its commit."""
    path = f"specs/{vendor}/source.toml"
    for commit in _git("log", "--format=%h", "--", path).split():
        digest = re.search(r'^sha256 = "(\w+)"', _git("show", f"{commit}:{path}"), re.MULTILINE)
        if digest:
            yield digest[1], commit


def show_changes(vendor: str, new: Path) -> Report:
    """Print what changes, on the wire and in Python."""
    folder = specs.SPECS / vendor
    overlay = folder / "overlay.yaml"
    axes = ("wire", "docs", "python", "generator")
    report = compare(folder / "vendor.yaml", new, axes=axes, overlays=(overlay, overlay))
    print(write_text(report))
    return report


def check_overlay(vendor: str, new: specs.Document) -> None:
    """Refuse an overlay that no longer fits, showing what stood where it did."""
    overlay = specs.load_document(specs.SPECS / vendor / "overlay.yaml")
    try:
        specs.patch_document(new, overlay)
    except specs.OverlayError as error:
        lines = [f"specs/{vendor}/overlay.yaml no longer fits: {error}"]
        old = specs.vendor_spec(vendor)
        for action in overlay.get("actions", []):
            path = parse(action["target"])
            if not path.find(new) and (stood := path.find(old)):
                what = yaml.safe_dump(stood[0].value, sort_keys=False).strip()[:500]
                lines.append(f"At {action['target']} stood:\n{what}")
        raise UpdateError("\n".join(lines)) from None


def write_record(path: Path, digest: str, day: str) -> None:
    """Put hash and date into ``source.toml``, and leave its words as they are."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'^sha256 = ".*"$', f'sha256 = "{digest}"', text, flags=re.MULTILINE)
    text = re.sub(r"^date = .*$", f"date = {day}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def draft_changelog(path: Path, vendor: str, report: Report) -> None:
    """Draft an entry: the verdicts, and each change that is not harmless."""
    verdicts = ", ".join(f"{axis} {level}" for axis, level in report.verdicts.items())
    lines = [f"- DRAFT: {vendor}'s new document ({verdicts}; advice: {report.advice}):"]
    for change in report.changes:
        if change.level in ("breaking", "risky"):
            where = change.symbol or ", ".join(change.operations) or change.pointer
            lines.append(f"  - {change.level}: {change.id}, {where}")
    text = path.read_text(encoding="utf-8")
    head, mark, rest = text.partition("## [Unreleased]\n")
    if not mark:
        raise UpdateError(f"{path.name} has no section [Unreleased].")
    draft = "\n".join(lines)
    path.write_text(f"{head}{mark}\n### Changed\n\n{draft}\n{rest}", encoding="utf-8")


def run_in(stage: Path, *arguments: str) -> None:
    """Run Python in the copy, on the copy's own code."""
    paths = os.pathsep.join(map(str, (stage, stage / "facade", stage / "generated")))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=stage,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UpdateError(f"{' '.join(arguments)} fails:\n{done.stdout}{done.stderr}")


def put_back(stage: Path, root: Path) -> list[str]:
    """Make the project's files those of the copy; return which changed."""
    names = []
    wanted, present = (_read_files(one) for one in (stage, root))
    for name in present.keys() - wanted.keys():
        (root / name).unlink()
        names.append(name)
    for name, path in wanted.items():
        if name not in present or present[name].read_bytes() != path.read_bytes():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, root / name)
            names.append(name)
    return sorted(names)


def _read_files(root: Path) -> dict[str, Path]:
    files = {}
    for top in (root / one for one in _WRITTEN):
        for path in [top] if top.is_file() else top.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                files[path.relative_to(root).as_posix()] = path
    return files


def _collect(document: dict[str, Any], references: list[str]) -> dict[str, Any]:
    """Return the components that references reach, in the order of the document."""
    follow = References(Source("new", document))
    reached: set[tuple[str, str]] = set()
    while references:
        parts = tuple(references.pop().split("/")[2:4])
        place = follow.at("components", *parts)
        if len(parts) == 2 and place.node is not None and parts not in reached:
            reached.add((parts[0], parts[1]))
            references += find_references(place.node)
    return {
        kind: chosen
        for kind, entries in document.get("components", {}).items()
        if (chosen := {name: one for name, one in entries.items() if (kind, name) in reached})
    }


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607  # whichever git the maintainer has
        cwd=specs.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
