"""What is said of this installation: versions, backends and the processor."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra import _versions
from facespectra.environment import describe, processor_name


def test_description_is_plain_data(plain_environment: pytest.MonkeyPatch) -> None:
    plain_environment.setenv("FACESPECTRA_BACKEND", "numpy")
    described = describe()
    assert json.loads(json.dumps(described)) == described
    assert (described["facespectra"], described["python"]) == (fs.__version__, platform.python_version())
    assert (described["backend"], described["problem"]) == ("numpy", None)
    assert described["environment"]["FACESPECTRA_BACKEND"] == "numpy"
    assert all(name.startswith("FACESPECTRA_") for name in described["environment"])
    assert described["packages"]["numpy"] == np.__version__
    assert described["backends"] == fs.backends()


def test_a_backend_that_cannot_be_used_is_described(plain_environment: pytest.MonkeyPatch) -> None:
    plain_environment.setenv("FACESPECTRA_BACKEND", "nonsense")
    described = describe()
    assert described["backend"] is None
    assert "'nonsense'" in described["problem"]


def test_processor_has_a_name_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processor_name()

    def absent(self: Path) -> str:
        raise FileNotFoundError(self)

    monkeypatch.setattr(Path, "read_text", absent)
    assert processor_name() in (platform.processor(), platform.machine())


def test_packages_that_are_not_installed() -> None:
    assert _versions.installed_versions("numpy", "no-such-package") == {"numpy": np.__version__}
    assert list(_versions.versions_of("no-such-package")) == ["facespectra"]
    assert list(_versions.versions()) == ["facespectra", "python", *_versions.SCORING]
