"""What importing costs, which way imports go, and that linters and versions agree."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.errors import MissingExtraError

PACKAGE = Path(fs.__file__).parent
HEAVY = (
    "torch",
    "torchvision",
    "sklearn",
    "matplotlib",
    "PIL",
    "numba",
    "pandas",
    "scipy",
    "facenet_pytorch",
    "typer",
)

# design: cli -> lab -> detector, evaluation, report -> features -> faces, deep, images -> spectrum -> core.
# A module may import from its own rank only within its own package, and from lower ranks.
RANKS = {
    "errors": 0,
    "_version": 0,
    "_extras": 1,
    "_files": 1,
    "_threads": 1,
    "_versions": 1,
    "_core": 1,
    "spectrum": 2,
    "bench": 3,
    "_conversion": 2,
    "images": 3,
    "_mtcnn": 3,
    "faces": 4,
    "videos": 4,
    "deep": 4,
    "datasets": 5,
    "regions": 5,
    "synth": 5,
    "evaluation": 4,
    "detector": 6,
    "report": 7,
    "models": 7,
    "lab": 8,
    "cli": 9,
    "__main__": 10,
    "__init__": -1,  # lazy: it may be imported from everywhere, and imports nothing
}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_loads_nothing_heavy() -> None:
    loaded = json.loads(python("import sys, json, facespectra; print(json.dumps(list(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


@pytest.mark.parametrize(
    "module", ["faces", "images", "deep", "detector", "evaluation", "datasets", "report", "lab", "cli"]
)
def test_modules_load_torch_and_sklearn_only_when_used(module: str) -> None:
    loaded = json.loads(
        python(f"import sys, json, facespectra.{module}; print(json.dumps(list(sys.modules)))")
    )
    assert not {name.partition(".")[0] for name in loaded} & {
        "torch",
        "sklearn",
        "matplotlib",
        "pandas",
        "PIL",
    }


def test_extracting_with_the_native_core_needs_no_scipy_and_no_numba() -> None:
    if fs.backends()["native"] != "ready":
        pytest.skip("the native core is not built")
    loaded = json.loads(
        python(
            "import sys, json, numpy, facespectra as fs;"
            "fs.radial_spectrum(numpy.eye(16, dtype='u1'), backend='native');"
            "print(json.dumps(list(sys.modules)))"
        )
    )
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


def test_every_public_name_is_there() -> None:
    refused = {}
    for name in fs.__all__:
        try:
            assert getattr(fs, name) is not None
        except MissingExtraError as error:
            refused[name] = str(error)
    # The base package alone knows the names, and says what brings them.
    assert all('pip install "facespectra[' in reason for reason in refused.values())
    assert not refused or find_spec("sklearn") is None or find_spec("torch") is None
    assert dir(fs) == sorted(fs.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = fs.nonsense


def imported(file: Path) -> set[str]:
    """Our modules that a file imports, at its top or inside functions, by first name below the package."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names = [node.module or ""]
            if node.module == "facespectra":
                names = [f"facespectra.{alias.name}" for alias in node.names if alias.name in RANKS]
        found |= {name.split(".")[1] for name in names if name.startswith("facespectra.")}
    return found


@pytest.mark.parametrize(
    "file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: str(file.relative_to(PACKAGE))
)
def test_imports_go_one_way(file: Path) -> None:
    own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in RANKS, f"{own} has no place in the order of imports"
    if file == PACKAGE / "__init__.py":
        return
    for other in imported(file) - {own}:
        assert RANKS[other] < RANKS[own], f"{own} must not import {other}"


def test_the_version_is_written_the_same_everywhere() -> None:
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    assert tomllib.loads(pyproject.read_text())["project"]["version"] == fs.__version__
