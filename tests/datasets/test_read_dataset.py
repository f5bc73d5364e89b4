"""Folders and manifests, built as the real ones are laid out."""

from __future__ import annotations

from pathlib import Path

import pytest

import facespectra as fs
from facespectra.datasets import COLUMNS, LAYOUTS, select_split
from facespectra.errors import DatasetError

pd = pytest.importorskip("pandas", reason="needs the detect extra")


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not looked into")
    return root


@pytest.fixture
def task_1(tmp_path: Path) -> Path:
    return touch(
        tmp_path / "Task_1",
        "development/real/a.jpg",
        "development/real/b.PNG",
        "development/fake/a.jpg",
        "evaluation/real/c.jpg",
        "evaluation/fake/d.jpg",
        "evaluation/fake/notes.txt",
    )


def test_task_folder(task_1: Path) -> None:
    manifest = fs.read_dataset(task_1)
    assert tuple(manifest.columns) == COLUMNS
    assert manifest["label"].dtype == "int64"
    assert list(manifest["split"]) == ["development"] * 3 + ["evaluation"] * 2
    assert list(manifest["label"]) == [0, 0, 1, 0, 1]
    assert list(manifest["group"])[:3] == ["real/a", "real/b", "fake/a"]
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in manifest["path"])


def test_evaluation_only(tmp_path: Path) -> None:
    root = touch(tmp_path / "Task_2_3", "evaluation/real/a.jpg", "evaluation/fake/b.jpg")
    manifest = fs.read_dataset(root)
    assert len(select_split(manifest, "test")) == 2
    with pytest.raises(DatasetError, match=r"no split to train on.*'evaluation'"):
        select_split(manifest, "train")


def test_plain_classes_in_any_case(tmp_path: Path) -> None:
    root = touch(tmp_path, "Real/x.jpg", "FAKE/sub/y.jpg")
    manifest = fs.read_dataset(root)
    assert list(manifest["label"]) == [0, 1]
    assert list(manifest["group"]) == ["Real/x", "FAKE/sub/y"]
    assert set(manifest["split"]) == {""}
    assert len(select_split(manifest, "train")) == len(select_split(manifest, "test")) == 2


def test_one_part_of_a_task_folder_is_plain(task_1: Path) -> None:
    assert set(fs.read_dataset(task_1 / "development")["split"]) == {""}


def test_relative_path_gives_absolute_ones(task_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(task_1.parent)
    assert all(Path(path).is_absolute() for path in fs.read_dataset("Task_1")["path"])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_manifest_wins_over_folders(task_1: Path, suffix: str) -> None:
    table = pd.DataFrame(
        {
            "path": ["evaluation/fake/d.jpg", "/elsewhere/e.jpg"],
            "label": [1, 0],
            "group": ["0001", None],
            "split": ["train", None],
            "comment": ["kept by the user", "not by us"],
        }
    )
    if suffix == ".csv":
        table.to_csv(task_1 / "manifest.csv", index=False)
    else:
        table.to_parquet(task_1 / "manifest.parquet")
    manifest = fs.read_dataset(task_1)
    assert tuple(manifest.columns) == COLUMNS
    assert list(manifest["path"]) == [str(task_1 / "evaluation/fake/d.jpg"), "/elsewhere/e.jpg"]
    assert list(manifest["group"]) == ["0001", "/elsewhere/e"]
    assert list(manifest["split"]) == ["train", ""]
    pd.testing.assert_frame_equal(manifest, fs.read_dataset(task_1 / f"manifest{suffix}"))


def test_manifest_takes_names_and_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("\ufeffpath,label\na.jpg,Fake\nb.jpg,real\nc.jpg,1.0\n".encode())
    manifest = fs.read_dataset(tmp_path / "m.csv")
    assert list(manifest["label"]) == [1, 0, 1]
    assert list(manifest["group"]) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,group\na.jpg,1\n", "no column 'label'"),
        ("file,kind\na.jpg,1\n", "no column 'path' and no column 'label'.*found: 'file', 'kind'"),
        ("path,label\na.jpg,maybe\n", "unknown label 'maybe'.* --positive maybe"),
        ("path,label\na.jpg,\n", "unknown label ''"),
        ("path,label\n,1\n", "row 1 has no path"),
        ("path,label\n", "no samples"),
        ("", "cannot be read as a manifest"),
    ],
    ids=["no-label", "no-columns", "unknown-label", "empty-label", "no-path", "no-rows", "empty"],
)
def test_bad_manifest(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(DatasetError, match=message) as caught:
        fs.read_dataset(tmp_path / "m.csv")
    assert "\n" not in str(caught.value)
    assert "m.csv" in str(caught.value)


def test_bad_parquet(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(DatasetError, match="cannot be read as a manifest"):
        fs.read_dataset(tmp_path / "m.parquet")


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such file or folder"):
        fs.read_dataset(tmp_path / "missing")


def test_nothing_understood_says_what_was_looked_for(tmp_path: Path) -> None:
    touch(tmp_path, "photos/a.jpg")
    with pytest.raises(DatasetError, match="expected") as caught:
        fs.read_dataset(tmp_path)
    assert all(layout.expects in str(caught.value) for layout in LAYOUTS.values())


def test_folder_above_names_the_data_sets_in_it(tmp_path: Path) -> None:
    touch(tmp_path, "one/Celeb-real/id0_0000.mp4", "one/Celeb-synthesis/id0_id1_0000.mp4", "notes/a.txt")
    with pytest.raises(DatasetError, match=rf"inside it: {tmp_path / 'one'}"):
        fs.read_dataset(tmp_path)


def test_a_folder_around_the_data_set_makes_no_difference(task_1: Path) -> None:
    inside, around = fs.read_dataset(task_1), fs.read_dataset(task_1.parent)
    assert list(around["path"]) == list(inside["path"])
    assert list(around["split"]) == list(inside["split"])
    assert list(around.columns) == list(inside.columns)


def test_empty_class_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg")
    (tmp_path / "fake").mkdir()
    with pytest.raises(DatasetError, match="fake"):
        fs.read_dataset(tmp_path)


def test_layout_by_name(task_1: Path) -> None:
    assert len(fs.read_dataset(task_1, layout="splits")) == 5
    with pytest.raises(DatasetError, match="not in the layout 'classes'"):
        fs.read_dataset(task_1, layout="classes")
    with pytest.raises(ValueError, match="unknown layout 'kaggle'"):
        fs.read_dataset(task_1, layout="kaggle")


def test_split_by_name(task_1: Path) -> None:
    manifest = fs.read_dataset(task_1)
    assert len(select_split(manifest, "train")) == 3
    assert len(select_split(manifest, "train", "Evaluation")) == 2
    with pytest.raises(DatasetError, match=r"no split 'dev'.*'development', 'evaluation'"):
        select_split(manifest, "test", "dev")


@pytest.mark.shared
def test_lab_folders(shared_data: Path) -> None:
    counts = fs.read_dataset(shared_data / "lab/Task_1").groupby(["split", "label"]).size()
    assert counts.to_dict() == {
        ("development", 0): 120,
        ("development", 1): 120,
        ("evaluation", 0): 60,
        ("evaluation", 1): 60,
    }
    assert len(fs.read_dataset(shared_data / "lab/Task_2_3")) == 120
