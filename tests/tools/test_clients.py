"""Running openapi-python-client, and refusing what it silently leaves out."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tools import clients, specs

WARNING = "WARNING: Unsupported content type: text/x"


def accept(**entry: str) -> list[dict[str, str]]:
    return [{"vendor": "acme", "text": "content type", "reason": "it is not read", **entry}]


def test_no_warning() -> None:
    """Nothing is accepted in vain and nothing is refused when the generator is content."""
    clients.refuse_unknown("acme", [], [])
    clients.refuse_unknown("acme", [WARNING], accept())
    clients.refuse_unknown("other", [], accept())


@pytest.mark.parametrize(
    ("warnings", "accepted", "fault"),
    [
        ([WARNING], [], "acme: the generator warns;[^$]*text/x"),
        ([WARNING, "another"], accept(), "warns[^$]*\nanother$"),
        ([WARNING], accept(vendor="other"), "the generator warns"),
        ([WARNING], accept(reason=""), "'content type' has no reason"),
        ([], accept(), "'content type' does not occur"),
    ],
)
def test_warnings(warnings: list[str], accepted: list[dict[str, str]], fault: str) -> None:
    """A warning needs an acceptance with a reason, and an acceptance needs its warning."""
    with pytest.raises(clients.GenerationError, match=fault):
        clients.refuse_unknown("acme", warnings, accepted)


def test_generator_warns(tmp_path: Path) -> None:
    """What the generator itself warns of stops the run, although it reports success."""
    document: dict[str, Any] = copy.deepcopy(specs.effective_spec("cognigy"))
    body = document["paths"]["/v2.0/analytics"]["patch"]["requestBody"]["content"]
    body["application/x-unheard-of"] = body.pop("application/json")
    with pytest.raises(clients.GenerationError, match="cognigy: the generator warns") as caught:
        clients.generate_client("cognigy", document, tmp_path / "cognigy")
    assert "x-unheard-of" in str(caught.value)


def test_edit_template() -> None:
    """An edit replaces the one place that it names."""
    edit = {"template": "t.jinja", "find": "b", "replace": "x"}
    assert clients.edit_template("abc", edit) == "axc"


@pytest.mark.parametrize(("text", "count"), [("ac", 0), ("abcb", 2)])
def test_edit_that_fits_not_once(text: str, count: int) -> None:
    """An edit whose place is gone, or no longer the only one, stops the run."""
    edit = {"template": "t.jinja", "find": "b", "replace": "x"}
    with pytest.raises(clients.GenerationError, match=rf"t\.jinja: 'b' occurs {count} times"):
        clients.edit_template(text, edit)


def test_settings() -> None:
    """Each template edit and each accepted warning has its reason, and hooks stay switched off."""
    settings = specs.load_document(specs.SPECS / "generator.yaml")
    assert settings["client"]["post_hooks"] == []
    for entry in [*settings["template_edits"], *settings["accepted_warnings"]]:
        assert len(entry["reason"].split()) > 3
