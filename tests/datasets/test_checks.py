"""Warnings about data sets."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from clips import write_clip
from facespectra.datasets import checks
from facespectra.datasets.headers import Header, jpeg_quality, read_header
from facespectra.datasets.near_duplicates import near_duplicates
from noise import save_clean_data, save_noise

for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return save_clean_data(tmp_path / "data")


def table(paths: Sequence[str], **columns: Sequence[object]) -> pd.DataFrame:
    default = {"label": [0] * len(paths), "group": list(paths), "split": [""] * len(paths)}
    return pd.DataFrame({"path": list(paths), **default, **columns})


def test_clean_data_is_not_warned_of(data: Path) -> None:
    manifest = fs.read_dataset(data)
    assert checks.check(manifest) == checks.check(manifest, quick=True) == []


def test_groups_in_several_splits() -> None:
    manifest = table(
        list("abcdef"),
        group=["1", "2", "1", "3", "2", "4"],
        split=["train", "train", "test", "test", "val", ""],
    )
    assert checks.groups_across_splits(manifest) == [
        "1 of 2 groups in the split 'test' are also in 'train': 1",
        "1 of 1 groups in the split 'val' are also in 'train': 2",
    ]


def test_celeb_df_is_warned_of_its_own_split(tmp_path: Path) -> None:
    names = ["Celeb-real/id0_0000.mp4", "Celeb-real/id1_0000.mp4", "Celeb-synthesis/id0_id1_0000.mp4"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "List_of_testing_videos.txt").write_text("1 Celeb-real/id1_0000.mp4\n")
    with pytest.warns(UserWarning, match="incomplete Celeb-DF"):
        manifest = fs.read_dataset(tmp_path)
    assert "are also in 'train': id0 and 1 more" in checks.check(manifest, quick=True)[0]


def test_copies_across_splits_and_classes(data: Path) -> None:
    shutil.copy(data / "train/real/3.jpg", data / "test/real/copy.jpg")
    shutil.copy(data / "train/fake/5.jpg", data / "train/real/other.jpg")
    # Two copies within a split are nobody's trouble, and neither are files of one size or with one beginning.
    shutil.copy(data / "train/real/1.jpg", data / "train/real/again.jpg")
    head = bytes(range(256)) * 300
    (data / "train/real/long.bmp").write_bytes(head + b"a")
    (data / "test/real/long.bmp").write_bytes(head + b"b")
    first, second = checks.duplicate_files(fs.read_dataset(data))
    assert first.startswith("1 file has copies in different splits, such as ")
    assert f"{data}/train/real/3.jpg" in first
    assert f"{data}/test/real/copy.jpg" in first
    assert second.startswith("1 file has copies with different labels, such as ")
    assert f"{data}/train/fake/5.jpg" in second
    assert f"{data}/train/real/other.jpg" in second


def portrait(seed: int) -> Image.Image:
    """A smooth picture, as photographs are; another seed is another picture."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    return small.resize((160, 200), Image.Resampling.BICUBIC)


def test_pictures_that_were_saved_again_across_splits(tmp_path: Path) -> None:
    rows = []

    def keep(name: str, image: Image.Image, split: str, group: str = "", **how: int) -> None:
        image.save(tmp_path / name, **how)
        rows.append((str(tmp_path / name), 0, group or name, split))

    for seed in range(30):
        keep(f"train{seed}.jpg", portrait(seed), "train", quality=90)
        keep(f"test{seed}.jpg", portrait(100 + seed), "test", quality=90)
    known = Image.open(tmp_path / "train7.jpg")
    keep("smaller.jpg", known.resize((90, 120), Image.Resampling.LANCZOS), "test", quality=40)
    keep("brighter.png", known.point(lambda value: min(255, value + 12)), "test")
    # Nobody's trouble: within a split, of the same group (which is warned of by itself), flat, or unreadable.
    keep("again.png", known, "train")
    keep("grouped.png", Image.open(tmp_path / "train3.jpg"), "test", group="train3.jpg")
    for split in ("train", "test"):
        keep(f"flat-{split}.png", Image.new("RGB", (80, 80), (90, 90, 90)), split)
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    rows.append((str(tmp_path / "broken.jpg"), 0, "broken", "test"))
    manifest = pd.DataFrame(rows, columns=["path", "label", "group", "split"])
    assert near_duplicates(manifest) == [
        (str(tmp_path / "train7.jpg"), str(tmp_path / name)) for name in ("smaller.jpg", "brighter.png")
    ]
    (warning,) = checks.near_duplicate_images(manifest)
    assert warning.startswith(
        "2 images nearly match an image in another split (saved again or edited), such as "
    )
    assert warning.endswith(f"{tmp_path / 'train7.jpg'} and {tmp_path / 'smaller.jpg'}")
    assert warning in checks.check(manifest)
    assert warning not in checks.check(manifest, quick=True)
    # Byte for byte the same is another warning, and no splits are nobody's trouble.
    shutil.copy(tmp_path / "train7.jpg", tmp_path / "smaller.jpg")
    assert "1 image nearly matches" in checks.near_duplicate_images(manifest)[0]
    assert near_duplicates(manifest.assign(split="")) == []


