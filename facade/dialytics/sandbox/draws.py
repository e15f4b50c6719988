"""Deterministic chance: every value is a pure function of (seed, key, index)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")
_MASK = (1 << 64) - 1


def digest(seed: int, *key: object) -> bytes:
    """Return 64 bytes that depend on the seed and on every part of the key, and on nothing else."""
    text = "\x1f".join(str(part) for part in (seed, *key))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass")).digest()


def mix(value: int) -> int:
    """Scatter an integer over 64 bits (splitmix64): cheap enough to be asked for every row."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Draws:
    """A run of draws from one digest; the same key gives the same run.

    Holds 32 draws of 16 bits; asking for more starts over, so a caller that needs more takes
    a second key.
    """

    def __init__(self, seed: int, *key: object) -> None:
        self._bytes = digest(seed, *key)
        self._at = 0

    def below(self, bound: int) -> int:
        """Return an integer in 0..bound-1 (bound up to 65,536)."""
        at = self._at
        self._at = (at + 2) % 64
        return (self._bytes[at] << 8 | self._bytes[at + 1]) % bound

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices."""
        return choices[self.below(len(choices))]

    def happens(self, one_in: int) -> bool:
        """Return True about once in `one_in` keys."""
        return self.below(one_in) == 0


def draw_uuid(seed: int, *key: object) -> str:
    """Return a version-4-shaped UUID that belongs to the key."""
    return str(UUID(bytes=digest(seed, "uuid", *key)[:16], version=4))
