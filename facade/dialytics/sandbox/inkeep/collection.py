"""A listing of items, newest first, of which those from the start are made when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from .samples import Item, name_item, parse_number


class Collection:
    """Numbered items: 0 to count - 1 are made by `make`, later ones and changed ones are kept."""

    def __init__(self, prefix: str, count: int, make: Callable[[int], Item]) -> None:
        self._prefix = prefix
        self._count = count
        self._make = make
        self._next = count
        self._kept: dict[int, Item] = {}
        self._deleted: set[int] = set()
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return self._next - len(self._deleted)

    def __iter__(self) -> Iterator[Item]:
        return (self.make(number) for number in self._alive())

    def page(self, offset: int, limit: int) -> list[Item]:
        """Return items in the order of their creation, newest first."""
        return [self.make(number) for number in islice(self._alive(), offset, offset + limit)]

    def make(self, number: int) -> Item:
        """Return item `number`."""
        return self._kept[number] if number in self._kept else self._make(number)

    def find(self, identifier: str) -> int | None:
        """Return the number of an item, None when there is none."""
        number = self._numbers.get(identifier)
        if number is None:
            number = parse_number(identifier, f"{self._prefix}_")
            if number is None or number >= self._count:
                return None
            if name_item(self._prefix, number) != identifier:
                return None
        return None if number in self._deleted else number

    def get(self, identifier: str) -> Item | None:
        """Return an item, None when there is none."""
        number = self.find(identifier)
        return None if number is None else self.make(number)

    def name_next(self) -> str:
        """Return the id that the sandbox gives the next item when the client chose none."""
        return name_item(self._prefix, self._next)

    def put(self, item: Item) -> int:
        """Replace the item with this id, or add it; return its number."""
        number = self.find(item["id"])
        if number is None:
            number = self._next
            self._next += 1
        self._numbers[item["id"]] = number
        self._kept[number] = item
        return number

    def delete(self, identifier: str) -> bool:
        """Remove an item; return False when there is none."""
        number = self.find(identifier)
        if number is None:
            return False
        self._deleted.add(number)
        self._kept.pop(number, None)
        self._numbers.pop(identifier, None)
        return True

    def _alive(self) -> Iterator[int]:
        numbers = range(self._next - 1, -1, -1)
        return (number for number in numbers if number not in self._deleted)
