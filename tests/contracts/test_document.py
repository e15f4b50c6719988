"""References: what they point at, however they are written."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("A<B>", "#/components/schemas/A%3CB%3E"),
        ("A<B>", "#/components/schemas/A<B>"),
        ("List«A»", "#/components/schemas/List%C2%ABA%C2%BB"),
        ("A[B]", "#/components/schemas/A%5BB%5D"),
        ("Übersicht", "#/components/schemas/%C3%9Cbersicht"),
        ("a b{c}", "#/components/schemas/a%20b%7Bc%7D"),
        ("a/b~c", "#/components/schemas/a~1b~0c"),
        ("a/b", "#/components/schemas/a%7E1b"),
        ("~1", "#/components/schemas/~01"),
        ("50%25", "#/components/schemas/50%2525"),
        ("50%25", "#/components/schemas/50%25"),
    ],
)
def test_references_are_decoded(name: str, reference: str, api: Any, changed: Any) -> None:
    """A name in a reference is percent-encoded, and escaped as in a JSON pointer."""
    old, new = (api(response={"$ref": reference}, schemas={name: one}) for one in (TEXT, INTEGER))
    assert changed(old, new) == {"response-body-type-changed": "breaking"}
    assert compare(old, new).notes == []


def test_anchors_are_found(api: Any, changed: Any) -> None:
    """A reference may name an anchor, wherever that stands."""

    def build(schema: Any) -> Any:
        anchored = {"properties": {"p": {"items": {**schema, "$anchor": "name"}}}}
        return api(response={"$ref": "#name"}, schemas={"A": anchored})

    assert changed(build(TEXT), build(INTEGER)) == {"response-body-type-changed": "breaking"}
    lists = api(response={"$ref": "#name"}, schemas={"A": {"allOf": [{**TEXT, "$anchor": "name"}]}})
    assert compare(build(TEXT), lists, axes=["wire"]).changes == []


def test_references_that_lead_nowhere_are_told(api: Any) -> None:
    """Each is told once; what it stands for is anything, and those elsewhere are left alone."""
    lost = {"$ref": "#/components/schemas/Gone"}
    old = api(response={"properties": {"a": lost, "b": lost, "c": {"$ref": "more.yaml#/C"}}})
    new = api(response=lost, request={"$ref": "#gone"})
    first, second = compare(old, new, axes=["wire"]).notes
    told = "leads nowhere and was taken as anything at all"
    assert first == f"(mapping): {told}: #/components/schemas/Gone"
    assert second == f"(mapping): {told}: #gone"
    many = {f"p{n}": {"$ref": f"#/components/schemas/{n}"} for n in range(7)}
    (note,) = compare(api(), api(response={"properties": many}), axes=["wire"]).notes
    assert note.endswith("#/components/schemas/4 and 2 more")
