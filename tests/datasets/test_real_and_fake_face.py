"""The Kaggle set "Real and Fake Face Detection", built as it is laid out."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.datasets import COLUMNS
from facespectra.datasets import real_and_fake_face as ciplab
from facespectra.errors import DatasetError

pd = pytest.importorskip("pandas", reason="needs the detect extra")

NAMES = (
    "training_real/real_00001.jpg",
    "training_real/real_00002.jpg",
    "training_fake/easy_12_1110.jpg",
    "training_fake/mid_7_0001.jpg",
    "training_fake/hard_7_1111.jpg",
    "training_fake/hard_7_0010.jpg",
    "training_fake/odd name.jpg",
)


def build(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not looked into")
    return root


@pytest.mark.parametrize(
    "inside", ["real_and_fake_face", "real_and_fake_face_detection/real_and_fake_face", "Training set"]
)
def test_names_are_read_into_difficulty_parts_and_groups(tmp_path: Path, inside: str) -> None:
    build(tmp_path / inside, *NAMES)
    # Kaggle's archive wraps the folder once more; the folder itself may have any name.
    given = tmp_path / "Training set" if inside == "Training set" else (tmp_path / inside).parent
    with pytest.warns(UserWarning, match="2 real and 5 fake faces, not 1081 and 960 as published"):
        manifest = fs.read_dataset(given)
    assert tuple(manifest.columns) == (*COLUMNS, "difficulty", "replaced")
    assert list(manifest["label"]) == [0, 0, 1, 1, 1, 1, 1]
    assert set(manifest["split"]) == {""}
    by_name = manifest.set_index(manifest["path"].map(lambda path: Path(path).name))
    assert list(by_name.loc["easy_12_1110.jpg", ["difficulty", "replaced"]]) == [
        "easy",
        "left-eye+right-eye+nose",
    ]
    assert list(by_name.loc["mid_7_0001.jpg", ["difficulty", "replaced"]]) == ["mid", "mouth"]
    assert by_name.loc["hard_7_1111.jpg", "replaced"] == "left-eye+right-eye+nose+mouth"
    assert list(by_name.loc["real_00001.jpg", ["difficulty", "replaced"]]) == ["", ""]
    assert list(by_name.loc["odd name.jpg", ["difficulty", "replaced"]]) == ["", ""]
    # Two versions of one composite stay together; one number in two difficulties is two composites.
    assert by_name.loc["hard_7_1111.jpg", "group"] == by_name.loc["hard_7_0010.jpg", "group"]
    assert manifest["group"].nunique() == 6
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in manifest["path"])


def test_the_whole_set_is_not_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ciplab.KNOWN_COUNTS == {0: 1081, 1: 960}
    build(tmp_path, *NAMES)
    monkeypatch.setattr(ciplab, "KNOWN_COUNTS", {0: 2, 1: 5})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(fs.read_dataset(tmp_path)) == 7
        assert len(fs.read_dataset(tmp_path, layout="real-and-fake-face")) == 7


def test_one_class_is_not_the_set(tmp_path: Path) -> None:
    build(tmp_path, "training_real/real_00001.jpg")
    with pytest.raises(DatasetError, match=r"expected.*training_real and training_fake"):
        fs.read_dataset(tmp_path)
    (tmp_path / "training_fake").mkdir()
    with pytest.raises(DatasetError, match="training_fake"):
        fs.read_dataset(tmp_path)
