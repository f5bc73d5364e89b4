"""``facespectra extract``: written as it goes, the same from the cache, and to be resumed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("facenet_pytorch", reason="needs facenet-pytorch (extra faces)")
pd = pytest.importorskip("pandas", reason="needs pandas (extra detect)")

from facespectra.cli import extract as command  # noqa: E402
from facespectra.cli import main  # noqa: E402
from facespectra.faces import FaceCropper  # noqa: E402
from facespectra.features import files as feature_files  # noqa: E402
from facespectra.rendered.database import render_face  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(4)
    for index in range(5):
        render_face(rng, 100 + 15 * index).save(folder / f"{index}.png")
    (folder / "broken.jpg").write_bytes(b"not an image")
    return folder


def read(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as arrays:
        return {name: arrays[name] for name in arrays}


def assert_same(one: Path, other: Path) -> None:
    first, second = read(one), read(other)
    assert list(first) == list(second) == ["features", "path", "status"]
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])


@pytest.mark.parametrize("faces", [[], ["--faces"]])
def test_the_cache_changes_nothing_but_the_work(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faces: list[str]
) -> None:
    run = ["extract", str(folder), *faces, "--n-features", "30", "-o"]
    cached = ["--cache", str(tmp_path / "cache")]
    assert main([*run, str(tmp_path / "plain.npz")]) == 1
    assert main([*run, str(tmp_path / "first.npz"), *cached]) == 1

    def refused(*_: object) -> None:
        raise AssertionError("nothing is left to be looked for")

    monkeypatch.setattr(FaceCropper, "detect", refused)
    assert main([*run, str(tmp_path / "second.npz"), *cached]) == 1
    for name in ("first", "second"):
        assert_same(tmp_path / "plain.npz", tmp_path / f"{name}.npz")
    assert (read(tmp_path / "plain.npz")["status"] == "ok").sum() >= 4


def test_a_run_that_is_stopped_writes_nothing_and_goes_on_later(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, cache = tmp_path / "f.npz", tmp_path / "cache"
    run = ["extract", str(folder), "--faces", "-o", str(out), "--cache", str(cache)]

    @contextmanager
    def stops_at_three(what: str):
        def update(done: int, total: int) -> None:
            if done == 3:
                raise KeyboardInterrupt

        yield update

    with monkeypatch.context() as patch:
        patch.setattr(command, "progress_bar", stops_at_three)
        assert main(run) not in (0, 1)
    assert not [file for file in tmp_path.iterdir() if file != cache]
    assert len([file for file in cache.rglob("*") if file.is_file()]) >= 3
    assert main(run) == 1
    assert main([*run[:4], str(tmp_path / "plain.npz")]) == 1
    assert_same(out, tmp_path / "plain.npz")


def test_all_formats_hold_the_same(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A batch and a group of rows for each image or two.
    monkeypatch.setattr("facespectra.features.extraction.BATCH", 1)
    monkeypatch.setattr(feature_files, "BATCHES_IN_GROUP", 2)
    for suffix in feature_files.SUFFIXES:
        assert main(["extract", str(folder), "--n-features", "12", "-o", str(tmp_path / f"f{suffix}")]) == 1
    arrays = read(tmp_path / "f.npz")
    assert arrays["features"].shape == (6, 12)
    assert arrays["features"].dtype == np.float32
    for frame in (
        pd.read_parquet(tmp_path / "f.parquet"),
        pd.read_csv(tmp_path / "f.csv", dtype={f"f{index:02}": np.float32 for index in range(12)}),
    ):
        assert list(frame.columns) == ["path", "status", *(f"f{index:02}" for index in range(12))]
        assert frame["path"].tolist() == arrays["path"].tolist()
        assert frame["status"].tolist() == arrays["status"].tolist()
        np.testing.assert_array_equal(frame.iloc[:, 2:].to_numpy(), arrays["features"])
