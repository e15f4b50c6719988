"""What users import from a generated client: functions and models, read without running it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import griffe

_METHOD = re.compile(r'"method": "(\w+)"')
_URL = re.compile(r'"url": "([^"]*)"')
_NAME = re.compile(r"\w+")
_SUCCESS = re.compile(r"if (2\d\d <= response|response\.status_code == 2)")


@dataclass(slots=True)
class Argument:
    """A parameter of a function, or a field of a model."""

    name: str
    type: str
    default: str | None = None
    positional: bool = True

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is None


@dataclass(slots=True)
class Function:
    """The functions of an operation, which differ in how they wait only."""

    symbol: str
    names: frozenset[str]
    arguments: dict[str, Argument]
    returns: str
    operation: str
    answers: dict[bool, set[str]]  # the names in how answers are read: of success, and of errors

    def is_error(self, kind: str) -> bool:
        """Tell whether a type is only what errors are read as."""
        names = set(_NAME.findall(kind)) - {"list", "dict"}
        return names <= self.answers[False] and not names <= self.answers[True]


@dataclass(slots=True)
class Model:
    """A class with fields, or a set of values."""

    symbol: str
    fields: dict[str, Argument] = field(default_factory=dict)
    values: dict[str, str] | None = None
    rest: str | None = None  # the type of additional properties, where there may be any


@dataclass(slots=True)
class Surface:
    """All of a package, with the models that requests and that answers reach."""

    functions: dict[str, Function] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)

    def reach(self) -> dict[str, dict[str, set[str]]]:
        """Return which operations reach each model, by direction."""
        reached: dict[str, dict[str, set[str]]] = {
            name: {"request": set(), "response": set()} for name in self.models
        }
        uses = {
            name: _names([one.type for one in model.fields.values()] + [model.rest or ""])
            for name, model in self.models.items()
        }
        for function in self.functions.values():
            given = _names([one.type for one in function.arguments.values()])
            for direction, names in (("request", given), ("response", _names([function.returns]))):
                waiting = list(names & uses.keys())
                while waiting:
                    name = waiting.pop()
                    if function.operation not in reached[name][direction]:
                        reached[name][direction].add(function.operation)
                        waiting += uses[name] & uses.keys()
        return reached


def read_surface(folder: Path, package: str) -> Surface:
    """Read a generated package."""
    root = griffe.load(package, search_paths=[str(folder)], allow_inspection=False)
    surface = Surface()
    if "models" in root.members:
        for module in _modules(root["models"]):
            for model in _read_models(module):
                surface.models[model.symbol.rpartition(".")[2]] = model
    if "api" in root.members:
        for tag in _modules(root["api"]):
            for module in _modules(tag):
                function = _read_function(tag.name, module)
                if function:
                    surface.functions[function.symbol] = function
    return surface


def _modules(parent: Any) -> list[Any]:
    return [one for one in parent.members.values() if not one.is_alias and one.is_module]


def _read_function(tag: str, module: Any) -> Function | None:
    main = module.members.get("sync_detailed")
    if main is None or main.is_alias:
        return None
    arguments = {
        one.name: Argument(
            one.name,
            str(one.annotation or ""),
            None if one.default is None else str(one.default),
            "keyword" not in str(one.kind and one.kind.value),
        )
        for one in main.parameters
    }
    names = frozenset(
        name for name, one in module.members.items() if not one.is_alias and one.is_function
    )
    source = Path(module.filepath).read_text(encoding="utf-8")
    method, url = _METHOD.search(source), _URL.search(source)
    operation = f"{method[1].upper()} {url[1]}" if method and url else ""
    returns = str(main.returns or "").removeprefix("Response[").removesuffix("]")
    public = frozenset(name for name in names if not name.startswith("_"))
    symbol = f"api.{tag}.{module.name}"
    return Function(symbol, public, arguments, returns, operation, _read_answers(source))


def _read_answers(source: str) -> dict[bool, set[str]]:
    """Collect the names in the branches of ``_parse_response``, by whether the status is 2xx."""
    answers: dict[bool, set[str]] = {True: set(), False: set()}
    body = source.partition("def _parse_response(")[2].partition("\ndef ")[0]
    for branch in re.split(r"^    (?=if |response_default)", body, flags=re.MULTILINE)[1:]:
        fine = _SUCCESS.match(branch) is not None
        answers[fine].update(_NAME.findall(branch))
    return answers


def _read_models(module: Any) -> list[Model]:
    found = []
    for name, one in module.members.items():
        if one.is_alias:
            continue
        symbol = f"models.{name}"
        if one.is_class:
            found.append(_read_class(symbol, one))
        elif one.is_attribute and str(one.value or "").startswith("Literal["):
            values = str(one.value)[len("Literal[") : -1].split(", ")
            found.append(Model(symbol, values={value: value for value in values}))
    return found


def _read_class(symbol: str, one: Any) -> Model:
    model = Model(symbol)
    attributes = [
        item
        for item in one.members.values()
        if not item.is_alias and item.is_attribute and "property" not in item.labels
    ]
    if any("Enum" in str(base) for base in one.bases):
        model.values = {item.name: str(item.value) for item in attributes}
        return model
    for item in attributes:
        value = str(item.value) if item.value is not None else None
        if item.name == "additional_properties" and value and "init=False" in value:
            model.rest = str(item.annotation)
        elif item.annotation is not None:
            model.fields[item.name] = Argument(item.name, str(item.annotation), value)
    return model


def _names(types: list[str]) -> set[str]:
    return {name for text in types for name in _NAME.findall(text)}
