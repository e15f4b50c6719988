"""The walk: what leads to what, in graphs of any shape, and documents of any content."""

from __future__ import annotations

import copy
import random
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dialytics.contracts import ContractError, compare
from dialytics.contracts._document import is_equal
from dialytics.contracts._engine import Unit, trace

SPECS = Path(__file__).resolve().parents[2] / "specs"
EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30)


@given(edges=EDGES, roots=st.lists(st.integers(0, 9), max_size=5))
def test_what_leads_to_a_finding(edges: list[tuple[int, int]], roots: list[int]) -> None:
    """Each unit is found once, with all the roots from which steps lead to it, in any graph."""
    units = [Unit() for _ in range(10)]
    for number, unit in enumerate(units):
        unit.add("endpoint-added", f"/{number}")
    for one, other in edges:
        units[one].children.append(units[other])

    def reach(number: int, known: set[int]) -> set[int]:
        if number not in known:
            known.add(number)
            for one, other in edges:
                if one == number:
                    reach(other, known)
        return known

    expected: dict[int, list[int]] = {}
    for position, root in enumerate(roots):
        for number in reach(root, set()):
            expected.setdefault(number, []).append(position)
    found = [
        (int(unit.findings[0].pointer[1:]), above)
        for unit, above in trace([units[one] for one in roots])
    ]
    assert len(found) == len(expected)
    assert dict(found) == expected


def test_long_chains_are_followed() -> None:
    """Units may lie deeper than Python calls can."""
    units = [Unit() for _ in range(5_000)]
    for unit, below in pairwise(units):
        unit.children.append(below)
    units[-1].add("endpoint-added", "/")
    units[-1].children.append(units[0])
    assert [above for _, above in trace([units[0], units[99]])] == [[0, 1]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        ([0, 1], [False, True], False),
        ({"a": [{"b": 1}]}, {"a": [{"b": True}]}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        (None, False, False),
        ("1", 1, False),
        ({"a": True}, {"a": True}, True),
    ],
)
def test_values_are_equal_as_json(one: Any, other: Any, *, same: bool) -> None:
    """To Python true is 1; in a document it is not."""
    assert is_equal(one, other) == is_equal(other, one) == same


JUNK: list[Any] = [
    *(None, True, False, 0, -1, 1.5, "", "x", [], {}, [None], "null", 10**400, [[]], {"": {}}),
    *({"$ref": "#/nope"}, {"$ref": 5}, {"$ref": "#/components/schemas"}, {"$ref": ""}),
    *({"type": 7}, {"type": ["string", None, 3]}, {"allOf": [{"$ref": "#"}]}, {"enum": [{}, []]}),
    *({"minimum": "a"}, {"properties": [1]}, {"required": "a"}, {"oneOf": [{"const": {}}, {}]}),
]
KEYS = [
    *("allOf", "oneOf", "anyOf", "type", "$ref", "nullable", "enum", "const", "required", "items"),
    *("properties", "security", "parameters", "discriminator", "x-sunset", "deprecated", "format"),
    *("multipleOf", "maximum", "exclusiveMaximum", "dependentRequired", "servers", "callbacks"),
    *("tags", "operationId", "x-stability-level", "x-extensible-enum", "in", "name", "encoding"),
    *("minContains", "scopes", "flows", "content", "schema", "examples", "example", "default"),
]


def spoil(document: Any, dice: random.Random) -> None:
    """Put nonsense into a document, here and there."""
    for _ in range(dice.randint(1, 6)):
        places = [(holder, key) for holder in walk(document) for key in keys_of(holder)]
        holder, key = dice.choice(places)
        if isinstance(holder, dict) and dice.random() < 0.4:
            holder[dice.choice(KEYS)] = copy.deepcopy(dice.choice(JUNK))
        elif dice.random() < 0.2:
            del holder[key]
        else:
            other, there = dice.choice(places)
            moved = other[there] if dice.random() < 0.5 else dice.choice(JUNK)
            holder[key] = copy.deepcopy(moved)


@cache
def read_spec(vendor: str) -> Any:
    return yaml.safe_load((SPECS / vendor / "vendor.yaml").read_text("utf-8"))


def walk(node: Any) -> list[Any]:
    found, waiting = [], [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict | list):
            found.append(one)
            waiting += one.values() if isinstance(one, dict) else one
    return found


def keys_of(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


@pytest.mark.parametrize("vendor", ["digitalcx", "inkeep"])
@pytest.mark.parametrize("seed", range(12))
def test_nonsense_is_compared(vendor: str, seed: int) -> None:
    """Whatever a document holds, it is compared or refused, and equals itself."""
    dice = random.Random(f"{vendor} {seed}")
    whole = read_spec(vendor)
    old, new = copy.deepcopy(whole), copy.deepcopy(whole)
    spoil(new, dice)
    if seed % 2:
        spoil(old, dice)
    for pair in ((old, new), (new, old)):
        for profile in ("consumer", "oasdiff"):
            try:
                compare(*pair, profile=profile)
                assert compare(pair[0], copy.deepcopy(pair[0]), profile=profile).changes == []
            except ContractError:
                continue
