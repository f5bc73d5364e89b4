"""``facespectra dataset``: what is understood of a folder, and the warnings of all who read one."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import facespectra as fs
from clips import write_clip
from facespectra.cli import main
from noise import save_clean_data, save_noise

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return save_clean_data(tmp_path / "data")


def test_dataset_shows_what_is_understood(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", str(data)]) == 0
    done = capsys.readouterr()
    assert done.err == ""
    shown = {line[:20].strip(): line[20:].strip() for line in done.out.splitlines()}
    assert shown["layout"] == "splits"
    assert shown["samples"] == "48 (24 real, 24 fake; 48 groups)"
    assert shown["split train"] == shown["split test"] == "24 (12 real, 12 fake; 24 groups)"
    assert shown["real: sizes"] == shown["fake: sizes"] == "40x32 (24)"
    assert shown["fake: formats"] == "JPEG RGB (24)"
    assert shown["real: JPEG quality"] == "median 90, 80 to 90; 2 kinds of tables"


def test_dataset_warns_and_names_what_it_cannot_read(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("train", "test"):
        for i in range(12):
            save_noise(data / split / "fake" / f"{i}.jpg", 500 + i, quality=50)
    (data / "train/real/broken.jpg").write_text("no image")
    assert main(["dataset", str(data)]) == 1
    errors = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[2][:40] for line in errors] == [
        "warning: 12 files have copies in differe",
        "warning: JPEG tables alone separates rea",
        str(data / "train/real/broken.jpg")[:40],
    ]
    assert "AUC of 1.00 (48 files)" in errors[1]
    assert main(["dataset", str(data), "--layout", "uadfv"]) == 2
    assert main(["dataset", str(data), "-o", str(data / "m.xlsx")]) == 2


@pytest.mark.filterwarnings("always:.*incomplete UADFV")
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_dataset_writes_a_manifest_that_reads_back(tmp_path: Path, suffix: str) -> None:
    for i in range(2):
        write_clip(tmp_path / "set/real" / f"{i:04}.mp4", 6)
        write_clip(tmp_path / "set/fake" / f"{i:04}_fake.mp4", 6)
    out = tmp_path / f"lists/m{suffix}"
    inside = tmp_path / "set/manifest.csv"
    assert main(["dataset", str(tmp_path / "set"), "-o", str(out), "--frames", "3"]) == 0
    manifest = fs.read_dataset(out)
    assert list(manifest["frame"])[:3] == [1, 3, 5]
    assert list(manifest["group"]) == ["0000"] * 3 + ["0001"] * 3 + ["0000"] * 3 + ["0001"] * 3
    assert set(manifest["label"]) == {0, 1}
    # Below its own folder, paths are relative, and the folder can be moved.
    assert main(["dataset", str(tmp_path / "set"), "-o", str(inside), "--frames", "3"]) == 0
    with inside.open(newline="") as file:
        assert next(csv.DictReader(file))["path"] == "real/0000.mp4"
    moved = (tmp_path / "set").rename(tmp_path / "moved")
    assert all(Path(path).is_file() for path in fs.read_dataset(moved)["path"])


def test_train_and_evaluate_warn(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("train", "test"):
        for i in range(12):
            save_noise(data / split / "fake" / f"{i}.jpg", i, (48, 32), quality=80)
    manifest = fs.read_dataset(data)
    manifest["group"] = [Path(path).stem for path in manifest["path"]]
    manifest.to_csv(tmp_path / "m.csv", index=False)
    model, run = str(tmp_path / "a.model"), str(tmp_path / "run")
    for command in (
        ["train", str(tmp_path / "m.csv"), "-o", model, "--whole", "--n-features", "10"],
        ["evaluate", str(tmp_path / "m.csv"), "-m", model, "-o", run],
    ):
        capsys.readouterr()
        assert main(command) == 0
        errors = capsys.readouterr().err.splitlines()
        assert errors[0] == (
            "facespectra: warning: 12 of 12 groups in the split 'test' are also in 'train': "
            "0, 1, 10 and 9 more"
        )
        assert any("size alone separates real from fake with an AUC of 1.00" in line for line in errors)


@pytest.mark.slow
def test_what_is_grouped_by_file_says_so_beside_the_figures(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An AUC over pictures that may be frames of one video is too good."""
    model, words = str(tmp_path / "a.model"), "by file: frames of one video may be on both sides"
    assert main(["dataset", str(data)]) == 0
    assert words in capsys.readouterr().out
    for group, expected in (([], words), (["--group", "split"], "too few groups to tell")):
        assert main(["train", str(data), "-o", model, "--whole", "--n-features", "10", *group]) == 0
        line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("AUC, 5-fold"))
        assert expected in line
    assert main(["evaluate", str(data), "-m", model, "-o", str(tmp_path / "run"), "--robustness", "0"]) == 0
    assert words in capsys.readouterr().out
    assert words in (tmp_path / "run/report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_frames_in_folders_are_evaluated_by_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    videos = [f"{kind}/{kind[0]}{v}" for kind in ("real", "fake") for v in range(6)]
    for seed, place in enumerate(f"{video}/{k}.png" for video in videos for k in range(3)):
        save_noise(tmp_path / "set" / place, seed)
    model = str(tmp_path / "a.model")
    assert main(["dataset", str(tmp_path / "set")]) == 0
    assert "36 (18 real, 18 fake; 12 groups)" in capsys.readouterr().out
    assert main(["train", str(tmp_path / "set"), "-o", model, "--whole", "--n-features", "10"]) == 0
    assert "(on held-out groups)" in capsys.readouterr().out
    run = ["evaluate", str(tmp_path / "set"), "-m", model, "-o", str(tmp_path / "run"), "--robustness", "0"]
    assert main(run) == 0
    assert "AUC per video" in capsys.readouterr().out
    assert json.loads((tmp_path / "run/metrics.json").read_text())["n_videos"] == 12
    assert main([*run, "--group", "file"]) == 0
    assert "AUC per video" not in capsys.readouterr().out


def test_folders_and_labels_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed in range(4):
        save_noise(tmp_path / "set" / ("a", "b")[seed % 2] / f"{seed}.png", seed)
    assert main(["dataset", str(tmp_path / "set")]) == 2
    assert "--real NAME --fake NAME (found: a, b)" in capsys.readouterr().err
    assert main(["dataset", str(tmp_path / "set"), "--real", "a", "--fake", "b"]) == 0
    assert "4 (2 real, 2 fake; 4 groups)" in capsys.readouterr().out


@pytest.mark.slow
def test_where_most_have_no_face_whole_images_are_proposed(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "where these are faces that were cut out already, add --faces whole"
    assert main(["train", str(data), "-o", str(tmp_path / "a.model"), "--n-features", "10"]) == 2
    assert words in capsys.readouterr().err
    assert (
        main(["train", str(data), "-o", str(tmp_path / "a.model"), "--n-features", "10", "--faces", "whole"])
        == 0
    )
    # The model knows that it takes images whole.
    run = [
        "evaluate",
        str(data),
        "-m",
        str(tmp_path / "a.model"),
        "-o",
        str(tmp_path / "run"),
        "--robustness",
        "0",
    ]
    assert main(run) == 0
    assert words not in capsys.readouterr().err
