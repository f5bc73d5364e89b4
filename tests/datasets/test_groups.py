"""The frames of a video are one group and one video, wherever the video's name stands."""

from __future__ import annotations

from pathlib import Path

import pytest

import facespectra as fs
from facespectra.datasets.checks import BY_FILE, groups_across_splits, groups_by_file
from facespectra.datasets.sources import videos_of
from facespectra.errors import DatasetError
from trees import rows, touch

pd = pytest.importorskip("pandas", reason="needs the detect extra")


@pytest.mark.parametrize(
    "pattern",
    [
        "{label}/{video}/{frame}.png",
        "train/{label}/{video}/{frame}.png",
        "{label}/train/{video}/{frame}.png",
        "{label}/frames/{video}/{frame}.png",
        "{label}/{video}/faces/{frame}.png",
        "{label}/Deepfakes/c23/frames/{video}/{frame}.png",
        "{label}/{video}_{frame}.png",
        "{label}/{video}_frame{frame}.jpg",
        "{label}/{video}_frame_{frame}_0.jpg",
        "{label}/{video}-{frame}.jpg",
        "{label}/{video} ({frame}).jpg",
        "train/{label}/{video}_{frame}_face.jpg",
    ],
)
def test_frames_of_a_video_are_one_group_and_one_video(tmp_path: Path, pattern: str) -> None:
    videos = {"real": ["vid12", "abc", "x_7"], "fake": ["vid3", "def", "y_9"]}
    for label, names in videos.items():
        for video in names:
            touch(
                tmp_path,
                *(pattern.format(label=label, video=video, frame=f"{k:03}") for k in range(0, 40, 10)),
            )
    manifest = fs.read_dataset(tmp_path)
    assert len(manifest) == 24
    assert manifest["group"].nunique() == manifest["video"].nunique() == 6
    assert manifest.groupby("group").size().tolist() == [4] * 6
    assert manifest.groupby("group")["label"].nunique().tolist() == [1] * 6
    for _, part in manifest.groupby("group"):
        assert (
            sum(all(name in path for path in part["path"]) for names in videos.values() for name in names)
            == 1
        )
    assert len(set(videos_of(manifest) or ())) == 6
    assert not groups_by_file(manifest)


def test_pairs_of_flat_folders(tmp_path: Path) -> None:
    touch(tmp_path, *(f"real/{i:04}_{k:03}.png" for i in range(4) for k in (0, 9, 56)))
    touch(tmp_path, *(f"fake/{i:04}_fake_{k:03}.png" for i in range(4) for k in (0, 9, 56)))
    manifest = fs.read_dataset(tmp_path)
    assert manifest["video"].nunique() == 8
    assert manifest["group"].nunique() == 4
    assert manifest.groupby("group")["label"].sum().tolist() == [3] * 4


@pytest.mark.parametrize(
    "pattern", ["{label}/{video}_{frame}.jpg", "{label}/{video}/{frame}.jpg", "{label}/{video}.mp4"]
)
def test_celeb_df_names(tmp_path: Path, pattern: str) -> None:
    videos = {"real": ["id0_0002", "id3_0000", "id5_0001"], "fake": ["id0_id1_0002", "id3_id4_0000"]}
    for label, names in videos.items():
        touch(
            tmp_path, *(pattern.format(label=label, video=v, frame=k) for v in names for k in range(17, 20))
        )
    manifest = fs.read_dataset(tmp_path)
    every = [video for names in videos.values() for video in names]
    group = {next(v for v in every if f"/{v}" in path): name
             for path, name in zip(manifest["path"], manifest["group"], strict=True)}  # fmt: skip
    assert group["id0_id1_0002"] == group["id0_0002"]
    assert group["id3_id4_0000"] == group["id3_0000"]
    assert len(set(group.values())) == 3


