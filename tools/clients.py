"""openapi-python-client, run on an effective spec with our templates and its warnings captured."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import json
import shutil
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import openapi_python_client
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser.errors import GeneratorError

from tools.specs import SPECS, Document, load_document

VERSION = importlib.metadata.version("openapi-python-client")


class GenerationError(Exception):
    """The generator warned of something that nobody has accepted, or failed."""


def generate_client(vendor: str, spec: Document, target: Path) -> None:
    """Write the client package of a vendor to ``target``, which must not exist yet."""
    settings = load_document(SPECS / "generator.yaml")
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "openapi.json"
        source.write_text(json.dumps(spec), encoding="utf-8")
        templates = Path(scratch) / "templates"
        _write_templates(templates, settings["template_edits"])
        config = Config.from_sources(
            ConfigFile(**settings["client"]),
            meta_type=MetaType.NONE,
            document_source=source,
            file_encoding="utf-8",
            overwrite=False,
            output_path=target,
        )
        with redirect_stdout(StringIO()):
            problems = openapi_python_client.generate(config=config, custom_template_path=templates)
    refuse_unknown(vendor, [_text(problem) for problem in problems], settings["accepted_warnings"])


def refuse_unknown(vendor: str, warnings: list[str], accepted: list[dict[str, str]]) -> None:
    """Raise for a warning that is not accepted, and for an acceptance that is no longer needed."""
    entries = [entry for entry in accepted if entry["vendor"] == vendor]
    unknown = [text for text in warnings if not any(entry["text"] in text for entry in entries)]
    if unknown:
        raise GenerationError(
            f"{vendor}: the generator warns; correct the overlay, or list the warning with a "
            "reason under accepted_warnings in specs/generator.yaml:\n" + "\n".join(unknown)
        )
    for entry in entries:
        if not entry.get("reason"):
            raise GenerationError(f"{vendor}: accepted warning {entry['text']!r} has no reason")
        if not any(entry["text"] in text for text in warnings):
            raise GenerationError(f"{vendor}: accepted warning {entry['text']!r} does not occur")


def edit_template(text: str, edit: dict[str, str]) -> str:
    """Apply one one-line edit to a stock template; it must match exactly once."""
    if text.count(edit["find"]) != 1:
        raise GenerationError(
            f"template {edit['template']}: {edit['find']!r} occurs {text.count(edit['find'])} "
            "times in the generator's template, not once; adapt specs/generator.yaml"
        )
    return text.replace(edit["find"], edit["replace"])


def _write_templates(folder: Path, edits: list[dict[str, str]]) -> None:
    shutil.copytree(SPECS / "templates" / "client", folder)
    stock = importlib.resources.files(openapi_python_client) / "templates"
    for edit in edits:
        target = folder / edit["template"]
        text = target if target.exists() else stock / edit["template"]
        target.write_text(edit_template(text.read_text(encoding="utf-8"), edit), encoding="utf-8")


def _text(problem: GeneratorError) -> str:
    return f"{problem.level.value}: {problem.header}: {problem.detail or ''}".strip()
