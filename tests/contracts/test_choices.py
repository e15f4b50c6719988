"""Choices: what becomes one, or of one, and which of their members belong together."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare

TEXT, INTEGER, LIST = ({"type": one} for one in ("string", "integer", "array"))
B, R, C = "breaking", "risky", "compatible"


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


CAT, DOG = an_object("cat", cat=TEXT), an_object("dog", dog=TEXT)
OTHERS: list[Any] = [
    TEXT,
    {**LIST, "items": CAT},
    an_object(x=INTEGER),
    {"allOf": [an_object(x=INTEGER)]},
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("way", ["request", "response"])
def test_choice_and_something_else(other: Any, keyword: str, way: str, api: Any) -> None:
    """Where none of a choice is what stands there now, or stood there, that breaks everybody."""
    choice = {keyword: [CAT, DOG]}
    places = (lambda one: one, lambda one: {"items": one}, lambda one: {"allOf": [one]})
    for place in (*places, lambda one: an_object(p=one)):
        for pair in ((choice, other), (other, choice)):
            old, new = (api(**{way: place(one)}) for one in pair)
            (change,) = compare(old, new, axes=["wire"]).changes
            assert change.level == B
            assert change.id.startswith(way)


def test_choice_with_a_type_of_its_own(api: Any) -> None:
    """A type beside a choice makes no difference to what the choice is."""
    old, new = ({"type": "object", "oneOf": [CAT, DOG]}, an_object(x=INTEGER))
    assert compare(api(response=old), api(response=new)).verdict("wire") == B


def test_choice_with_properties_of_its_own(api: Any, changed: Any) -> None:
    """What stands beside a choice is looked at, though one of its members stays."""
    old = {**an_object(kind=TEXT), "oneOf": [CAT, DOG]}
    found = changed(api(response=old), api(response=CAT))
    assert found["response-optional-property-removed"] == R
    closed = {"oneOf": [CAT, DOG], "propertyNames": {"maxLength": 3}}
    found = changed(api(request=CAT), api(request=closed))
    assert found["request-body-property-names-added"] == B


@pytest.mark.parametrize(
    ("before", "after", "paired"),
    [
        ("ab", "ab", True),
        ("ab", "abc", True),
        ("ab", "a", False),
        ("abc", "abd", False),
        ("abc", "abcd", True),
    ],
)
def test_objects_that_are_alike(
    before: str, after: str, api: Any, changed: Any, *, paired: bool
) -> None:
    """Variants by other names are the same if they share more than half of their properties."""

    def build(name: str, names: str) -> Any:
        variants = [{"$ref": f"#/components/schemas/{name}"}, DOG]
        schema = an_object(*before, **dict.fromkeys(names, TEXT))
        return api(request={"oneOf": variants}, schemas={name: schema})

    found = changed(build("Cat", before), build("Tom", after))
    assert ("request-body-one-of-removed" in found) != paired


def test_values_of_one_type_are_alike(api: Any, changed: Any) -> None:
    """Of plain values, those of the same type belong together."""
    short, long = {**TEXT, "maxLength": 3}, {**TEXT, "maxLength": 9}
    many = {**LIST, "items": TEXT, "maxItems": 9}
    found = changed(api(request={"oneOf": [many, short]}), api(request={"oneOf": [long, many]}))
    assert found == {"request-property-max-length-increased": C}
    old, new = {"oneOf": [CAT, long, INTEGER]}, {"oneOf": [DOG, short, INTEGER]}
    found = changed(api(request=old), api(request=new))
    assert found["request-property-max-length-decreased"] == B
    found = changed(api(request=short), api(request={"oneOf": [INTEGER, long, many]}))
    assert found == {
        "request-body-one-of-added": C,
        "request-property-max-length-increased": C,
    }
