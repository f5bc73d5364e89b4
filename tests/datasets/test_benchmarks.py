"""Databases that hold others, or fakes by many methods: Celeb-DF++, DFDC's parts, DeepfakeBench and DF40."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.datasets.layouts import find_layout
from facespectra.errors import DatasetError
from trees import rows, touch

pd = pytest.importorskip("pandas", reason="needs the detect extra")


def read(root: Path, **how: object) -> pd.DataFrame:
    """Read what is far from complete."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fs.read_dataset(root, **how)


# --- Celeb-DF++ --------------------------------------------------------------------------------------------

CELEB = [
    "Celeb-real/id0_0000.mp4",
    "Celeb-real/id1_0000.mp4",
    "Celeb-real/id5_0000.mp4",
    "YouTube-real/00000.mp4",
]
PLUS = [
    "Celeb-synthesis/FaceSwap/Celeb-DF/id0_id1_0000.mp4",
    "Celeb-synthesis/FaceSwap/BlendFace/id0_id1_0000.mp4",
    "Celeb-synthesis/FaceReenact/LIA/id1_id0_0000.mp4",
    "Celeb-synthesis/TalkingFace/SadTalker/id5_0000.mp4",
]


def test_celeb_df_plus(tmp_path: Path) -> None:
    root = touch(tmp_path, *CELEB, *PLUS, "Celeb-synthesis/metadata/x.txt")
    (root / "List_of_testing_videos.txt").write_text(f"0 {PLUS[1]}\n1 {CELEB[2]}\n0 {PLUS[3]}\n")
    assert find_layout(root) == "celeb-df++"
    manifest = fs.read_dataset(root)
    assert manifest["label"].tolist() == [0] * 4 + [1] * 4
    assert set(manifest["method"]) == {"", "Celeb-DF", "BlendFace", "LIA", "SadTalker"}
    test = manifest[manifest["split"] == "test"]
    assert sorted(str(Path(path).relative_to(root)) for path in test["path"]) == sorted(
        [PLUS[1], CELEB[2], PLUS[3]]
    )
    assert manifest["group"].nunique() == 3


def test_celeb_df_plus_without_scenarios_and_in_frames(tmp_path: Path) -> None:
    root = touch(
        tmp_path, "Celeb-real/frames/id0_0000/0.png", "Celeb-synthesis/BlendFace/frames/id0_id1_0000/0.png",
        "Celeb-synthesis/LIA/frames/id0_id1_0000/0.png",
    )  # fmt: skip
    assert find_layout(root) == "celeb-df++"
    manifest = read(root)
    assert manifest["method"].tolist() == ["", "BlendFace", "LIA"]
    assert manifest["video"].nunique() == 3
    assert manifest["group"].nunique() == 1


def test_celeb_df_in_frames_stays_what_it_is(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "Celeb-real/id0_0000/0.png",
        "Celeb-synthesis/id0_id1_0000/0.png",
        "Celeb-synthesis/id0_id1_0000/1.png",
    )
    assert find_layout(tmp_path) == "celeb-df"
    assert read(tmp_path)["video"].tolist() == ["real/id0_0000", *["fake/id0_id1_0000"] * 2]


# --- DFDC --------------------------------------------------------------------------------------------------


def dfdc_part(root: Path, names: str) -> None:
    touch(root, *(f"{name}.mp4" for name in names))
    entries = {
        f"{name}.mp4": {"label": "REAL" if name.isupper() else "FAKE", "split": "train"} for name in names
    }
    (root / "metadata.json").write_text(json.dumps(entries))


@pytest.mark.parametrize("pattern", ["{part}", "{part}/{part}", "train/{part}/{part}"])
def test_dfdc_parts_below_parts(tmp_path: Path, pattern: str) -> None:
    for k, names in enumerate(("Aa", "Bb")):
        dfdc_part(tmp_path / pattern.format(part=f"dfdc_train_part_{k}"), names)
    touch(tmp_path, "notes/metadata.json", "__pycache__/x.pyc")
    assert find_layout(tmp_path) == "dfdc"
    assert rows(fs.read_dataset(tmp_path), "label") == {"A.mp4": 0, "a.mp4": 1, "B.mp4": 0, "b.mp4": 1}


