"""The command line: what it writes, what it says, and the status it leaves with."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import COMMANDS, main

for _package in ("sklearn", "skops", "facenet_pytorch", "matplotlib"):
    pytest.importorskip(_package, reason="needs the detect and report extras")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")

METRICS = [
    "n",
    "n_real",
    "n_fake",
    "n_no_face",
    "n_unreadable",
    "auc",
    "auc_ci95",
    "auc_flipped",
    "eer",
    "average_precision",
    "accuracy",
    "tpr_at_fpr",
]
SCORES = ["path", "label", "group", "score", "status"]


def save_texture(path: Path, *, fake: bool, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (60, 52), dtype=np.uint8)
    if fake:
        pixels = np.repeat(np.repeat(pixels[::2, ::2], 2, axis=0), 2, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task folder of whole images: nothing in these tests needs a face unless it says so."""
    root = tmp_path_factory.mktemp("data") / "Task_1"
    for split in ("development", "evaluation"):
        for i in range(8):
            save_texture(root / split / "real" / f"{i}.png", fake=False, seed=i)
            save_texture(root / split / "fake" / f"{i}.png", fake=True, seed=100 + i)
    return root


@pytest.fixture(scope="module")
def model(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "task1.model"
    assert main(["train", str(task), "-o", str(path), "--whole", "--n-features", "20"]) == 0
    return path


def one_line(text: str) -> str:
    (line,) = text.splitlines()
    assert line.startswith("facespectra: ")
    return line


def read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


# --- the frame ---------------------------------------------------------------------------------------------


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"facespectra {fs.__version__}\n"


def test_runs_as_a_module_and_stays_light() -> None:
    code = (
        "import sys; from facespectra.cli import main; status = main(['--help']); "
        "heavy = {'torch', 'sklearn', 'pandas', 'PIL', 'matplotlib', 'numba', 'scipy'} & set(sys.modules); "
        "sys.exit(f'{status} {heavy}' if status or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(command.__name__ in done.stdout for command in COMMANDS)
    done = subprocess.run([sys.executable, "-m", "facespectra", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("facespectra ")


@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_without_a_command_help_is_shown_and_nothing_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "No such command"),
        (["train"], "Missing argument"),
        (["extract", "a.jpg", "-o", "f.npz", "--n-features", "none"], "--n-features"),
        (["extract", "missing.jpg", "-o", "f.npz"], "missing.jpg"),
        (["extract", "missing.jpg", "-o", "f.xlsx"], ".npz, .parquet, .csv"),
        (["extract", "missing.jpg", "-o", "f.npz", "--convention", "polar"], "polar"),
        (["train", "missing", "-o", "m"], "no such file or folder"),
        (["train", "missing", "-o", "m", "--classifier", "forest"], "unknown classifier 'forest'"),
        (["train", "missing", "-o", "m", "--features", "fourier"], "unknown features 'fourier'"),
        (["evaluate", "missing", "-m", "missing.model", "--out", "d"], "cannot read the model"),
    ],
    ids=lambda value: "-".join(value[:1]) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in one_line(captured.err)
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("position", [0, 1, 4])
def test_debug_gives_the_traceback_wherever_it_stands(
    position: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "missing", "-o", "m"]
    arguments.insert(position, "--debug")
    assert main(arguments) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = save_texture(tmp_path / "a.png", fake=False, seed=0)
    (tmp_path / "file").write_text("in the way")
    assert main(["extract", str(source), "-o", str(tmp_path / "file" / "f.npz")]) == 2
    assert str(tmp_path / "file") in one_line(capsys.readouterr().err)


# --- extract -----------------------------------------------------------------------------------------------


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
    assert "none of 1 inputs could be read" in summary
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


# --- crop --------------------------------------------------------------------------------------------------


def test_crop_keeps_pixels_structure_and_every_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.rendered.database import render_face

    face = render_face(np.random.default_rng(0), 256)
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "a.bmp", "sub/a.png"):
        face.save(folder / name)
    save_texture(folder / "blank.png", fake=False, seed=0)
    (folder / "broken.jpg").write_bytes(b"nothing")
    out = tmp_path / "out"
    assert main(["crop", str(folder), str(folder / "a.png"), "-o", str(out)]) == 1
    captured = capsys.readouterr()
    assert str(folder / "broken.jpg") in one_line(captured.err)
    assert "3 faces from 5 images, 1 without a face" in captured.out
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == [
        "a-2.png",
        "a.png",
        "sub/a.png",
    ]
    expected = fs.FaceCropper().crop(face)
    for path in out.rglob("*.png"):
        with Image.open(path) as image:
            assert image.mode == "L"
            np.testing.assert_array_equal(np.asarray(image), expected)
    header, *rows = read_csv(out / "crops.csv")
    assert header == ["path", "crop", "status", "x0", "y0", "x1", "y1"]
    by_name = {Path(row[0]).relative_to(folder).as_posix(): row for row in rows}
    assert by_name["blank.png"][1:3] == ["", "no-face"]
    x0, y0, x1, y1 = map(int, by_name["a.png"][3:])
    assert expected is not None
    assert expected.shape == (y1 - y0, x1 - x0)


# --- train and evaluate ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_train_and_evaluate_write_the_files_of_the_contract(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    metrics = json.loads((out / "metrics.json").read_text())
    assert [key for key in metrics if key in METRICS] == METRICS
    assert "group_auc" not in metrics
    assert (metrics["n"], metrics["n_real"], metrics["n_fake"]) == (16, 8, 8)
    assert list(metrics["tpr_at_fpr"]) == ["0.01", "0.1"]
    header, *rows = read_csv(out / "scores.csv")
    assert header == SCORES
    assert all("/evaluation/" in row[0] for row in rows)
    scores = fs.load(model).score([row[0] for row in rows])
    np.testing.assert_array_equal([float(row[3]) for row in rows], scores)
    result = fs.evaluate([int(row[1]) for row in rows], scores)
    assert metrics["auc"] == result.auc
    assert f"{result.auc:.3f}" in captured.out
    header, *points = read_csv(out / "roc.csv")
    assert header == ["fpr", "tpr", "threshold"]
    np.testing.assert_array_equal(np.float64(points)[:, 0], result.fpr)
    assert (out / "roc.svg").read_bytes().startswith(b"<?xml")
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_evaluating_twice_gives_the_same_bytes(task: Path, model: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["evaluate", str(task), "-m", str(model), "--out", str(tmp_path / name)]) == 0
    for file in ("metrics.json", "scores.csv", "roc.csv", "roc.svg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_split_overrides_the_choice(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(out), "--split", "development"]) == 0
    assert all("/development/" in row[0] for row in read_csv(out / "scores.csv")[1:])
    capsys.readouterr()
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(out), "--split", "dev"]) == 2
    assert "'development', 'evaluation'" in one_line(capsys.readouterr().err)


