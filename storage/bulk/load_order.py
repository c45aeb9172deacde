"""In which order tables are filled, so that what a row refers to is there before it."""

from collections.abc import Iterator, Sequence

from storage.record_type import RecordType

Group = tuple[RecordType, ...]
"""Record types that refer to each other in a circle, or one alone."""


def load_order(record_types: Sequence[RecordType]) -> list[Group]:
    """Every type once, in groups: each after those it refers to, and types that form a circle together.

    The strongly connected components of the references, found by Tarjan's algorithm (SIAM J. Comput. 1, 1972): it
    finishes a component after all that can be reached from it, which is this very order.
    """
    return list(_Walk(record_types).groups())


class _Walk:
    """One walk along the references, depth first."""

    def __init__(self, record_types: Sequence[RecordType]) -> None:
        self._by_name = {record_type.name: record_type for record_type in record_types}
        self._number: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: list[str] = []

    def groups(self) -> Iterator[Group]:
        """Start wherever nobody has been."""
        for name in self._by_name:
            if name not in self._number:
                yield from self._visit(name)

    def _visit(self, name: str) -> Iterator[Group]:
        self._number[name] = self._lowest[name] = len(self._number)
        self._open.append(name)
        for target in self._targets(name):
            if target not in self._number:
                yield from self._visit(target)
            if target in self._open:
                self._lowest[name] = min(self._lowest[name], self._lowest[target])
        if self._lowest[name] == self._number[name]:
            position = self._open.index(name)
            members, self._open = self._open[position:], self._open[:position]
            yield tuple(self._by_name[member] for member in members)

    def _targets(self, name: str) -> Iterator[str]:
        for field in self._by_name[name].references:
            if field.reference is not None and field.reference.target_name in self._by_name:
                yield field.reference.target_name
