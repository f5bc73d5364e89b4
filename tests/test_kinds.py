"""What a file is, its content says, whatever it is called; and what is passed over is told."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from clips import remux, write_clip
from commands import error_lines, one_line, read_rows
from facespectra._kinds import Medium, kind_of, kind_of_head
from facespectra.cli import main
from facespectra.errors import DatasetError, UnreadableImageError
from facespectra.images import find_images, image_formats, read_image
from facespectra.videos import find_media, is_video, read_frames, spread_frames
from noise import NOISE, encoded

Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")
pytest.importorskip("pandas", reason="needs the detect extra")


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("JPEG", "JPEG"),
        ("PNG", "PNG"),
        ("GIF", "GIF"),
        ("BMP", "BMP"),
        ("TIFF", "TIFF"),
        ("WEBP", "WebP"),
        ("PPM", "PNM"),
        ("JPEG2000", "JPEG 2000"),
    ],
)
def test_pictures_are_known_by_their_first_bytes(form: str, name: str) -> None:
    kind = kind_of_head(encoded(form)[:400])
    assert kind is not None
    assert (kind.name, kind.medium) == (name, Medium.IMAGE)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".mpg", ".ts", ".flv", ".wmv", ".m2ts"])
def test_videos_are_known_by_their_first_bytes(tmp_path: Path, suffix: str) -> None:
    codec = {".mpg": "mpeg1video", ".flv": "flv1", ".wmv": "wmv2"}.get(suffix, "mpeg4")
    path = write_clip(tmp_path / f"a{suffix}", 3, codec=codec).rename(tmp_path / "a.jpg")
    kind = kind_of(path)
    assert kind is not None
    assert kind.medium is Medium.VIDEO
    assert is_video(path)


@pytest.mark.parametrize(
    "text", [b"", b"BMW is a car", b"P5 is a class", b"G" * 400, b"RIFF", b"\0\0\0 ftyp"]
)
def test_texts_are_no_pictures(text: bytes) -> None:
    kind = kind_of_head(text)
    assert kind is None or kind.medium is not Medium.IMAGE


NAMES = ["face", "face.jpg_large", "face.jfif", "face.bin", "face.mp4", "face.txt", "face.webp", "face.JPG"]


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_under_any_name_is_found_and_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(encoded("PNG"))
    assert find_media(tmp_path) == [tmp_path / name]
    assert spread_frames([tmp_path / name]) == ([tmp_path / name], [0])
    np.testing.assert_array_equal(np.asarray(read_image(tmp_path / name).convert("L")), NOISE)


@pytest.mark.parametrize("name", ["clip", "clip.webp", "clip.jpg", "clip.bin", "clip.avi", "clip.ts"])
def test_a_video_under_any_name_is_found_and_read(tmp_path: Path, name: str) -> None:
    path = remux(write_clip(tmp_path / "a.mp4", 4), tmp_path / "b.mp4").rename(tmp_path / name)
    (tmp_path / "a.mp4").unlink()
    assert find_media(tmp_path) == [path]
    assert len(spread_frames([path], 2)[0]) == 2
    assert len(list(read_frames(path, [0, 3]))) == 2
    with pytest.raises(UnreadableImageError, match=r"it is a video \(MP4\), not an image"):
        read_image(path)


@pytest.mark.parametrize("sink", [".npz", ".csv", ".parquet"])
def test_wrong_names_go_through_extract(
    tmp_path: Path, sink: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(encoded("JPEG"))
    (folder / "b").write_bytes(encoded("PNG"))
    write_clip(tmp_path / "c.mp4", 4, noise=0).rename(folder / "c.jpg")
    out = tmp_path / f"f{sink}"
    assert main(["extract", str(folder), "-o", str(out), "--n-features", "5", "--frames", "2"]) == 0
    assert "4 of 4 images" in capsys.readouterr().out


def test_what_is_passed_over_is_told_once_for_each_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(name, "deep").mkdir(parents=True)
        Path(name, "1.png").write_bytes(encoded("PNG"))
        Path(name, "deep", "notes.TXT").write_text("a text")
        Path(name, "list.txt").write_text("a text")
        Path(name, "README").write_text("a text")
    for litter in (".DS_Store", "Thumbs.db", "._1.png", "desktop.ini", "__MACOSX/x.png", ".git/y.txt"):
        Path("a", litter).parent.mkdir(exist_ok=True)
        Path("a", litter).write_bytes(b"litter")
    commands = [
        ["extract", "a", "b", "a/1.png", "-o", "f.csv", "--n-features", "5"],
        ["crop", "a", "b", "a/1.png", "-o", "crops"],
        ["score", "a", "b", "a/1.png", "--faces", "whole"],
    ]
    for command in commands:
        assert main(command) == 0
        told = [line for line in error_lines(capsys.readouterr().err) if "passed over" in line]
        assert told == [f"{name}: passed over: 2 .txt, 1 without an ending" for name in ("a", "b")]
    assert len(read_rows(Path("f.csv"))) == 2
    # A glob tells, too; and a folder of nothing else says what is there.
    assert main(["extract", "a/*", "-o", "f.csv", "--n-features", "5"]) == 0
    assert one_line(capsys.readouterr().err).endswith("a/*: passed over: 1 .txt, 1 without an ending")
    assert main(["extract", "a/deep", "-o", "f.csv"]) == 2
    assert one_line(capsys.readouterr().err).endswith(
        "no image or video in the folder a/deep (passed over: 1 .txt)"
    )


def test_other_readers_of_folders_warn_of_it(tmp_path: Path) -> None:
    from facespectra.detector.synthetic import real_photographs
    from facespectra.report.alarms import list_sources

    (tmp_path / "a.png").write_bytes(encoded("PNG"))
    (tmp_path / "b.txt").write_text("a text")
    for read in (list_sources, lambda folder: real_photographs(folder, "auto", None, 3)):
        with pytest.warns(UserWarning, match=r"passed over: 1 \.txt"):
            read(tmp_path)


def test_videos_are_passed_over_where_images_alone_are_wanted(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded("PNG"))
    write_clip(tmp_path / "b.mp4", 2)
    passed: Counter[str] = Counter()
    assert find_images(tmp_path, passed=passed) == [tmp_path / "a.png"]
    assert passed == {".mp4": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DatasetError, match="no image"):
        find_media(tmp_path)
    assert not is_video(tmp_path / "pipe")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"%PDF-1.7\n", "a.pdf", "it is PDF: convert it to PNG or JPEG first"),
        (b"PK\x03\x04rest", "a.zip", "it is a ZIP archive: unpack it first"),
        (b"<!DOCTYPE html><html>", "a.jpg", "it is a web page: download the picture itself"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a.png", "Git LFS: run git lfs pull first"),
        (b"\xff\x0a" + bytes(40), "a.jxl", "it is JPEG XL: convert it"),
        (b"II*\0" + bytes(40), "a.nef", "it is a camera's raw file: convert it"),
    ],
)
def test_what_is_something_else_says_what(tmp_path: Path, content: bytes, name: str, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableImageError, match=words) as caught:
        read_image(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_thumbnail_in_a_raw_file_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.DNG"
    path.write_bytes(encoded("TIFF"))
    with pytest.raises(UnreadableImageError, match="raw file"):
        read_image(path)
    with pytest.raises(DatasetError, match=r"passed over: 1 \.dng"):
        find_media(tmp_path)
    # A picture that has but the name of one is read.
    path.write_bytes(encoded("PNG"))
    assert find_media(tmp_path) == [path]
    assert read_image(path).size == NOISE.shape[::-1]


# --- HEIC and AVIF -----------------------------------------------------------------------------------------


def test_heic_is_read_where_its_extra_is_there(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif", reason="needs the heic extra")
    image_formats()
    for name in ("a.heic", "b.jpg", "c"):
        Image.fromarray(NOISE).convert("RGB").save(tmp_path / name, "HEIF", quality=95)
    assert [path.name for path in find_media(tmp_path)] == ["a.heic", "b.jpg", "c"]
    for path in find_media(tmp_path):
        grey = np.asarray(read_image(path).convert("L"))
        assert np.corrcoef(grey.ravel(), NOISE.ravel())[0, 1] > 0.9


def test_without_the_extra_its_name_is_in_the_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    brands = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf" + bytes(100)
    (tmp_path / "a.heic").write_bytes(brands)
    (tmp_path / "b.png").write_bytes(encoded("PNG"))
    monkeypatch.setattr("facespectra._extras.find_spec", lambda name: None if name == "pillow_heif" else name)
    monkeypatch.setattr("facespectra.images.image_formats", lambda: ("JPEG", "PNG"))
    hint = 'pip install "facespectra[heic]"'
    assert main(["extract", str(tmp_path), "-o", str(tmp_path / "f.csv"), "--n-features", "5"]) == 0
    told = one_line(capsys.readouterr().err)
    assert told.endswith(f"passed over: 1 .heic; to read HEIC: {hint}")
    sources = [str(tmp_path / "a.heic"), str(tmp_path / "b.png")]
    assert main(["extract", *sources, "-o", str(tmp_path / "f.csv"), "--n-features", "5"]) == 1
    assert one_line(capsys.readouterr().err).endswith(f"a.heic: unreadable: it is HEIC: {hint}")
    (tmp_path / "c.avif").write_bytes(brands.replace(b"heic", b"avif"))
    with pytest.raises(UnreadableImageError, match=r"it is AVIF: pip install \"facespectra\[heic\]\""):
        read_image(tmp_path / "c.avif")


def test_avif_is_read_where_pillow_can(tmp_path: Path) -> None:
    if "AVIF" not in image_formats():
        pytest.skip("this Pillow has no AVIF")
    Image.fromarray(NOISE).save(tmp_path / "a.avif")
    (tmp_path / "a.avif").rename(tmp_path / "a")
    assert find_media(tmp_path) == [tmp_path / "a"]
    assert read_image(tmp_path / "a").size == NOISE.shape[::-1]


# --- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["https://example.org/a.jpg", "HTTP://example.org/*.png", "s3://bucket/a?b"]
)
def test_addresses_are_to_be_downloaded_first(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "f.csv")
    commands = [["extract", address, "-o", out], ["score", address], ["crop", address, "-o", str(tmp_path)]]
    commands += [["explain", address, "-o", str(tmp_path / "f.svg")]]
    for command in commands:
        assert main(command) == 2
        assert "it is a URL: download it first" in one_line(capsys.readouterr().err)
    good = tmp_path / "a.png"
    good.write_bytes(encoded("PNG"))
    assert main(["extract", str(good), address, "-o", out, "--n-features", "5"]) == 1
    assert one_line(capsys.readouterr().err).endswith(f"{address}: it is a URL: download it first")
    assert main(["extract", f"file://{good}", "-o", out]) == 2
    assert "give the path alone" in one_line(capsys.readouterr().err)
