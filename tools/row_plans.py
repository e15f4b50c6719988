"""What a row class to be written consists of."""

from __future__ import annotations

import re
from keyword import iskeyword

from attrs import frozen

ANNOTATIONS = {
    "text": "str",
    "int64": "int",
    "float64": "float",
    "bool": "bool",
    "timestamp": "Timestamp",
    "json": "Json",
}


@frozen
class ColumnPlan:
    """One attribute of a row class to be written."""

    name: str
    attribute: str
    kind: str
    required: bool
    repeated: bool
    gaps: bool
    record: str | None
    description: str = ""
    parsed: bool = False
    flags: FlagsUse | None = None

    @property
    def slot(self) -> str:
        """The attribute that holds the value as it came: what is parsed stands beside it."""
        return f"{self.attribute}_text" if self.parsed else self.attribute

    @property
    def annotation(self) -> str:
        """The type of the value as it came."""
        item = self.record or ANNOTATIONS[self.kind]
        if self.gaps and item != "Json":
            item = f"{item} | None"
        whole = f"tuple[{item}, ...]" if self.repeated else item
        return whole if self.required or whole == "Json" else f"{whole} | None"

    @property
    def declaration(self) -> str:
        """The call that describes the column."""
        marks = [
            f"{mark}=True"
            for mark in ("required", "repeated", "gaps", "parsed")
            if getattr(self, mark)
        ]
        record = [f"record={self.record}"] if self.record else []
        arguments = [repr(self.name), repr(self.attribute), repr(self.kind), *marks, *record]
        return f"Column({', '.join(arguments)})"

    @property
    def default(self) -> str:
        """What stands behind the annotation."""
        return "" if self.required else " = None"


@frozen
class FlagsUse:
    """The class of flags that a column's names are also given as, and the property for it."""

    name: str
    attribute: str

    @property
    def module(self) -> str:
        """The module of the class."""
        return attribute_name(self.name)


@frozen
class FlagsPlan:
    """One class of flags to be written."""

    name: str
    description: tuple[str, ...]
    members: tuple[tuple[str, int], ...]

    @property
    def module(self) -> str:
        """The module of the class."""
        return attribute_name(self.name)


@frozen
class RowPlan:
    """One row class to be written."""

    name: str
    title: str
    description: tuple[str, ...]
    columns: tuple[ColumnPlan, ...]
    key: str | None
    dropped: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """The module of the class."""
        return attribute_name(self.name)

    @property
    def rename(self) -> dict[str, str]:
        """The attributes whose names on the wire differ; ``extra`` must not be met there."""
        names = {column.slot: column.name for column in self.columns}
        differing = {slot: name for slot, name in names.items() if slot != name}
        return {**differing, "extra": "(none of the vendor's)"}

    @property
    def records(self) -> list[dict[str, str]]:
        """The row classes that columns refer to, with their modules."""
        names = sorted({column.record for column in self.columns if column.record} - {self.name})
        return [{"name": name, "module": attribute_name(name)} for name in names]

    @property
    def flags(self) -> list[FlagsUse]:
        """The classes of flags that columns refer to, each once."""
        used = {column.flags.name: column.flags for column in self.columns if column.flags}
        return [used[name] for name in sorted(used)]


def attribute_name(name: str) -> str:
    """A field's name in snake_case: ``LogId`` is ``log_id``, ``TDialogStatus`` ``tdialog_status``.

    >>> attribute_name("GenerativeAISources")
    'generative_ai_sources'
    """
    words = re.sub(r"([A-Z]{2,})([A-Z][a-z])", r"\1_\2", name)
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()
    identifier = re.sub(r"\W+", "_", words, flags=re.ASCII).strip("_")
    if iskeyword(identifier):
        return f"{identifier}_"
    return identifier if identifier.isidentifier() else f"field_{identifier}"