def test_swaps_between_everybody_leave_a_group_for_each_video(tmp_path: Path) -> None:
    people = range(4)
    names = [f"id{a}_id{b}_000{b}" for a in people for b in people if a != b] + [
        f"id{a}_000{b}" for a in people for b in people
    ]
    touch(
        tmp_path,
        *(f"{'fake' if name.count('id') > 1 else 'real'}/{name}_{k}.jpg" for name in names for k in range(3)),
    )
    manifest = fs.read_dataset(tmp_path)
    assert manifest["group"].nunique() == 16
    assert manifest["video"].nunique() == len(names)


def test_names_of_a_database_with_actors(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "original/01__hugging_happy.mp4",
        "original/02__walking.mp4",
        "fake/01_02__hugging_happy__YVGY8LOK.mp4",
    )
    group = rows(fs.read_dataset(tmp_path), "group")
    assert (
        group["01__hugging_happy.mp4"]
        == group["01_02__hugging_happy__YVGY8LOK.mp4"]
        != group["02__walking.mp4"]
    )


def test_frames_that_are_counted_before_the_video(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(
            f"{word}/frame{k}_{word[0]}{v}.jpg"
            for word in ("real", "fake")
            for v in range(3)
            for k in range(4)
        ),
    )
    assert fs.read_dataset(tmp_path)["group"].nunique() == 6


def test_a_few_folders_of_fakes_beside_flat_real_ones_are_methods(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"real/{k}.jpg" for k in range(6)),
        *(f"fake/{m}/{k}.jpg" for m in ("firefly", "imagen") for k in range(6)),
    )
    manifest = fs.read_dataset(tmp_path)
    assert manifest["group"].nunique() == 18
    assert set(manifest["method"]) == {"", "firefly", "imagen"}


@pytest.mark.parametrize(
    "pattern", ["{label}/{video}_{frame:04}.png", "{label}/{video}/{frame:04}.png", "{label}/{video}.mp4"]
)
def test_face_forensics_names(tmp_path: Path, pattern: str) -> None:
    videos = {"real": ["000", "003", "010"], "fake": ["000_003", "003_000", "010_020"]}
    for label, names in videos.items():
        touch(tmp_path, *(pattern.format(label=label, video=v, frame=k) for v in names for k in range(1, 5)))
    manifest = fs.read_dataset(tmp_path)
    assert sorted(manifest["group"].unique()) == ["video 000 and 1 more", "video 010 and 1 more"]


@pytest.mark.parametrize(
    "names",
    [
        [f"{{label}}/{{label}}_{k}.jpg" for k in range(1, 12)],
        [f"{{label}}/img_{k:04}.jpg" for k in range(12)],
        [f"{{label}}/{k:05}.png" for k in range(12)],
        [f"{{label}}/IMG{k:05}.png" for k in range(12)],
        [f"{{label}}/seed{k:05}.png" for k in range(12)],
        [f"{{label}}/{k * 7919:08X}QZ.png" for k in range(12)],
        [f"{{label}}/StyleGAN/{k:05}.png" for k in range(12)],
        [f"{{label}}/images/face ({k}).png" for k in range(12)],
        [f"{{label}}/portrait{k}.png" for k in range(12)],
    ],
)
def test_names_that_tell_nothing(tmp_path: Path, names: list[str]) -> None:
    touch(tmp_path, *(name.format(label=label) for label in ("real", "fake") for name in names))
    manifest = fs.read_dataset(tmp_path)
    assert manifest["group"].nunique() == len(manifest)
    assert "video" not in manifest
    assert videos_of(manifest) is None
    assert groups_by_file(manifest) == BY_FILE


def test_one_class_may_tell_its_videos_alone(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(f"real/{k:05}.png" for k in range(9)),
        *(f"fake/clip{i}_{k}.png" for i in range(3) for k in range(3)),
    )
    manifest = fs.read_dataset(tmp_path)
    assert manifest["group"].nunique() == 12
    assert groups_by_file(manifest) == f"9 of 18 images {BY_FILE}"