@pytest.mark.parametrize(
    ("labels", "videos"), [("labels.csv", "test"), ("test/labels.csv", "test"), ("labels.csv", ".")]
)
def test_dfdc_test_labels(tmp_path: Path, labels: str, videos: str) -> None:
    touch(tmp_path, f"{videos}/a.mp4", f"{videos}/b.mp4")
    (tmp_path / labels).write_text("filename,label\na.mp4,1\nb.mp4,0\n")
    assert find_layout(tmp_path) == "dfdc"
    manifest = fs.read_dataset(tmp_path)
    assert rows(manifest, "label") == {"a.mp4": 1, "b.mp4": 0}
    assert set(manifest["split"]) == {"test"}
    touch(tmp_path, f"{videos}/c.mp4")
    with pytest.warns(UserWarning, match=r"skipped, not in labels\.csv: c"):
        fs.read_dataset(tmp_path)


def test_dfdc_train_and_test_in_frames(tmp_path: Path) -> None:
    touch(tmp_path, "test/frames/a/0.png", "test/frames/a/1.png", "test/frames/b/0.png")
    (tmp_path / "test/labels.csv").write_text("filename,label\na.mp4,1\nb.mp4,0\n")
    dfdc_part(tmp_path / "train/dfdc_train_part_0", "Cc")
    manifest = fs.read_dataset(tmp_path)
    assert manifest.groupby(["split", "label"]).size().tolist() == [1, 2, 1, 1]


# --- DeepfakeBench -----------------------------------------------------------------------------------------

FF = "FaceForensics++"
FRAMES = [
    *(f"{FF}/original_sequences/youtube/c23/frames/{name}/{k}.png" for name in ("000", "003") for k in "01"),
    *(
        f"{FF}/manipulated_sequences/Deepfakes/c23/frames/{name}/{k}.png"
        for name in ("000_003", "003_000")
        for k in "01"
    ),
]
MORE = [
    *(f"Celeb-DF-v2/Celeb-real/frames/id0_0000/{k}.png" for k in "01"),
    *(f"Celeb-DF-v2/Celeb-synthesis/frames/id0_id1_0000/{k}.png" for k in "01"),
]


@pytest.mark.parametrize("inside", ["", "rgb/", "datasets/rgb/", "datasets/"])
def test_the_tree_of_deepfakebench(tmp_path: Path, inside: str) -> None:
    touch(tmp_path, *(inside + name for name in FRAMES + MORE), f"{inside}{FF}/masks/a.png")
    assert find_layout(tmp_path) == "deepfakebench"
    manifest = read(tmp_path)
    assert manifest.groupby(["database", "label"]).size().tolist() == [2, 2, 4, 4]
    assert manifest["group"].nunique() == 2
    assert manifest["video"].nunique() == 6
    assert set(manifest["method"]) == {"", "youtube", "Deepfakes"}


def test_one_database_of_that_tree(tmp_path: Path) -> None:
    touch(tmp_path, *(f"datasets/rgb/{name}" for name in FRAMES))
    assert set(read(tmp_path)["compression"]) == {"c23"}
    assert len(read(tmp_path / f"datasets/rgb/{FF}")) == 8


def bench_list(root: Path, text: str) -> Path:
    def entry(kind: str, place: str, video: str) -> dict[str, object]:
        frames = [text.format(name) for name in FRAMES if f"/{place}/" in name and f"/{video}/" in name]
        return {"label": kind, "frames": frames}

    real = {"train": {"c23": {"000": entry("FF-real", "youtube", "000")}},
            "test": {"c23": {"003": entry("FF-real", "youtube", "003")}}}  # fmt: skip
    fake = {"train": {"c23": {"000_003": entry("FF-DF", "Deepfakes", "000_003")}},
            "test": {"c23": {"003_000": entry("FF-DF", "Deepfakes", "003_000")}}}  # fmt: skip
    file = root / "preprocessing/dataset_json/FF-DF.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"FF-DF": {"FF-real": real, "FF-DF": fake}}))
    return file


