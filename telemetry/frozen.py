"""Dataclasses that nobody may change, made as fast as if one could."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A slotted, keyword-only dataclass that the type checker holds to be frozen.

    For what is made with every request. `dataclass(frozen=True)` holds to it at run time as well, and so sets each
    field by a call of `object.__setattr__`: an event of nine fields takes 1.6 µs to make instead of 0.5.
    """
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
