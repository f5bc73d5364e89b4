"""Each known database, from a tree that is laid out exactly as the real one is."""

from __future__ import annotations

import json
import re
import warnings
from itertools import combinations
from pathlib import Path

import pytest

import facespectra as fs
from facespectra.datasets import celeb_df, dfdc, select_split, uadfv
from facespectra.datasets.layouts import find_layout
from facespectra.datasets.video_folders import Clip, connected
from facespectra.errors import DatasetError

pd = pytest.importorskip("pandas", reason="needs the detect extra")


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def read(root: Path, layout: str = "auto") -> tuple[pd.DataFrame, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        manifest = fs.read_dataset(root, layout)
    # Pointed at the line that called read_dataset, where the user looks.
    assert all(warning.filename == __file__ for warning in caught)
    return manifest, [str(warning.message) for warning in caught]


def by_name(manifest: pd.DataFrame, column: str) -> dict[str, object]:
    names = ["/".join(Path(path).parts[-2:]) for path in manifest["path"]]
    return dict(zip(names, manifest[column], strict=True))


# --- UADFV -------------------------------------------------------------------------------------------------


def uadfv_names(n: int = 49) -> list[str]:
    return [
        f"{folder}/{i:04}{tail}.mp4" for i in range(n) for folder, tail in (("real", ""), ("fake", "_fake"))
    ]


def test_uadfv(tmp_path: Path) -> None:
    root = touch(tmp_path, *uadfv_names(), "fake/.DS_Store")
    assert find_layout(root) == "uadfv"
    manifest, complaints = read(root)
    assert complaints == []
    assert manifest["label"].value_counts().to_dict() == {0: 49, 1: 49}
    groups = by_name(manifest, "group")
    assert groups["real/0007.mp4"] == groups["fake/0007_fake.mp4"] == "0007"
    assert manifest["group"].nunique() == 49
    assert set(manifest["split"]) == {""}


@pytest.mark.parametrize("inner", ["frames/", ""])
def test_uadfv_in_frames(tmp_path: Path, inner: str) -> None:
    for i in range(3):
        touch(tmp_path, *(f"real/{inner}{i:04}/{k:03}.png" for k in (0, 10)))
        touch(tmp_path, *(f"fake/{inner}{i:04}_fake/{k:03}.png" for k in (0, 10)))
    assert find_layout(tmp_path) == "uadfv"
    manifest, complaints = read(tmp_path)
    assert len(manifest) == 12
    assert list(manifest["group"]) == ["0000"] * 2 + ["0001"] * 2 + ["0002"] * 2 + [
        "0000", "0000", "0001", "0001", "0002", "0002",
    ]  # fmt: skip
    assert complaints == [
        f"{tmp_path}: incomplete UADFV's 98 videos: 3 real videos (not 49), 3 fake videos (not 49)"
    ]


def test_uadfv_as_its_archive_has_it_counts_no_video_twice(tmp_path: Path) -> None:
    root = touch(tmp_path, *uadfv_names(2), "real/frames/0000/000.png", "fake/frames/0000_fake/000.png")
    manifest, _ = read(root)
    assert sorted(manifest["path"]) == sorted(str(root / name) for name in uadfv_names(2))


def test_a_uadfv_fake_without_its_original_is_warned_of(tmp_path: Path) -> None:
    _, complaints = read(touch(tmp_path, *uadfv_names(2), "fake/0041_fake.mp4"))
    assert complaints[-1].endswith("no original found for 0041_fake")


def test_other_videos_in_real_and_fake_are_plain_classes(tmp_path: Path) -> None:
    root = touch(tmp_path, "real/holiday.mp4", "real/0000.mp4", "fake/0000.mp4")
    assert find_layout(root) == "classes"
    assert list(fs.read_dataset(root)["group"]) == ["real/0000", "real/holiday", "fake/0000"]


# --- Celeb-DF ----------------------------------------------------------------------------------------------

CELEB = [
    "Celeb-real/id0_0000.mp4",
    "Celeb-real/id1_0000.mp4",
    "Celeb-real/id2_0000.mp4",
    "Celeb-real/id5_0000.mp4",
    "YouTube-real/00000.mp4",
    "YouTube-real/00001.mp4",
    "Celeb-synthesis/id0_id1_0000.mp4",
    "Celeb-synthesis/id1_id2_0000.mp4",
]
# 1 is real here, against everything else in this package.
CELEB_LIST = "1 YouTube-real/00001.mp4\n0 Celeb-synthesis/id1_id2_0000.mp4\n1 Celeb-real/id5_0000.mp4"


def celeb(root: Path, text: str | None = CELEB_LIST) -> Path:
    touch(root, *CELEB)
    if text is not None:
        (root / "List_of_testing_videos.txt").write_text(text)
    return root


@pytest.mark.parametrize("head", ["", "\ufeff"], ids=["plain", "byte-order-mark"])
def test_celeb_df(tmp_path: Path, head: str) -> None:
    root = celeb(tmp_path, head + CELEB_LIST)
    assert find_layout(root) == "celeb-df"
    manifest, complaints = read(root)
    labels, groups, splits = (by_name(manifest, column) for column in ("label", "group", "split"))
    assert [name for name, label in labels.items() if label == 1] == CELEB[6:]
    # The first line counts, and so does the last one without a line end.
    assert sorted(name for name, split in splits.items() if split == "test") == sorted(
        line.split()[1] for line in CELEB_LIST.splitlines()
    )
    assert set(splits.values()) == {"train", "test"}
    # id0, id1 and id2 are connected by the two fakes; id5 is in none.
    assert {groups[name] for name in (CELEB[0], CELEB[1], CELEB[2], *CELEB[6:])} == {"id0 and 2 more"}
    assert groups[CELEB[3]] == "id5"
    assert groups[CELEB[4]] != groups[CELEB[5]]
    assert len(complaints) == 1
    assert "incomplete Celeb-DF v1: 4 Celeb-real (not 158), 2 YouTube-real (not 250)" in complaints[0]


def test_celeb_df_list_with_windows_line_ends_and_other_spellings(tmp_path: Path) -> None:
    root = touch(tmp_path, *(name.replace("YouTube", "Youtube") for name in CELEB))
    (root / "List_of_testing_videos.txt").write_bytes((CELEB_LIST + "\n").replace("\n", "\r\n").encode())
    manifest, _ = read(root)
    assert (manifest["split"] == "test").sum() == 3


def test_celeb_df_as_others_repackage_it(tmp_path: Path) -> None:
    touch(tmp_path, *(name.replace("/", "/videos/") for name in CELEB), "Celeb-real/frames/id0_0000/000.png")
    (tmp_path / "List_of_testing_videos.txt").write_text(CELEB_LIST)
    manifest, _ = read(tmp_path)
    assert len(manifest) == len(CELEB)
    assert (manifest["split"] == "test").sum() == 3


def test_celeb_df_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real counts, without six thousand files: clips are made up where folders would be listed."""
    celeb(tmp_path)
    names = {
        "Celeb-real": [f"id{i % 59}_{i:04}" for i in range(590)],
        "YouTube-real": [f"{i:05}" for i in range(300)],
        "Celeb-synthesis": [f"id{i % 59}_id{(i + 1) % 59}_{i:04}" for i in range(5639)],
    }
    lines = [f"1 Celeb-real/{name}.mp4" for name in names["Celeb-real"][:108]]
    lines += [f"1 YouTube-real/{name}.mp4" for name in names["YouTube-real"][:70]]
    lines += [f"0 Celeb-synthesis/{name}.mp4" for name in names["Celeb-synthesis"][:340]]
    (tmp_path / "List_of_testing_videos.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.setattr(
        celeb_df,
        "clips_in",
        lambda place: [Clip(name, (place / f"{name}.mp4",)) for name in names[place.name]],
    )
    manifest, complaints = read(tmp_path)
    assert complaints == []
    assert (manifest["split"] == "test").sum() == 518
    assert manifest["label"].value_counts().to_dict() == {1: 5639, 0: 890}
    assert manifest["group"].nunique() == 301
    names["Celeb-synthesis"].pop()
    (complaint,) = read(tmp_path)[1]
    assert complaint.endswith("incomplete Celeb-DF v2: 5638 Celeb-synthesis (not 5639)")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 YouTube-real/00001.mp4", "line 1: youtube-real/00001.mp4 is labelled 0, but 1 means real"),
        (CELEB_LIST + "\n1 Celeb-synthesis/id0_id1_0000.mp4", "line 4: .* is labelled 1, but 1 means real"),
        ("YouTube-real/00001.mp4", "line 1: expected a label and a video, found"),
        ("1 Elsewhere/00001.mp4", "line 1: expected a label and a video, found"),
    ],
)
def test_celeb_df_list_that_cannot_be_right(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=f"(?i){message}"):
        fs.read_dataset(celeb(tmp_path, text))


def test_celeb_df_without_its_list_or_its_videos(tmp_path: Path) -> None:
    manifest, complaints = read(celeb(tmp_path / "a", None))
    assert set(manifest["split"]) == {""}
    assert "List_of_testing_videos.txt not found" in complaints[-1]
    _, complaints = read(celeb(tmp_path / "b", CELEB_LIST + "\n1 YouTube-real/00009.mp4\n"))
    assert complaints[-1].endswith("videos in List_of_testing_videos.txt not found: youtube-real/00009")


# --- FaceForensics++ ---------------------------------------------------------------------------------------


def face_forensics(root: Path, *compressions: str) -> Path:
    for name in compressions:
        touch(root, *(f"original_sequences/youtube/{name}/videos/{i:03}.mp4" for i in range(8)))
        for method in ("Deepfakes", "NeuralTextures"):
            pairs = [f"{i:03}_{i ^ 1:03}" for i in range(8)]
            touch(root, *(f"manipulated_sequences/{method}/{name}/videos/{pair}.mp4" for pair in pairs))
    for split, pairs in (
        ("train", [["000", "001"], ["002", "003"]]),
        ("val", [["004", "005"]]),
        ("test", [["006", "007"]]),
    ):
        (root / f"{split}.json").write_text(json.dumps(pairs))
    return root


def test_face_forensics(tmp_path: Path) -> None:
    root = face_forensics(tmp_path, "c23")
    assert find_layout(root) == "faceforensics"
    manifest, complaints = read(root)
    assert manifest["label"].value_counts().to_dict() == {0: 8, 1: 16}
    assert set(manifest["method"]) == {"youtube", "Deepfakes", "NeuralTextures"}
    assert set(manifest["compression"]) == {"c23"}
    # A pair and all that was made of it: two originals, and two fakes by each of two methods.
    assert manifest.groupby("group").size().to_dict() == {f"video {i:03} and 1 more": 6 for i in (0, 2, 4, 6)}
    assert manifest.groupby("split")["group"].nunique().to_dict() == {"train": 2, "val": 1, "test": 1}
    assert (manifest.groupby("group")["split"].nunique() == 1).all()
    assert len(select_split(manifest, "train")) == 12
    assert any("8 Deepfakes (not 1000)" in text for text in complaints)
    assert any("2 train (not 360), 1 val (not 70), 1 test (not 70)" in text for text in complaints)


def test_face_forensics_in_several_compressions(tmp_path: Path) -> None:
    root = face_forensics(tmp_path, "raw", "c40")
    manifest, complaints = read(root)
    assert len(manifest) == 48
    assert set(manifest["compression"]) == {"c0", "c40"}
    assert manifest["group"].nunique() == 4
    assert any("use --layout faceforensics-c0 to read one" in text for text in complaints)
    one, complaints = read(root, "faceforensics-c40")
    assert set(one["compression"]) == {"c40"}
    assert len(one) == 24
    assert not any("compressions" in text for text in complaints)
    with pytest.raises(DatasetError, match="in c23"):
        fs.read_dataset(root, "faceforensics-c23")


def test_face_forensics_actors_and_extracted_frames(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "original_sequences/actors/c23/images/01__exit_phone_room/0000.png",
        "original_sequences/actors/c23/images/09__exit_phone_room/0000.png",
        "manipulated_sequences/DeepFakeDetection/c23/images/01_02__exit_phone_room__YVGY8LOK/0000.png",
        "manipulated_sequences/DeepFakeDetection/c23/images/01_02__exit_phone_room__YVGY8LOK/0001.png",
    )
    manifest, complaints = read(tmp_path)
    assert list(manifest["group"]) == ["actor 01 and 1 more", "actor 09", *["actor 01 and 1 more"] * 2]
    assert any("the splits are unknown" in text for text in complaints)


def test_face_forensics_split_that_is_no_list(tmp_path: Path) -> None:
    root = face_forensics(tmp_path, "c23")
    (root / "val.json").write_text('{"pairs": 1}')
    with pytest.raises(DatasetError, match=r"val\.json: not a list of pairs"):
        fs.read_dataset(root)
    (root / "val.json").unlink()
    manifest, complaints = read(root)
    assert any("val.json not found" in text for text in complaints)
    assert any("not in any split: 004, 005, 004_005" in text for text in complaints)
    assert set(manifest["split"]) == {"train", "test", ""}


# --- DFDC --------------------------------------------------------------------------------------------------


def dfdc_part(root: Path, entries: dict[str, object]) -> Path:
    touch(root, *entries)
    (root / "metadata.json").write_text(json.dumps(entries))
    return root


DFDC = {
    "aagfhgtpmv.mp4": {"label": "FAKE", "split": "train", "original": "vudstovrck.mp4"},
    "bbhtdfuqxq.mp4": {"label": "FAKE", "split": "train", "original": "vudstovrck.mp4"},
    "vudstovrck.mp4": {"label": "REAL", "split": "train", "original": None},
    "abarnvbtwb.mp4": {"label": "REAL", "split": "train"},
}


def test_dfdc(tmp_path: Path) -> None:
    root = dfdc_part(tmp_path / "dfdc_train_part_0", DFDC)
    assert find_layout(root) == "dfdc"
    manifest, complaints = read(root)
    assert complaints == []
    assert list(manifest["label"]) == [1, 1, 0, 0]
    assert list(manifest["group"]) == ["vudstovrck"] * 3 + ["abarnvbtwb"]
    assert set(manifest["split"]) == {"train"}


def test_dfdc_in_parts(tmp_path: Path) -> None:
    dfdc_part(tmp_path / "dfdc_train_part_0", DFDC)
    # The original may lie in another part.
    dfdc_part(
        tmp_path / "dfdc_train_part_1",
        {"x.mp4": {"label": "FAKE", "split": "train", "original": "abarnvbtwb.mp4"}},
    )
    assert find_layout(tmp_path) == "dfdc"
    manifest, _ = read(tmp_path)
    assert list(manifest["group"])[-2:] == ["abarnvbtwb", "abarnvbtwb"]


def test_dfdc_list_and_folder_that_differ(tmp_path: Path) -> None:
    root = dfdc_part(tmp_path / "train_sample_videos", DFDC)
    (root / "aagfhgtpmv.mp4").unlink()
    touch(root, "stray.mp4")
    manifest, complaints = read(root)
    assert len(manifest) == 3
    assert [text.partition(": ")[2] for text in complaints] == [
        "videos in metadata.json of train_sample_videos not found: aagfhgtpmv.mp4",
        "skipped, not in metadata.json of train_sample_videos: stray",
        "incomplete the DFDC sample of 400 videos: 2 real videos (not 77), 1 fake videos (not 323)",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ('["a.mp4"]', "not DFDC metadata"),
        ('{"a.mp4": {"label": "MAYBE"}}', "video a has the label 'MAYBE'; use REAL or FAKE"),
        ('{"b.mp4": {"label": "REAL"}}', "none of the videos"),
    ],
)
def test_dfdc_list_that_is_not_understood(tmp_path: Path, text: str, message: str) -> None:
    touch(tmp_path, "a.mp4")
    (tmp_path / "metadata.json").write_text(text)
    with pytest.raises(DatasetError, match=re.escape(message)):
        dfdc.read(tmp_path)


def test_a_metadata_file_of_something_else_is_no_dfdc(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.jpg", "fake/b.jpg")
    (tmp_path / "metadata.json").write_text('{"author": {"name": "x"}}')
    assert find_layout(tmp_path) == "classes"


# --- all of them -------------------------------------------------------------------------------------------


def test_connected_groups_against_a_slow_search() -> None:
    sets = [("a", "b"), ("c",), ("d", "e"), ("b", "e"), ("f", "c"), ("g",), ("a", "d")]
    groups = connected(sets)

    def reachable(start: str) -> set[str]:
        found = {start}
        for _ in range(10):
            found |= {name for names in sets if found & set(names) for name in names}
        return found

    for one, other in combinations("abcdefg", 2):
        assert (groups[one] == groups[other]) == (other in reachable(one))
    assert groups["g"] == "g"
    assert groups["e"] == "a and 3 more"


def test_the_modules_say_what_is_known() -> None:
    assert uadfv.KNOWN_COUNTS == {"real videos": 49, "fake videos": 49}
    assert celeb_df.KNOWN_COUNTS["Celeb-DF v1"] == {
        "Celeb-real": 158,
        "YouTube-real": 250,
        "Celeb-synthesis": 795,
    }
