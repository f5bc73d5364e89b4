"""Names of files in somebody's table, matched with the files of a data set."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath


def match_names(names: Iterable[str], paths: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """Find the path that each name stands for; names that stand for none are left out.

    A name is a path as it stands, below `root` or below the working directory; else the one path that shares
    most of its last parts with it, at least the file's name. A name without a suffix may stand for a file
    with one. Where several names would stand for one path so, the one that shares most does, and none if that
    is not one alone.
    """
    by_path = {os.path.normpath(path): path for path in paths}
    bases = [Path.cwd()] if root is None else [root.absolute(), Path.cwd()]
    found: dict[str, str] = {}
    left: list[str] = []
    for name in dict.fromkeys(names):
        whole = (os.path.normpath(base / spelt) for base in bases for spelt in (name, _slashes(name)))
        path = next((by_path[one] for one in whole if one in by_path), None)
        if path is None:
            left.append(name)
        else:
            found[name] = path
    taken = set(found.values())
    return found | _by_last_parts(left, [path for path in by_path.values() if path not in taken])


def _by_last_parts(names: Sequence[str], paths: Sequence[str]) -> dict[str, str]:
    ends = _ends(paths)
    claims: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in names:
        parts = PurePosixPath(_slashes(name)).parts
        # The longest end that any path has: where several have it, none is meant.
        n = next((k for k in range(len(parts), 0, -1) if parts[-k:] in ends), 0)
        path = ends[parts[-n:]] if n else None
        if path is not None:
            claims[path].append((n, name))
    found = {}
    for path, claimed in claims.items():
        claimed.sort(reverse=True)
        if len(claimed) == 1 or claimed[0][0] > claimed[1][0]:
            found[claimed[0][1]] = path
    return found


def _ends(paths: Sequence[str]) -> dict[tuple[str, ...], str | None]:
    """The path of each sequence of last parts, with its suffix and without; None for several."""
    ends: dict[tuple[str, ...], str | None] = {}
    for path in paths:
        whole = PurePosixPath(_slashes(path))
        for last in {whole.name, whole.stem}:
            parts = (*whole.parts[:-1], last)
            for k in range(1, len(parts) + 1):
                end = parts[-k:]
                ends[end] = path if ends.setdefault(end, path) == path else None
    return ends


def _slashes(name: str) -> str:
    return name.replace("\\", "/")
