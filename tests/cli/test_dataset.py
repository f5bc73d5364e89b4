"""``facespectra dataset``: what is understood of a folder, and the warnings of all who read one."""

from __future__ import annotations

import csv
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
