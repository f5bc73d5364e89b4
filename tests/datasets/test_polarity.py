"""Labels that names contradict are refused, and neutral names never are."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.errors import DatasetError
from trees import rows, touch

pd = pytest.importorskip("pandas", reason="needs the detect extra")


def write(tmp_path: Path, lines: list[str], header: str = "path,label") -> Path:
    file = tmp_path / "t.csv"
    file.write_text("\n".join([header, *lines]) + "\n")
    return file


@pytest.mark.parametrize(
    "pattern",
    [
        "{word}/{k}.png",
        "data/{word}/v{k}/0.png",
        "{word}_{k}.png",
        "all/{k}_{word}.png",
        "Celeb-{word}/{k}.mp4",
        "/abs/{word}s/{k}.png",
        "{word}\\{k}.png",
    ],
)
def test_names_that_contradict_the_labels_are_refused(tmp_path: Path, pattern: str) -> None:
    lines = [
        f"{pattern.format(word=word, k=k)},{label}"
        for k in range(4)
        for word, label in (("real", 1), ("fake", 0))
    ]
    file = write(tmp_path, lines)
    with pytest.raises(
        DatasetError, match=r"8 of 8 files.*add --positive 0 if .* or --positive 1 to keep"
    ) as caught:
        fs.read_dataset(file)
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)
    turned, kept = fs.read_dataset(file, positive=0), fs.read_dataset(file, positive="1")
    assert all(("fake" in path) == label for path, label in zip(turned["path"], turned["label"], strict=True))
    assert all(("fake" in path) != label for path, label in zip(kept["path"], kept["label"], strict=True))


@pytest.mark.parametrize(
    ("real", "fake"), [("nature", "ai"), ("original", "Deepfakes"), ("0_real", "1_fake")]
)
def test_folders_that_contradict_the_labels_are_refused(tmp_path: Path, real: str, fake: str) -> None:
    with pytest.raises(DatasetError, match=r"contradict the names"):
        fs.read_dataset(write(tmp_path, [f"{real}/a.png,1", f"{real}/b.png,1", f"{fake}/c.png,0"]))


def test_one_word_alone_is_enough(tmp_path: Path) -> None:
    lines = [f"real/{k}.png,1" for k in range(4)] + [f"stuff/{k}.png,0" for k in range(4)]
    with pytest.raises(DatasetError, match=r"4 of 4 files"):
        fs.read_dataset(write(tmp_path, lines))


def test_a_list_of_celeb_df_as_a_table(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(
        "1 YouTube-real/00001.mp4\n0 Celeb-synthesis/id1_id2_0000.mp4\n1 Celeb-real/id5_0000.mp4\n"
    )
    with pytest.raises(DatasetError, match=r"--positive 0"):
        fs.read_dataset(file)
    assert set(rows(fs.read_dataset(file, positive=0), "label").items()) == {
        ("00001.mp4", 0), ("id1_id2_0000.mp4", 1), ("id5_0000.mp4", 0),
    }  # fmt: skip


@pytest.mark.parametrize(
    "lines",
    [
        ["real/a.png,0", "fake/b.png,1"],
        ["unreal/a.png,1", "realistic/b.png,1", "realsense/c.png,1", "other/d.png,0"],
        ["fake_detection/x/a.png,0", "fake_detection/y/b.png,0", "fake_detection/y/c.png,1"],
        ["deepfakes/a.png,0", "deepfakes/b.png,0", "deepfakes/c.png,0", "deepfakes/d.png,1"],
        ["real_fake/a.png,0", "real_fake/b.png,1"],
        ["a.png,0", "b.png,1"],
        ["not_real/a.png,1", "x/b.png,0"],
        ["fake/real-esrgan/a.png,1", "x/b.png,0"],
        ["real/a.png,0", "real/b.png,0", "real/c.png,1", "fake/d.png,1", "fake/e.png,1", "fake/f.png,0"],
        ["fake_set_1/a.png,0", "fake_set_2/b.png,0", "fake_set_3/c.png,1"],
        ["surreal_1.png,1", "fakery_2.png,0"],
    ],
)
def test_neutral_and_agreeing_names_are_no_contradiction(tmp_path: Path, lines: list[str]) -> None:
    assert len(fs.read_dataset(write(tmp_path, lines))) == len(lines)


@pytest.mark.parametrize("column", ["label_str", "class_name", "Kind", "method"])
def test_a_column_that_contradicts_the_labels_is_refused(tmp_path: Path, column: str) -> None:
    words = ("Original", "Deepfakes")
    header = f"path,label,{column}"
    right = write(tmp_path, [f"{k}.png,{k % 2},{words[k % 2]}" for k in range(6)], header)
    assert fs.read_dataset(right)["label"].tolist() == [0, 1] * 3
    turned = write(tmp_path, [f"{k}.png,{k % 2},{words[1 - k % 2]}" for k in range(6)], header)
    with pytest.raises(DatasetError, match=rf"contradict the column '{column}' in 6 of 6 rows.*--positive 0"):
        fs.read_dataset(turned)
    assert fs.read_dataset(turned, positive=0)["label"].tolist() == [1, 0] * 3


def test_one_row_that_contradicts_is_named(tmp_path: Path) -> None:
    lines = ["a.png,0,real", "b.png,1,fake", "c.png,0,fake"]
    with pytest.raises(DatasetError, match=r"row 3 has the label '0' and 'fake'.*--label-column label_str"):
        fs.read_dataset(write(tmp_path, lines, "path,label,label_str"))
    found = fs.read_dataset(tmp_path / "t.csv", label_column="label_str")
    assert found["label"].tolist() == [0, 1, 1]


def test_a_manifest_inside_the_folders_it_contradicts(tmp_path: Path) -> None:
    for name in ("real/a.jpg", "fake/b.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (tmp_path / "manifest.csv").write_text("path,label\nreal/a.jpg,1\nfake/b.jpg,0\n")
    with pytest.raises(DatasetError, match=r"manifest\.csv: the labels contradict the names"):
        fs.read_dataset(tmp_path)
    assert len(fs.read_dataset(tmp_path, layout="classes")) == 2


def test_files_that_contradict_their_folders(tmp_path: Path) -> None:
    touch(
        tmp_path / "numbers",
        *(f"{folder}/{word}_{k}.jpg" for folder, word in (("0", "fake"), ("1", "real")) for k in "ab"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(
            DatasetError, match=r"contradict their folders, .* --positive 0 .* --positive 1 to keep"
        ):
            fs.read_dataset(tmp_path / "numbers")
    assert rows(fs.read_dataset(tmp_path / "numbers", positive=0), "label")["fake_a.jpg"] == 1
    touch(
        tmp_path / "words",
        *(f"{folder}/{word}_{k}.jpg" for folder, word in (("ai", "real"), ("real", "fake")) for k in "ab"),
    )
    with pytest.raises(
        DatasetError, match=r"add --real ai --fake real if the files are right, or --real real --fake ai"
    ):
        fs.read_dataset(tmp_path / "words")
    assert rows(fs.read_dataset(tmp_path / "words", real="ai", fake="real"), "label")["fake_a.jpg"] == 1
    assert rows(fs.read_dataset(tmp_path / "words", real="real", fake="ai"), "label")["fake_a.jpg"] == 0
    touch(
        tmp_path / "right",
        "real/real_a.jpg",
        "fake/fake_a.jpg",
        "fake/real_person_fake.jpg",
        "real/deepfake.jpg",
    )
    assert len(fs.read_dataset(tmp_path / "right")) == 4


def test_a_known_set_with_1_for_real(tmp_path: Path) -> None:
    """The 140k faces of Kaggle: 1 is real there, and their folder lies two levels below the table."""
    touch(
        tmp_path,
        "real_vs_fake/real-vs-fake/train/real/31355.jpg",
        "real_vs_fake/real-vs-fake/train/fake/0A2.jpg",
    )
    (tmp_path / "train.csv").write_text(
        ",original_path,id,label,label_str,path\n0,/input/ffhq/31355.jpg,31355,1,real,train/real/31355.jpg\n"
        "1,/input/stylegan/0A2.jpg,0A2,0,fake,train/fake/0A2.jpg\n"
    )
    with pytest.raises(DatasetError, match=r"contradict the column 'label_str' in 2 of 2 rows.*--positive 0"):
        fs.read_dataset(tmp_path / "train.csv")
    manifest = fs.read_dataset(tmp_path / "train.csv", positive=0)
    assert rows(manifest, "label") == {"31355.jpg": 0, "0A2.jpg": 1}
    assert all(Path(path).is_file() for path in manifest["path"])
