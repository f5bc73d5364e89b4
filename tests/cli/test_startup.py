"""What a command loads, which is most of what a small one costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")

from facespectra._mtcnn import has_core  # noqa: E402

pytestmark = pytest.mark.slow


def python(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.skipif(not has_core(), reason="without the core, torch finds the faces")
def test_a_score_takes_nothing_but_what_finds_faces_and_their_texture(tmp_path: Path) -> None:
    import numpy as np

    from facespectra.rendered.database import render_face

    render_face(np.random.default_rng(4), 120).save(tmp_path / "face.png")
    said = python(
        "import sys\n"
        "from facespectra.cli import main\n"
        "status = main(['score', sys.argv[1], '--format', 'csv'])\n"
        "heavy = {'torch', 'matplotlib', 'av', 'sklearn', 'skops', 'pandas', 'scipy', 'numba'}\n"
        "print(status, sorted(heavy & set(sys.modules)))\n",
        str(tmp_path / "face.png"),
    )
    assert "face.png,0." in said
    assert said.splitlines()[-1] == "0 []"


def test_a_command_is_there_without_the_others() -> None:
    said = python(
        "import sys\n"
        "from facespectra.cli import COMMANDS, main\n"
        "status = main(['score', '--help'])\n"
        "print(status, [name for name in COMMANDS if f'facespectra.cli.{name}' in sys.modules])\n"
    )
    assert said.splitlines()[-1] == "0 ['score']"


def test_what_was_passed_over_can_be_had_later() -> None:
    pytest.importorskip("torch", reason="needs the torch extra")
    said = python(
        "from facespectra.detector.model_file import _skops_io\n"
        "_skops_io()\n"
        "import torch\n"
        "from sklearn.externals.array_api_compat import torch as adapter\n"
        "print(adapter.__name__, adapter.asarray([1.0]).dtype)\n"
    )
    assert said.split() == ["sklearn.externals.array_api_compat.torch", "torch.float32"]


def test_models_of_skops_own_are_read_as_before() -> None:
    """Passing one package over changes nothing in what skops takes for harmless."""
    code = "{first}\nfrom skops.io import _trusted_types as t\nprint(sorted(t.SKLEARN_ESTIMATOR_TYPE_NAMES))"
    ours = python(code.format(first="from facespectra.detector.model_file import _skops_io; _skops_io()"))
    assert ours == python(code.format(first=""))