def test_a_folder_of_one_picture_or_of_a_method_is_no_video(tmp_path: Path) -> None:
    touch(tmp_path, "real/a/x.jpg", "real/b/y.jpg", *(f"fake/progan/{k}.png" for k in range(5)),
          *(f"fake/stylegan2-ffhq/{k}.png" for k in range(5)))  # fmt: skip
    manifest = fs.read_dataset(tmp_path)
    assert manifest["group"].nunique() == 12
    assert set(manifest[manifest["label"] == 1]["method"]) == {"progan", "stylegan2-ffhq"}


@pytest.mark.parametrize(
    "pattern", ["{split}/{label}/{video}/{frame}.png", "{label}/{split}/{video}_{frame}.png"]
)
def test_a_video_in_two_splits_is_found(tmp_path: Path, pattern: str) -> None:
    for split, videos in {"train": ("v1", "v2", "v3"), "test": ("v3", "v4", "v5")}.items():
        for label in ("real", "fake"):
            touch(tmp_path, *(pattern.format(split=split, label=label, video=f"{label[0]}{v}", frame=k)
                              for v in videos for k in range(3)))  # fmt: skip
    manifest = fs.read_dataset(tmp_path)
    assert not any("train" in group or "test" in group for group in manifest["group"])
    (warning,) = groups_across_splits(manifest)
    assert warning.startswith("2 of 6 groups in the split")


def test_running_numbers_in_two_splits_are_chance(tmp_path: Path) -> None:
    for split in ("Train", "Test"):
        touch(tmp_path, *(f"{split}/{word}/{word}_{k}.jpg" for word in ("real", "fake") for k in range(5)))
    manifest = fs.read_dataset(tmp_path)
    assert manifest["group"].nunique() == 20
    assert groups_across_splits(manifest) == []
    assert groups_by_file(manifest) == BY_FILE


def test_group_as_it_is_asked_for(tmp_path: Path) -> None:
    for folder in ("train/real", "train/fake", "test/real", "test/fake"):
        touch(tmp_path, *(f"{folder}/{person}/{k}.jpg" for person in ("ann", "bob") for k in range(3)))
    by_folder = fs.read_dataset(tmp_path, group="folder")
    assert sorted(by_folder["group"].unique()) == ["fake/ann", "fake/bob", "real/ann", "real/bob"]
    by_file = fs.read_dataset(tmp_path, group="file")
    assert by_file["group"].nunique() == 24
    assert "video" not in by_file
    by_column = fs.read_dataset(tmp_path, group="Split")
    assert set(by_column["group"]) == {"train", "test"}
    with pytest.raises(
        DatasetError, match="no column 'colour' to group by; use folder, name, file, or one of group"
    ):
        fs.read_dataset(tmp_path, group="colour")


def test_group_by_name_where_it_would_not_be_taken(tmp_path: Path) -> None:
    touch(tmp_path, "real/img_a_1.jpg", "real/img_a_2.jpg", "fake/img_b_1.jpg", "fake/img_b_2.jpg")
    assert rows(fs.read_dataset(tmp_path, group="name"), "group") == {
        "img_a_1.jpg": "real/img_a", "img_a_2.jpg": "real/img_a", "img_b_1.jpg": "fake/img_b",
        "img_b_2.jpg": "fake/img_b",
    }  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_video_and_method_are_written_and_read_back(tmp_path: Path, suffix: str) -> None:
    from facespectra.datasets.manifest import write_manifest

    touch(
        tmp_path / "set",
        *(f"{label}/GANx/{v}{label}/{k}.png" for label in ("real", "fake") for v in "ab" for k in "01"),
    )
    manifest = fs.read_dataset(tmp_path / "set")
    write_manifest(tmp_path / f"m{suffix}", manifest)
    pd.testing.assert_frame_equal(fs.read_dataset(tmp_path / f"m{suffix}"), manifest)
