"""Types as they are written in generated code, compared as unions."""

from __future__ import annotations


def split_union(text: str) -> list[str]:
    """Split a type at its top-level bars."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "[(") - (sign in "])")
        if sign == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def find_difference(old: str, new: str) -> tuple[set[str], set[str]]:
    """Return which members a union lost, and which it got."""
    befores, afters = set(split_union(old)), set(split_union(new))
    return befores - afters, afters - befores


def is_taken(part: str, union: str) -> bool:
    """Tell whether a value of a type may be given where a union is asked for."""
    return any(_fits(part, one) for one in split_union(union))


def _fits(part: str, one: str) -> bool:
    if one in (part, "Any") or (part, one) == ("int", "float"):
        return True
    name, _, inner = part.partition("[")
    other, _, wider = one.partition("[")
    if name == other == "list":
        return all(is_taken(item, wider[:-1]) for item in split_union(inner[:-1]))
    return False
