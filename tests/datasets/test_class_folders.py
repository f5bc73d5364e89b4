"""Folders that are called after their classes, as people lay them out."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.datasets import select_split
from facespectra.datasets.layouts import find_layout
from facespectra.errors import DatasetError
from trees import rows, touch

pd = pytest.importorskip("pandas", reason="needs the detect extra")


@pytest.mark.parametrize(
    ("real", "fake"),
    [
        ("real", "fake"),
        ("Real", "FAKE"),
        ("0_real", "1_fake"),
        ("original", "deepfake"),
        ("originals", "deepfakes"),
        ("nature", "ai"),
        ("real_vids", "fake_vids"),
        ("RealFaces", "FakeFaces"),
        ("realvideos", "fakevideos"),
        ("authentic", "synthetic"),
        ("genuine", "manipulated"),
        ("pristine", "generated"),
        ("real", "swapped"),
        ("real", "photoshop"),
        ("real", "gan"),
        ("original_sequences", "manipulated_sequences"),
        ("original", "Face2Face"),
        ("human", "ai-generated"),
        ("Celeb-real", "Celeb-fake"),
    ],
)
def test_words_for_real_and_fake(tmp_path: Path, real: str, fake: str) -> None:
    touch(tmp_path, f"{real}/a.jpg", f"{real}/b.jpg", f"{fake}/c.jpg")
    assert rows(fs.read_dataset(tmp_path), "label") == {"a.jpg": 0, "b.jpg": 0, "c.jpg": 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("unreal", "fake"),
        ("realistic", "fake"),
        ("realsense", "fake"),
        ("not_real", "fake"),
        ("real_vs_fake", "b"),
    ],
)
def test_words_that_only_look_like_real(tmp_path: Path, one: str, other: str) -> None:
    touch(tmp_path, f"{one}/a.jpg", f"{other}/c.jpg")
    with pytest.raises(DatasetError, match=f"--real NAME --fake NAME .found: .*{one}"):
        fs.read_dataset(tmp_path)


def test_folders_of_any_name_are_read_as_they_are_said_to_be(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "train/bon/a.jpg",
        "train/faux/b.jpg",
        "test/bon/c.jpg",
        "test/df2/d.jpg",
        "test/other/e.jpg",
    )
    manifest = fs.read_dataset(tmp_path, real="BON", fake=["faux", "df2"])
    assert rows(manifest, "label") == {"a.jpg": 0, "b.jpg": 1, "c.jpg": 0, "d.jpg": 1}
    assert rows(manifest, "split") == {"a.jpg": "train", "b.jpg": "train", "c.jpg": "test", "d.jpg": "test"}


def test_said_names_win_over_a_known_database(tmp_path: Path) -> None:
    touch(tmp_path, "Celeb-real/id0_0000.mp4", "Celeb-synthesis/id0_id1_0000.mp4", "YouTube-real/00000.mp4")
    manifest = fs.read_dataset(tmp_path, real="YouTube-real", fake="Celeb-synthesis")
    assert rows(manifest, "label") == {"00000.mp4": 0, "id0_id1_0000.mp4": 1}


def test_numbers_as_classes_and_a_word_about_them(tmp_path: Path) -> None:
    touch(tmp_path, "train/0/a.jpg", "train/1/b.jpg")
    with pytest.warns(UserWarning, match="took the folder 1 as fake .* use --positive 0"):
        assert rows(fs.read_dataset(tmp_path), "label") == {"a.jpg": 0, "b.jpg": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert rows(fs.read_dataset(tmp_path, positive=0), "label") == {"a.jpg": 1, "b.jpg": 0}
        assert rows(fs.read_dataset(tmp_path, positive="1"), "label") == {"a.jpg": 0, "b.jpg": 1}


@pytest.mark.parametrize(
    "pattern",
    ["{split}/{label}/{name}", "{label}/{split}/{name}", "{split}_{label}/{name}", "{label}-{split}/{name}",
     "{label}/method/{split}/{name}", "data/{split}/images/{label}/{name}"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("train", "test"), [("train", "test"), ("Training", "Testing"), ("trainset", "testset")]
)
def test_splits_above_and_below_the_classes(tmp_path: Path, pattern: str, train: str, test: str) -> None:
    names = {f"{split}{label}.jpg": (split, label) for split in (train, test) for label in ("real", "fake")}
    touch(
        tmp_path,
        *(pattern.format(split=split, label=label, name=name) for name, (split, label) in names.items()),
    )
    manifest = fs.read_dataset(tmp_path)
    assert find_layout(tmp_path) == "splits"
    assert rows(manifest, "label") == {name: int(label == "fake") for name, (_, label) in names.items()}
    assert rows(select_split(manifest, "train"), "label") == {f"{train}real.jpg": 0, f"{train}fake.jpg": 1}
    assert rows(select_split(manifest, "test"), "label") == {f"{test}real.jpg": 0, f"{test}fake.jpg": 1}
    folders = manifest["group"].str.rpartition("/")[0].str.lower()
    assert not any("train" in folder or "test" in folder for folder in folders)


@pytest.mark.parametrize(
    "name", ["val", "valid", "validation", "dev", "eval", "Valid", "development", "evaluation"]
)
def test_other_splits(tmp_path: Path, name: str) -> None:
    touch(tmp_path, "real/train/a.jpg", f"real/{name}/b.jpg", "fake/train/c.jpg", f"fake/{name}/d.jpg")
    assert set(rows(fs.read_dataset(tmp_path), "split").values()) == {"train", name.lower()}


def test_a_split_with_one_class_alone_is_not_lost(tmp_path: Path) -> None:
    touch(tmp_path, "train/real/a.jpg", "train/fake/b.jpg", "test/fake/c.jpg")
    assert rows(fs.read_dataset(tmp_path), "split") == {"a.jpg": "train", "b.jpg": "train", "c.jpg": "test"}


STRAY = ("__pycache__", ".ipynb_checkpoints", "metadata", "@eaDir", "__MACOSX", ".cache")


@pytest.mark.parametrize("stray", STRAY)
@pytest.mark.parametrize(
    "names",
    [
        ("real/a.jpg", "fake/b.jpg"),
        ("real/v0/0.jpg", "real/v0/1.jpg", "real/v1/0.jpg", "fake/v2/0.jpg"),
        ("train/real/a.jpg", "train/fake/b.jpg"),
        ("real/train/a.jpg", "real/test/b.jpg", "fake/train/a.jpg", "fake/test/b.jpg"),
        ("progan/0_real/a.jpg", "progan/1_fake/b.jpg"),
    ],
    ids=["classes", "videos", "splits-above", "splits-below", "generators"],
)
def test_stray_folders_are_passed_over(tmp_path: Path, names: tuple[str, ...], stray: str) -> None:
    plain, littered = touch(tmp_path / "plain", *names), touch(tmp_path / "littered", *names)
    for folder in [littered, *(path for path in littered.rglob("*") if path.is_dir())]:
        touch(folder, f"{stray}/notes.txt", f"{stray}/inside/notes.json")
    # Pictures that the system made of pictures.
    touch(littered, "@eaDir/a.jpg/thumb.jpg", "real/@eaDir/a.jpg/thumb.jpg", "__MACOSX/real/._a.jpg")
    expected, found = fs.read_dataset(plain), fs.read_dataset(littered)
    assert [str(Path(path).relative_to(littered)) for path in found["path"]] == [
        str(Path(path).relative_to(plain)) for path in expected["path"]
    ]
    assert list(found["split"]) == list(expected["split"])
    assert list(found["group"]) == list(expected["group"])


def test_a_link_that_leads_back_up_ends(tmp_path: Path) -> None:
    touch(tmp_path, "data/real/a.jpg", "data/fake/b.jpg")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert rows(fs.read_dataset(tmp_path), "label") == {"a.jpg": 0, "b.jpg": 1}


def test_generators_above_are_methods(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"{name}/{word}/{name}{word}.png" for name in ("progan/cat", "progan/dog", "stylegan", "deepfake")
          for word in ("0_real", "1_fake")),
    )  # fmt: skip
    manifest = fs.read_dataset(tmp_path)
    assert len(manifest) == 8
    assert manifest["label"].sum() == 4
    assert manifest.groupby("method").size().to_dict() == {"progan": 4, "stylegan": 2, "deepfake": 2}
    assert manifest["group"].nunique() == 8


def test_generators_that_carry_their_split(tmp_path: Path) -> None:
    names = [
        f"{name}/cat/{word}/{name}.png"
        for name in ("progan_train", "progan_val")
        for word in ("0_real", "1_fake")
    ]
    manifest = fs.read_dataset(touch(tmp_path, *names))
    assert manifest.groupby("split").size().to_dict() == {"train": 2, "val": 2}
    assert set(manifest["method"]) == {"progan"}


def test_genimage(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"{name}/imagenet_{name}/{split}/{word}/{name}_{split}_{word}.png" for name in ("Midjourney", "ADM")
          for split in ("train", "val") for word in ("ai", "nature")),
    )  # fmt: skip
    manifest = fs.read_dataset(tmp_path)
    assert manifest.groupby(["method", "split", "label"]).size().tolist() == [1] * 8


def test_methods_beside_the_originals(tmp_path: Path) -> None:
    touch(tmp_path, "original/000.mp4", "Deepfakes/000_003.mp4", "Face2Face/000_003.mp4", "csv/a.csv")
    manifest = fs.read_dataset(tmp_path)
    assert list(manifest["label"]) == [0, 1, 1]
    assert manifest["group"].nunique() == 1


def test_methods_below_the_fakes(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.mp4", "fake/Deepfakes/b.mp4", "fake/FaceSwap/c23/videos/c.mp4")
    assert rows(fs.read_dataset(tmp_path), "method") == {
        "a.mp4": "",
        "b.mp4": "Deepfakes",
        "c.mp4": "FaceSwap",
    }


def test_what_is_neither_is_named(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg", "fake/b.jpg", "doubtful/c.jpg")
    with pytest.warns(
        UserWarning, match="passed over, neither real nor fake by name: doubtful; name them with"
    ):
        assert len(fs.read_dataset(tmp_path)) == 2


def test_an_odd_place_is_no_reason_to_fail(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg", "fake/b.jpg", "x/metadata.json", "y/metadata.json/z.txt")
    (tmp_path / "metadata.json").write_bytes(b"\xff\xfe no json")
    (tmp_path / "manipulated_sequences").write_text("a file")
    (tmp_path / "original_sequences").mkdir()
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    assert len(fs.read_dataset(tmp_path)) == 2


def test_positive_names_a_folder_or_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, "train_real/a.jpg", "train_fake/b.jpg", "test_real/c.jpg", "test_fake/d.jpg")
    assert rows(fs.read_dataset(tmp_path, positive="Fake"), "label") == rows(
        fs.read_dataset(tmp_path), "label"
    )
    with pytest.raises(DatasetError, match="no folder '0', which --positive names; found fake, real"):
        fs.read_dataset(tmp_path, positive=0)
    with pytest.raises(DatasetError, match="--label-column is for tables, and this is folders real and fake"):
        fs.read_dataset(tmp_path, label_column="x")
    touch(tmp_path / "celeb", "Celeb-real/id0_0000.mp4", "Celeb-synthesis/id0_id1_0000.mp4")
    with pytest.raises(DatasetError, match="--positive is for tables, and this is folders Celeb-real"):
        fs.read_dataset(tmp_path / "celeb", positive=1)
