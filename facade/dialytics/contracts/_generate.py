"""The client generator, run on a document in a temporary folder, with this project's settings."""

from __future__ import annotations

import importlib.resources
import json
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path
from typing import Any

import yaml

from .errors import ContractError

PACKAGE = "client"
_LONGEST = 300  # characters of a warning
_DETAILS = re.compile(r"\s*\[type=[^\n]*\]|\s*For further information visit \S+")


@dataclass(frozen=True, slots=True)
class Generated:
    """What came out: the folder that holds the package, the warnings, and a refusal if any."""

    folder: Path
    warnings: tuple[str, ...]
    refusal: str | None = None


def generate(document: dict[str, Any], folder: Path) -> Generated:
    """Generate a client package in a folder; what the generator does not like is in the result."""
    try:
        import openapi_python_client  # noqa: PLC0415  # heavy, and an extra
        from openapi_python_client.config import Config, ConfigFile, MetaType  # noqa: PLC0415
    except ImportError:
        raise ContractError(
            "the Python axis needs the client generator; install dialytics with its extra"
            " 'contracts'"
        ) from None
    settings = yaml.safe_load(_find_files().joinpath("generator.yaml").read_text(encoding="utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "openapi.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    templates = folder / "templates"
    stock = importlib.resources.files(openapi_python_client) / "templates"
    _write_templates(templates, settings.get("template_edits", []), stock)
    config = Config.from_sources(
        ConfigFile(**settings["client"]),
        meta_type=MetaType.NONE,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=folder / PACKAGE,
    )
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            problems = openapi_python_client.generate(config=config, custom_template_path=templates)
    except Exception as error:  # noqa: BLE001  # whatever the generator dies of is what we report
        return Generated(folder, (), _one_line(f"{type(error).__name__}: {error}", folder))
    warnings = tuple(_one_line(f"{one.header}: {one.detail or ''}", folder) for one in problems)
    refused = [
        text for one, text in zip(problems, warnings, strict=True) if one.level.value == "ERROR"
    ]
    missing = not (folder / PACKAGE / "client.py").is_file()
    refusal = refused[0] if refused else "nothing was generated" if missing else None
    return Generated(folder, warnings, refusal)


def _find_files() -> Traversable:
    """Return where the generator's settings are: in a checkout the project's own, else with us."""
    checkout = Path(__file__).resolve().parents[3] / "specs"
    if (checkout / "generator.yaml").is_file():
        return checkout
    return importlib.resources.files("dialytics.contracts") / "generator"


def _write_templates(folder: Path, edits: list[dict[str, str]], stock: Traversable) -> None:
    with importlib.resources.as_file(_find_files() / "templates" / "client") as ours:
        shutil.copytree(ours, folder)
    for edit in edits:
        target = folder / edit["template"]
        text = (target if target.exists() else stock / edit["template"]).read_text(encoding="utf-8")
        target.write_text(text.replace(edit["find"], edit["replace"]), encoding="utf-8")


def _one_line(text: str, folder: Path) -> str:
    """Write what the generator says in one line, without folders and links that tell nothing."""
    return " ".join(_DETAILS.sub("", text.replace(str(folder), ".")).split())[:_LONGEST]
