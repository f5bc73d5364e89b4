"""Small rendered databases, and a complete run of the lab on them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from facespectra.lab import LabResult, run_lab, write_lab
from resnet import one_thread


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever needs the finished run is slow."""
    for item in items:
        if "done" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small databases, with one broken file and one picture without a face."""
    from PIL import Image

    from facespectra.rendered.database import render_database

    folder = tmp_path_factory.mktemp("databases")
    for name, people in (("Task_1", 15), ("Task_2_3", 6), ("extra", 6)):
        render_database(folder / name, name, n_people=people, pictures=1, seed=0)
        (folder / name / "manifest.csv").unlink()
    (folder / "Task_1/development/fake/broken.jpg").write_bytes(b"nothing")
    Image.new("RGB", (64, 64), (90, 120, 60)).save(folder / "Task_1/evaluation/real/meadow.png")
    return folder


@pytest.fixture(scope="session")
def done(data: Path, weights_file: Path, tmp_path_factory: pytest.TempPathFactory) -> LabResult:
    """A complete run, written; other tests copy its cache."""
    from lab_runs import settings, silent

    out = tmp_path_factory.mktemp("out")
    # As in the tests that use it: ResNet-50 gives the same bits only with the same number of threads.
    with one_thread():
        result = run_lab(settings(data, out, resnet_weights=str(weights_file), rendered=True), silent)
    assert write_lab(result) == []
    return result


@pytest.fixture
def out(done: LabResult, tmp_path: Path) -> Path:
    """A fresh output folder whose cache holds that run."""
    shutil.copytree(done.settings.out / ".cache", tmp_path / ".cache")
    return tmp_path