def shortcut_aucs(real: list[Header], fake: list[Header]) -> dict[str, checks.Shortcut]:
    paths = [f"{i}" for i in range(len(real) + len(fake))]
    manifest = table(paths, label=[0] * len(real) + [1] * len(fake))
    headers = dict(zip(paths, real + fake, strict=True))
    return {one.name: one for one in checks.shortcuts(manifest, headers)}


JPEG = Header(300, 300, "JPEG RGB", "q75", 75)


def test_each_property_is_found_by_itself() -> None:
    for name, other in {
        "size": Header(256, 256, "JPEG RGB", "q75", 75),
        "format": Header(300, 300, "PNG RGB", "q75", None),
        "JPEG tables": Header(300, 300, "JPEG RGB", "q90", 90),
    }.items():
        found = shortcut_aucs([JPEG] * 30, [other] * 30)
        assert found[name].auc == 1
        assert [one.name for one in found.values() if one.significant] == [name]
        assert all(one.auc == 0.5 for one in found.values() if one.name != name)


def test_a_property_that_tells_half_of_the_fakes() -> None:
    other = Header(300, 300, "JPEG RGB", "q90", 90)
    found = shortcut_aucs([JPEG] * 100, [JPEG] * 50 + [other] * 50)
    # Half of the fakes are known, the others are a toss: 0.5 + 0.5 / 2.
    assert found["JPEG tables"].auc == pytest.approx(0.75, abs=0.02)
    assert found["JPEG tables"].significant


def test_sizes_that_are_all_different_but_larger_in_one_class() -> None:
    rng = np.random.default_rng(0)
    real, fake = (
        [
            Header(int(side), int(side) + i, "PNG RGB")
            for i, side in enumerate(rng.integers(low, low + 200, 40))
        ]
        for low in (200, 500)
    )
    assert shortcut_aucs(real, fake)["size"].auc == 1


def test_chance_is_not_significant() -> None:
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        headers = [Header(int(w), int(h), "JPEG RGB", str(q)) for w, h, q in rng.integers(1, 6, (60, 3))]
        alarms += any(one.significant for one in shortcut_aucs(headers[:30], headers[30:]).values())
    assert alarms <= 8


def test_unequal_classes_are_weighed_alike() -> None:
    found = shortcut_aucs([JPEG] * 20, [JPEG] * 180)
    assert {one.auc for one in found.values()} == {0.5}


def test_frames_of_one_video_are_no_evidence() -> None:
    """Ten videos of each class, each with a size of its own: a hundred frames are still only ten videos."""
    paths = [f"{i}" for i in range(2000)]
    groups = [f"{i // 100}" for i in range(2000)]
    manifest = table(paths, label=[0] * 1000 + [1] * 1000, group=groups)
    rng = np.random.default_rng(3)
    sides = rng.integers(100, 1000, 20)
    headers = {
        path: Header(int(sides[int(group)]), 100, "PNG RGB")
        for path, group in zip(paths, groups, strict=True)
    }
    size = checks.shortcuts(manifest, headers)[0]
    assert not size.significant
    assert size.low < 0.5


def test_too_few_files_say_nothing() -> None:
    assert shortcut_aucs([JPEG] * 9, [JPEG] * 50) == {}


@pytest.mark.parametrize("quality", [5, 30, 50, 75, 90, 100])
def test_jpeg_quality_is_read_from_the_tables(tmp_path: Path, quality: int) -> None:
    path = save_noise(tmp_path / "a.jpg", 0, quality=quality)
    header = read_header(str(path))
    assert header is not None
    assert header.quality == quality
    assert (header.width, header.height, header.kind) == (40, 32, "JPEG RGB")
    with Image.open(path) as image:
        assert jpeg_quality(image.quantization[0]) == quality
    other = read_header(str(save_noise(tmp_path / "b.jpg", 1, quality=quality, subsampling=0)))
    assert other is not None
    assert other.quality == quality
    assert (other.tables == header.tables) == (quality == 100 and other.tables == header.tables)


def test_headers_of_other_files(tmp_path: Path) -> None:
    assert read_header(str(save_noise(tmp_path / "a.png", 0))) == Header(40, 32, "PNG RGB")
    assert read_header(str(write_clip(tmp_path / "a.mp4", 3))) == Header(64, 48, "video mpeg4")
    (tmp_path / "b.mp4").write_text("no video")
    (tmp_path / "b.jpg").write_text("no image")
    assert read_header(str(tmp_path / "b.mp4")) is None
    assert read_header(str(tmp_path / "b.jpg")) is None
    assert read_header(str(tmp_path / "missing.jpg")) is None
