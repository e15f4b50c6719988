"""YAML as JSON would have it, and where things stand in a text."""

from __future__ import annotations

import math
from typing import Any

import yaml

from .errors import ContractError

DEEPEST = 400  # levels; real documents have some thirty, and Python's own stack ends later
_LARGEST = 5_000_000  # nodes, with each alias counted as what it stands for
_LONGEST_INTEGER = 4_000  # digits; beyond this Python refuses, and no document means it
_SHORT = 40  # letters of a text whose type is remembered
_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"


class Marks:
    """Where JSON pointers stand in a text."""

    def __init__(self, root: yaml.Node | None) -> None:
        """Take the root of a text; what lies below is looked up when it is asked for."""
        self.known: dict[str, tuple[Any, Any]] = {}
        if root is not None:
            self.known[""] = (root.start_mark, root)

    def find(self, pointer: str) -> Any:
        """Return the mark of a pointer, or of its nearest parent."""
        if pointer in self.known:
            return self.known[pointer][0]
        parent = pointer.rpartition("/")[0]
        mark = self.find(parent) if pointer else None
        if parent in self.known:
            self._add_children(parent, self.known[parent][1])
        return self.known[pointer][0] if pointer in self.known else mark

    def _add_children(self, parent: str, node: Any) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                self.known[f"{parent}/{escape(_text(key))}"] = (key.start_mark, value)
        elif isinstance(node, yaml.SequenceNode):
            for number, item in enumerate(node.value):
                self.known[f"{parent}/{number}"] = (item.start_mark, item)


def compose(text: str) -> yaml.Node | None:
    """Read a text into nodes.

    Raises:
        ContractError: It is nested too deeply.
        yaml.YAMLError: It is no YAML.
    """
    loader = _Loader(text)
    try:
        root: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return root


def build(root: yaml.Node | None) -> Any:
    """Make plain data of nodes."""
    return None if root is None else _Builder().build(root)


def check_depth(content: Any) -> None:
    """Refuse data that is nested too deeply to be compared."""
    level = [content]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return
    raise TooDeepError


class TooDeepError(ContractError):
    """A document that is nested too deeply."""

    def __init__(self) -> None:
        """Say what the limit is."""
        super().__init__(
            f"the document is nested too deeply: more than {DEEPEST} levels; "
            "name the inner schemas under components and refer to them"
        )


def _descend(loader: Any, _parent: Any, _index: Any) -> None:
    """Count the levels: a hook of the loader, which recurses in C and knows no limit."""
    loader.depth += 1
    if loader.depth > DEEPEST + 1:
        raise TooDeepError


def _ascend(loader: Any) -> None:
    loader.depth -= 1


def _resolve(loader: Any, kind: Any, value: Any, implicit: Any) -> Any:
    """Tell what a plain text is meant as; most texts stand in a document many times."""
    if kind is not yaml.ScalarNode or not implicit[0] or len(value) > _SHORT:
        return _Base.resolve(loader, kind, value, implicit)
    tag = loader.known.get(value)
    if tag is None:
        tag = loader.known[value] = _Base.resolve(loader, kind, value, implicit)
    return tag


def _start(loader: Any, text: str) -> None:
    _Base.__init__(loader, text)
    loader.depth, loader.known = 0, {}


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Loader: Any = type(
    "_Loader",
    (_Base,),
    {
        "__init__": _start,
        "descend_resolver": _descend,
        "ascend_resolver": _ascend,
        "resolve": _resolve,
    },
)


class _Builder:
    """Plain data from YAML nodes; an anchor inside itself becomes null."""

    def __init__(self) -> None:
        self.loader: Any = yaml.SafeLoader("")
        self.open: set[int] = set()
        self.left = _LARGEST

    def build(self, node: yaml.Node) -> Any:
        self.left -= 1
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            return None
        if self.left < 0:
            raise ContractError(f"its aliases stand for more than {_LARGEST:,} values")
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.build(item) for item in node.value]
            return self.mapping(node)
        finally:
            self.open.discard(id(node))

    def mapping(self, node: Any) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for part in reversed(parts):
                    built = self.build(part)
                    merged |= built if isinstance(built, dict) else {}
            else:
                own[_text(key)] = self.build(value)
        return {**merged, **own}

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.tag == _TEXT:
            return text
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() in {"true", "yes", "on"}
        if kind in {"int", "float"} and len(text) < _LONGEST_INTEGER:
            try:
                number = getattr(self.loader, f"construct_yaml_{kind}")(node)
            except (ValueError, IndexError):
                return text
            return number if math.isfinite(number) else text
        return text


def escape(name: str) -> str:
    """Write a key as one part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _text(node: Any) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "?"