@pytest.mark.parametrize(
    "text", ["{}", "./datasets/rgb/{}", "deepfakes_detection_datasets/{}", "/gone/{}", "datasets\\rgb\\{}"]
)
def test_a_list_of_deepfakebench(tmp_path: Path, text: str) -> None:
    touch(tmp_path, *(f"datasets/rgb/{name}" for name in FRAMES))
    file = bench_list(tmp_path, text)
    assert find_layout(file) == "deepfakebench-json"
    manifest = fs.read_dataset(file)
    assert all(Path(path).is_file() for path in manifest["path"])
    assert manifest.groupby(["split", "method"]).size().tolist() == [2] * 4
    assert manifest["label"].tolist() == [0] * 4 + [1] * 4
    assert manifest["video"].nunique() == 4
    assert manifest["group"].nunique() == 1
    assert set(manifest["compression"]) == {"c23"}


def test_a_list_whose_frames_lie_elsewhere(tmp_path: Path) -> None:
    touch(tmp_path / "far", *FRAMES)
    file = bench_list(tmp_path / "near", "x/{}")
    with pytest.raises(DatasetError, match=r"none of its frames was found, .* --root DIR"):
        fs.read_dataset(file)
    assert len(fs.read_dataset(file, root=tmp_path / "far")) == 8


def test_a_list_of_plain_labels_and_an_odd_end(tmp_path: Path) -> None:
    touch(tmp_path, "a/0.png", "b/0.png", "c/0.png")
    content = {"X": {"X_Real": {"train": {"a": {"label": "X_Real", "frames": ["a/0.png"]}},
                                "val": {"label": "X_Real", "frames": ["b/0.png"]}},
                     "X_Fake": {"test": {"c": {"label": "X_Fake", "frames": ["c/0.png"]}}}}}  # fmt: skip
    (tmp_path / "X.json").write_text(json.dumps(content))
    manifest = fs.read_dataset(tmp_path / "X.json")
    assert manifest["split"].tolist() == ["train", "val", "test"]
    assert manifest["label"].tolist() == [0, 0, 1]
    (tmp_path / "other.json").write_text('{"a": 1}')
    with pytest.raises(DatasetError, match="unknown layout"):
        fs.read_dataset(tmp_path / "other.json")


# --- DF40 --------------------------------------------------------------------------------------------------


def test_df40(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"simswap/ff/frames/000_003/{k}.png" for k in "01"),
        *(f"simswap/ff/landmarks/000_003/{k}.png" for k in "01"),
        *(f"simswap/cdf/frames/id0_id1_0000/{k}.png" for k in "01"),
        *(f"DiT/ff/003/{k}.png" for k in "01"),
        *(f"MidJourney/{word}/{word}{k}x.png" for word in ("fake", "real") for k in "01"),
        *FRAMES[:4],
        *MORE[:2],
    )
    assert find_layout(tmp_path) == "df40"
    manifest = fs.read_dataset(tmp_path)
    assert manifest.groupby(["method", "label"]).size().to_dict() == {
        ("Celeb-real", 0): 2, ("DiT", 1): 2, ("FaceForensics++", 0): 4, ("MidJourney", 0): 2,
        ("MidJourney", 1): 2,
        ("simswap", 1): 4,
    }  # fmt: skip
    group = {
        Path(path).parent.name: name for path, name in zip(manifest["path"], manifest["group"], strict=True)
    }
    assert group["000"] == group["000_003"]
    assert group["id0_0000"] == group["id0_id1_0000"]
    assert set(manifest["domain"]) == {"ff", "cdf", ""}


def test_df40_of_fakes_alone_says_so(tmp_path: Path) -> None:
    touch(tmp_path, *(f"DF40_train/simswap/ff/{v}/{k}.png" for v in ("000_003", "001_002") for k in "01"),
          "DF40_test/simswap/ff/004_005/0.png")  # fmt: skip
    with pytest.warns(UserWarning, match=r"no real faces: put FaceForensics\+\+ and Celeb-DF-v2 beside"):
        manifest = fs.read_dataset(tmp_path)
    assert manifest["split"].value_counts().to_dict() == {"train": 4, "test": 1}
