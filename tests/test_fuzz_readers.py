"""What fuzz_readers.py found stays mended; and a few inputs of each reader, wherever the tests run."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

import facespectra
from facespectra.errors import DatasetError, ModelError
from fuzz_guard import BrokenPromiseError, hold
from fuzz_readers import Runner, changed
from fuzz_targets import MAX_PIXELS, TARGETS

N_CHANGED = 60
for _package in ("torch", "lz4", "pandas", "pyarrow", "sklearn", "skops", "av"):
    pytest.importorskip(_package, reason="needs all extras")


@pytest.mark.parametrize("reader", TARGETS)
def test_readers_keep_their_promises(reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeds, findings and inputs made of them: all are read, or refused in one line."""
    monkeypatch.setenv("FACESPECTRA_MAX_PIXELS", str(MAX_PIXELS))
    run = Runner(reader, tmp_path)
    seeds = run.seeds()
    # Otherwise nothing is read beyond its first bytes.
    assert run.refused < run.done
    for data, _ in zip(changed(seeds, random.Random(7)), range(N_CHANGED), strict=False):
        run(data)
    assert run.done == len(seeds) + N_CHANGED


def write(path: Path) -> None:
    path.with_name("other").write_bytes(b"")


def run(path: Path) -> None:
    subprocess.run([sys.executable, "--version"], check=False)


def swallow(path: Path) -> None:
    # What a reader may do with errors of any kind.
    with suppress(Exception):
        (path.parent.parent / "elsewhere").read_bytes()


def two_lines(path: Path) -> None:
    raise DatasetError(f"{path}: one line\nand another")


def no_name(path: Path) -> None:
    raise DatasetError("something is wrong")


@pytest.mark.parametrize("reader", [write, run, swallow, two_lines, no_name])
def test_broken_promises_are_seen(reader: Callable[[Path], None], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").touch()
    with pytest.raises(BrokenPromiseError):
        hold(reader, tmp_path / "in" / "file")


def test_a_reader_that_works_has_nothing_to_fear(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    assert hold(Path.read_bytes, tmp_path / "file") == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_dual_coef_", lambda array: array[:, :1].copy()),
        ("support_", lambda array: array[:0].copy()),
        ("_n_support", lambda array: array * 1000),
        ("_intercept_", lambda array: array[:0].copy()),
        ("support_vectors_", lambda array: array[:, :1].copy()),
        ("kernel", lambda _: "precomputed"),
    ],
)
def test_support_vectors_that_are_not_there_are_refused(
    name: str, value: Callable[[object], object], tmp_path: Path
) -> None:
    """libsvm would read beyond the arrays that it is given."""
    from facespectra.detector.model_file import dumps, loads
    from fuzz_targets import svm_model

    file = tmp_path / "m.skops"
    file.write_bytes(svm_model())
    facespectra.load(file)
    model = loads(file.read_bytes(), "m")
    svc = model["pipeline"][-1]
    setattr(svc, name, value(getattr(svc, name)))
    file.write_bytes(dumps(model))
    with pytest.raises(ModelError, match="the classifier does not fit"):
        facespectra.load(file)
