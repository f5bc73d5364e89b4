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
    "onnxruntime",
    "ray",
    "starlette",
)

# design: cli -> lab -> detector, evaluation, report -> features -> faces, deep, images -> spectrum -> core.
# A module may import from its own rank only within its own package, and from lower ranks.
RANKS = {
    "errors": 0,
    "boxes": 0,
    "_version": 0,
    "_progress": 0,
    "_wording": 0,
    "_truncated": 1,
    "_kinds": 1,
    "_listing": 2,
    "_lazy": 0,
    "_notebook": 2,
    "_extras": 1,
    "_files": 1,
    "_threads": 1,
    "_torch_files": 1,
    "_versions": 1,
    "_core": 1,
    "spectrum": 2,
    "_conversion": 2,
    "environment": 3,
    "images": 3,
    "_mtcnn_weights": 2,
    "_mtcnn": 3,
    "faces": 4,
    "videos": 4,
    "deep": 4,
    "evaluation": 4,
    "figures": 5,
    "regions": 5,
    "texture": 6,
    "synth": 5,
    "augment": 5,
    "rendered": 6,
    "datasets": 6,
    "features": 7,
    "detector": 8,
    "bench": 9,
    "report": 9,
    "models": 9,
    "lab": 10,
    "distributed": 10,
    "serve": 10,
    "cli": 11,
    "__main__": 12,
    "__init__": 12,  # the package's own face: nothing inside imports it
}


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_loads_nothing_heavy() -> None:
    loaded = json.loads(python("import sys, json, facespectra; print(json.dumps(list(sys.modules)))"))
    assert not {name.partition(".")[0] for name in loaded} & set(HEAVY)


@pytest.mark.parametrize(
    "module",
    ["faces", "images", "deep", "detector", "evaluation", "datasets", "report", "lab", "cli", "distributed"],
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
        "ray",
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


def module_of(file: Path) -> str:
    """The name that a file is imported by; of ``__init__.py``, the package's."""
    parts = [*file.relative_to(PACKAGE.parent).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}


def imported(file: Path) -> set[str]:
    """Our modules that a file imports, at its top, inside functions or for types."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES or name.endswith("._core") else module for name in names]
        else:
            continue
        found |= {name for name in names if name.partition(".")[0] == "facespectra"}
    return found


def rank_of(module: str) -> tuple[str, int]:
    own = [*module.split("."), "__init__"][1]
    assert own in RANKS, f"{own} has no place in the order of imports"
    return own, RANKS[own]


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    own, rank = rank_of(module)
    for other in imported(MODULES[module]):
        name, below = rank_of(other)
        assert name == own or below < rank, f"{module} must not import {other}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: imported(file) & set(MODULES) - {module} for module, file in MODULES.items()}
    # A package re-exports names of its own modules, which is no way back to it.
    for module in graph:
        graph[module] = {name for name in graph[module] if not module.startswith(f"{name}.")}
    while free := {module for module, needed in graph.items() if not needed & set(graph)}:
        graph = {module: needed for module, needed in graph.items() if module not in free}
    assert not graph, f"modules in a circle, or above one: {sorted(graph)}"


def test_the_version_is_written_the_same_everywhere() -> None:
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    assert tomllib.loads(pyproject.read_text())["project"]["version"] == fs.__version__
