"""Fixtures that all tests share, and the rule that a required backend may not be skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest

from facespectra.spectrum.backends import NAMES
from required import OTHERS, REQUIRED, require
from resnet import make_state, one_thread

# These files share one run of the lab; those of the last make their own.
LAB, OWN_RUNS = "tests/lab/", "tests/lab/test_commands.py"
# And these a cluster.
DISTRIBUTED = "tests/distributed/"
FFT_VARIABLES = (
    "FACESPECTRA_BACKEND",
    "FACESPECTRA_FFT",
    "FACESPECTRA_SIMD",
    "FACESPECTRA_THREADS",
    "FACESPECTRA_TORCH_DEVICE",
)


def pytest_configure() -> None:
    unknown = set(REQUIRED) - {*NAMES, *OTHERS}
    if unknown:
        raise pytest.UsageError(
            f"FACESPECTRA_TEST_REQUIRE names what is not known: {', '.join(sorted(unknown))}"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """How many processes ``-n auto`` starts: none for a single file, else as many as there are processors.

    At most eight: each takes up to 2 GB of memory, and more of them do not end sooner than the lab's tests.
    """
    if config.getoption("usepdb") or "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    if len(config.args) == 1 and ".py" in config.args[0]:
        return 0
    # Several threads in each would wait busily for each other.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, 8)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each test file to one process, and all that share a run of the lab, or a cluster, to one."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            if file.startswith(DISTRIBUTED):
                return DISTRIBUTED
            return LAB if file.startswith(LAB) and file != OWN_RUNS else file

    return Scheduling(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, where several processes share the tests: none ends on it alone."""
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: (
                not item.nodeid.startswith((LAB, DISTRIBUTED)),
                not item.get_closest_marker("slow"),
            )
        )


@pytest.fixture(params=NAMES)
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend by its name."""
    return require(request.param)


@pytest.fixture(params=["durall", "isotropic"])
def convention(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No variable of ours set."""
    for variable in FFT_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return monkeypatch


@pytest.fixture(scope="module")
def one_torch_thread() -> Iterator[None]:
    pytest.importorskip("torch", reason="needs the torch extra")
    with one_thread():
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Photographs and published vectors, which belong to others and are never part of the repository."""
    given = os.environ.get("FACESPECTRA_SHARED_DATA")
    folder = Path(given) if given else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        if given:
            pytest.fail(f"FACESPECTRA_SHARED_DATA={given} is not a folder")
        pytest.skip("no shared/data beside the checkout and no FACESPECTRA_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with rendered portraits of twelve people."""
    import numpy as np

    from facespectra.rendered.database import render_face

    folder = tmp_path_factory.mktemp("photographs")
    for seed in range(12):
        render_face(np.random.default_rng(seed), 176).save(folder / f"person_{seed}.png")
    return folder


@pytest.fixture(scope="session")
def state() -> dict[str, Any]:
    """Weights of a ResNet-50 that was never trained. Nobody may change them."""
    pytest.importorskip("torchvision", reason="needs the torch extra")
    return make_state()


@pytest.fixture(scope="session")
def weights_file(state: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of them. Nobody may change it, either."""
    import torch

    path = tmp_path_factory.mktemp("weights") / "w.pth"
    torch.save(state, path)
    return path


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch, and no network."""
    torch = pytest.importorskip("torch", reason="needs the torch extra")
    from facespectra.deep import weights

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))

    def no_network(url: str, *, timeout: float) -> None:
        assert url.startswith("https://")
        assert timeout > 0
        raise URLError("Name or service not known")

    monkeypatch.setattr(weights, "urlopen", no_network)
    return tmp_path / "hub" / "checkpoints"
