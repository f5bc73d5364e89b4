"""``facespectra extract``: written as it goes, the same from the cache, and to be resumed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facespectra as fs
from commands import one_line, read_csv, save_texture

pytest.importorskip("lz4", reason="needs the face finder (extra faces)")
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

    monkeypatch.setattr(FaceCropper, "search", refused)
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


def test_extract_writes_the_same_in_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = [save_texture(tmp_path / f"face_{i}.png", fake=False, seed=i) for i in (10, 2)]
    bad = tmp_path / "broken.jpg"
    bad.write_bytes(b"nothing")
    sources = [str(good[0]), str(bad), str(good[1])]
    for name in ("f.npz", "f.csv", "f.parquet"):
        assert main(["extract", *sources, "-o", str(tmp_path / name), "--n-features", "12"]) == 1
        assert str(bad) in one_line(capsys.readouterr().err)
    arrays = np.load(tmp_path / "f.npz")
    assert list(arrays["path"]) == sources
    assert arrays["status"][0] == arrays["status"][2] == "ok"
    assert arrays["status"][1].startswith("unreadable: ")
    features = arrays["features"]
    assert features.dtype == np.float32
    assert np.isnan(features[1]).all()
    images = []
    for path in good:
        with Image.open(path) as image:
            images.append(np.asarray(image))
    np.testing.assert_array_equal(features[[0, 2]], fs.radial_spectrum(images, n_features=12))

    header, *rows = read_csv(tmp_path / "f.csv")
    assert header == ["path", "status", *(f"f{i:02}" for i in range(12))]
    assert [row[:2] for row in rows] == [list(pair) for pair in zip(sources, arrays["status"], strict=True)]
    assert rows[1][2:] == [""] * 12
    np.testing.assert_array_equal(np.float32(rows[0][2:]), features[0])
    frame = pd.read_parquet(tmp_path / "f.parquet")
    assert list(frame.columns) == header
    np.testing.assert_array_equal(frame[header[2:]].to_numpy(), features)


def test_extract_of_nothing_readable_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "broken.jpg"
    bad.write_bytes(b"nothing")
    assert main(["extract", str(bad), "-o", str(tmp_path / "f.npz")]) == 2
    named, summary = capsys.readouterr().err.splitlines()
    assert str(bad) in named
    assert "none of 1 input could be read" in summary
    assert not (tmp_path / "f.npz").exists()


def test_extract_options_reach_the_extractor(tmp_path: Path) -> None:
    source = save_texture(tmp_path / "a.png", fake=False, seed=0)
    out = tmp_path / "f.npz"
    options = ["--convention", "isotropic", "--dtype", "float64", "--backend", "numpy", "--threads", "1"]
    assert main(["extract", str(source), "-o", str(out), "--n-features", "9", *options]) == 0
    with Image.open(source) as image:
        pixels = np.asarray(image)
    expected = fs.radial_spectrum(
        pixels, n_features=9, convention="isotropic", dtype="float64", backend="numpy"
    )
    np.testing.assert_array_equal(np.load(out)["features"], [expected])


def test_extract_of_faces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from facespectra.rendered.database import render_face

    face = render_face(np.random.default_rng(0), 256)
    face.save(tmp_path / "a.png")
    blank = save_texture(tmp_path / "b.png", fake=False, seed=0)
    assert (
        main(["extract", str(tmp_path / "a.png"), str(blank), "-o", str(tmp_path / "f.npz"), "--faces"]) == 0
    )
    assert capsys.readouterr().err == ""
    arrays = np.load(tmp_path / "f.npz")
    assert list(arrays["status"]) == ["ok", "no-face"]
    crop = fs.FaceCropper().crop(face)
    assert crop is not None
    np.testing.assert_array_equal(arrays["features"][0], fs.radial_spectrum(crop))
