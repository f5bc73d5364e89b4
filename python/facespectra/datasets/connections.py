"""Groups of names that occur together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def connected(sets: Iterable[Sequence[str]]) -> dict[str, str]:
    """Give each name its group: names that occur together in a sequence, directly or through others.

    A group is called after its first name, alphabetically, and the number of others: ``"id0 and 58 more"``.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for names in sets:
        for name in names:
            parent[root(name)] = root(names[0])
    members: dict[str, list[str]] = {}
    for name in parent:
        members.setdefault(root(name), []).append(name)
    return {
        name: min(group) + (f" and {len(group) - 1} more" if len(group) > 1 else "")
        for group in members.values()
        for name in group
    }
