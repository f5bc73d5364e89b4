"""Fails unless what is to be published holds what it must, and nothing else.

``wheel_check.py FILES SDIST WHEEL DIRECT REPAIRED``: the list of the source tree's files, a line each; the
sdist; the wheel that was built from it; the one built from the tree itself; the first after auditwheel.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

from trove_classifiers import classifiers

LIMIT = 3 * 2**20  # bytes: about four times what they have today
NOT_IN_SDIST = (".ci/", ".github/")
LICENSES = ("LICENSE", "THIRD_PARTY_LICENSES.txt")
SOURCES = "python/"
CARD, MODEL = "facespectra/models/model_card.md", "facespectra/models/default.model"


def require(right: bool, problem: str) -> None:
    """Stop with the problem unless the condition holds."""
    if not right:
        sys.exit(f"wheel_check: {problem}")


def same_names(what: str, found: set[str], expected: set[str]) -> None:
    """Stop where an archive lacks a file, or has one that is not ours."""
    require(found == expected, f"{what} lacks {sorted(expected - found)} and has {sorted(found - expected)}")


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel by name."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def check_sdist(sdist: Path, tree: set[str]) -> None:
    """All of the tree but what serves a checkout alone."""
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    expected = {name for name in tree if not name.startswith(NOT_IN_SDIST)}
    same_names("the sdist", names, expected | {"PKG-INFO"})


def check_wheel(files: dict[str, bytes], tree: set[str]) -> None:
    """The package, its core, licences and model card, and no path of the machine that built it."""
    info = next(name.partition("/")[0] for name in files if name.endswith(".dist-info/METADATA"))
    cores = [name for name in files if name.startswith("facespectra/_core.") and name.endswith(".so")]
    require(len(cores) == 1, f"the wheel has {len(cores)} compiled cores")
    expected = {name.removeprefix(SOURCES) for name in tree if name.startswith(SOURCES)}
    expected |= {cores[0], CARD, *(f"{info}/licenses/{name}" for name in LICENSES)}
    expected |= {f"{info}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    same_names("the wheel", set(files), expected)
    for name, source in {CARD: "docs/model_card.md", MODEL: SOURCES + MODEL}.items():
        require(files[name] == Path(source).read_bytes(), f"{name} of the wheel is not {source}")
    for folder in (str(Path.cwd()), str(Path.home())):
        found = [name for name, data in files.items() if folder != "/" and folder.encode() + b"/" in data]
        require(not found, f"{folder} of this machine stands in {found}")
    metadata = message_from_bytes(files[f"{info}/METADATA"])
    require(metadata["License-Expression"] == "BSD-3-Clause", "the metadata names no licence")
    unknown = set(metadata.get_all("Classifier", [])) - set(classifiers)
    require(not unknown, f"there are no such classifiers: {sorted(unknown)}")


def check_repaired(before: dict[str, bytes], repaired: Path) -> None:
    """A tag that PyPI takes, and no library of this machine taken along."""
    after = contents(repaired)
    same_names("the repaired wheel", set(after), set(before))
    changed = [name for name in before if after[name] != before[name]]
    retagged = all(name.endswith((".dist-info/WHEEL", ".dist-info/RECORD")) for name in changed)
    require(retagged, f"auditwheel changed {changed}")
    require("-manylinux_" in repaired.name, f"{repaired.name} has no manylinux tag")


def main(listing: Path, sdist: Path, wheel: Path, direct: Path, repaired: Path) -> None:
    """Check all of them; sizes are printed."""
    tree = set(listing.read_text().splitlines())
    files = contents(wheel)
    check_sdist(sdist, tree)
    check_wheel(files, tree)
    other = contents(direct)
    differing = [name for name in files.keys() | other.keys() if files.get(name) != other.get(name)]
    require(not differing, f"the wheels of the sdist and of the tree differ in {sorted(differing)}")
    require(wheel.read_bytes() == direct.read_bytes(), "the two wheels hold the same in different archives")
    check_repaired(files, repaired)
    for file in (sdist, repaired):
        size = file.stat().st_size
        require(size <= LIMIT, f"{file.name} has {size} bytes, more than {LIMIT}")
        print(f"{file.name}: {size / 1e6:.1f} MB")
    print("the sdist gives the same wheel, byte for byte, as the tree")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