def test_an_unreadable_sample_is_named_counted_and_left_out(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fs.read_dataset(task)
    manifest["group"] = [f"{split} {i % 6}" for i, split in enumerate(manifest["split"])]
    manifest.loc[len(manifest)] = [str(tmp_path / "gone.png"), 1, "gone 1", "evaluation"]
    manifest.loc[len(manifest)] = [str(tmp_path / "gone.png"), 1, "gone 2", "development"]
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    trained = tmp_path / "m.model"
    assert main(["train", str(tmp_path), "-o", str(trained), "--whole"]) == 1
    assert "gone.png" in one_line(capsys.readouterr().err)
    assert main(["evaluate", str(tmp_path), "-m", str(trained), "--out", str(tmp_path / "run")]) == 1
    assert "gone.png" in one_line(capsys.readouterr().err)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert (metrics["n"], metrics["n_no_face"], metrics["n_unreadable"]) == (16, 0, 1)
    assert 0 <= metrics["group_auc"] <= 1
    last = read_csv(tmp_path / "run" / "scores.csv")[-1]
    assert last[3:] == ["", "unreadable: there is no such file"]


def test_polarity_is_warned_of(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fs.read_dataset(task)
    manifest["label"] = 1 - manifest["label"]
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    assert main(["evaluate", str(tmp_path), "-m", str(model), "--out", str(tmp_path / "run")]) == 0
    assert "polarity" in one_line(capsys.readouterr().err)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["auc"] < 0.5 < metrics["auc_flipped"]
    assert "polarity" in metrics["warnings"][0]


def test_one_class_alone_cannot_be_evaluated(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fs.read_dataset(task)
    manifest[manifest["label"] == 0].to_csv(tmp_path / "manifest.csv", index=False)
    assert main(["evaluate", str(tmp_path), "-m", str(model), "--out", str(tmp_path / "run")]) == 2
    assert "both classes" in one_line(capsys.readouterr().err)
    assert not (tmp_path / "run").exists()


def test_without_matplotlib_the_figures_are_still_written(
    task: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == "matplotlib" else object())
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(tmp_path)]) == 0
    assert 'pip install "facespectra[report]"' in one_line(capsys.readouterr().err)
    assert {path.name for path in tmp_path.iterdir()} == {"metrics.json", "scores.csv", "roc.csv"}


@pytest.mark.parametrize("package", ["pandas", "sklearn", "skops"])
def test_a_missing_package_names_its_extra(
    package: str,
    task: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == package else object())
    assert main(["train", str(task), "-o", str(tmp_path / "m"), "--whole"]) == 2
    assert 'pip install "facespectra[detect]"' in one_line(capsys.readouterr().err)


# --- the photographs ---------------------------------------------------------------------------------------


@pytest.mark.shared
@pytest.mark.slow
def test_task_1_from_the_command_line(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task, model = str(shared_data / "lab/Task_1"), str(tmp_path / "m.model")
    assert main(["train", task, "-o", model, "--classifier", "svm-sigmoid"]) == 0
    assert "10 (left out)" in capsys.readouterr().out
    assert main(["evaluate", task, "-m", model, "--out", str(tmp_path / "run")]) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["n_no_face"] == 1
    assert metrics["auc"] == pytest.approx(0.200, abs=0.005)
    assert metrics["auc_flipped"] == pytest.approx(0.800, abs=0.005)
    assert "polarity" in one_line(capsys.readouterr().err)


def test_who_runs_a_command_keeps_the_collector_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    from facespectra import cli

    seen = []
    monkeypatch.setattr(cli, "_run", lambda given: seen.append(gc.get_threshold()) or 0)
    before = gc.get_threshold()
    assert main(["info"]) == 0
    assert gc.get_threshold() == before
    assert seen == [(*before[:2], cli.OLDEST)]
