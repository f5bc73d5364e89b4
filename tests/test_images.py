"""Every kind of file is read; every kind of broken file becomes one line."""

from __future__ import annotations

import errno
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from facespectra.errors import DatasetError, MissingExtraError, UnreadableImageError
from facespectra.images import find_images, read_image, read_rgb, to_grey, to_rgb
from modes import in_mode, picture

Image = pytest.importorskip("PIL.Image", reason="needs Pillow (extra faces)")


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        ("1", "png"),
        ("L", "jpg"),
        ("L", "png"),
        ("LA", "png"),
        ("P", "gif"),
        ("P", "png"),
        ("RGB", "jpg"),
        ("RGB", "png"),
        ("RGBA", "png"),
        ("RGBA", "webp"),
        ("CMYK", "jpg"),
        ("CMYK", "tif"),
        ("F", "tif"),
    ],
)
def test_a_file_of_any_mode_is_read_as_rgb(tmp_path: Path, mode: str, suffix: str) -> None:
    file = tmp_path / f"picture.{suffix}"
    in_mode(mode).save(file)
    image = read_image(file)
    assert (image.mode, image.size) == ("RGB", (36, 24))
    np.testing.assert_array_equal(read_rgb(file), np.asarray(image))
    with Image.open(file) as again:
        np.testing.assert_array_equal(np.asarray(image), to_rgb(again))


def test_palettes_with_transparency_are_read_without_a_warning(tmp_path: Path) -> None:
    for name, transparency in {"bytes": bytes(range(256)), "index": 3}.items():
        file = tmp_path / f"{name}.png"
        palette = in_mode("P")
        palette.save(file, transparency=transparency)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(np.asarray(read_image(file)), np.asarray(palette.convert("RGB")))


def test_sixteen_bit_files_keep_their_tones(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
    for suffix in ("png", "tif"):
        file = tmp_path / f"deep.{suffix}"
        Image.fromarray(deep).save(file)
        grey = to_grey(read_image(file))
        np.testing.assert_array_equal(grey, np.rint(deep / 257).astype(np.uint8))
        assert len(np.unique(grey)) == 256


def test_sixteen_bit_colour_is_read(tmp_path: Path) -> None:
    import struct
    import zlib

    # Pillow reads such files and writes none: two pixels, (65535, 0, 32896) and (0, 65535, 257).
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + struct.pack(">6H", 65535, 0, 32896, 0, 65535, 257)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    file = tmp_path / "deep.png"
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(row))
        + chunk(b"IEND", b"")
    )
    assert np.asarray(read_image(file)).tolist() == [[[255, 0, 128], [0, 255, 1]]]


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_rotation_is_applied(tmp_path: Path, turn: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = turn
    file = tmp_path / "turned.png"
    Image.fromarray(picture()).save(file, exif=exif)
    image = read_image(file)
    assert image.size == ((36, 24) if turn < 5 else (24, 36))
    with Image.open(file) as stored:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(ImageOps.exif_transpose(stored)))
    assert (turn == 1) == np.array_equal(np.asarray(image), picture())
    np.testing.assert_array_equal(read_rgb(file), np.asarray(image))
    # Turned already: nobody who looks at its record may turn it again.
    assert (image.info, dict(image.getexif())) == ({}, {})


def test_a_damaged_exif_record_does_not_cost_the_picture(tmp_path: Path) -> None:
    file = tmp_path / "damaged.jpg"
    Image.fromarray(picture()).save(file, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09garbage garbage")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(file).size == (36, 24)


def test_every_broken_file_is_one_line_that_names_it(tmp_path: Path) -> None:
    import io

    def encoded(form: str) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(picture(200, 200)).save(stream, form)
        return stream.getvalue()

    broken = {
        "empty.jpg": (b"", "empty"),
        "text.jpg": (b"this is no picture\n" * 20, "not an image"),
        "nul.png": (bytes(300), "not an image"),
    }
    for form in ("jpeg", "png", "gif", "tiff", "webp", "bmp"):
        whole = encoded(form)
        broken[f"half.{form}"] = (whole[: len(whole) // 2], r": \S+")
        broken[f"head.{form}"] = (whole[:30], r": \S+")
    for name, (content, reason) in broken.items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(UnreadableImageError, match=reason) as caught:
            read_image(file)
        assert str(file) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_damage_anywhere_gives_a_picture_or_our_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    outcomes = set()
    for suffix in ("jpg", "png", "tif", "gif", "webp"):
        file = tmp_path / f"picture.{suffix}"
        Image.fromarray(picture()).save(file)
        whole = np.frombuffer(file.read_bytes(), np.uint8)
        for _ in range(60):
            damaged = whole.copy()
            damaged[rng.integers(0, len(whole), 6)] = rng.integers(0, 256, 6)
            file.write_bytes(damaged.tobytes())
            try:
                outcomes.add(read_image(file, max_pixels=10**6).mode)
            except UnreadableImageError as error:
                assert "\n" not in str(error)  # noqa: PT017 - most of these files are still readable
                outcomes.add("refused")
    assert outcomes == {"RGB", "refused"}


def test_missing_files_folders_and_bombs_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"nowhere\.png: there is no such file"):
        read_image(tmp_path / "nowhere.png")
    with pytest.raises(UnreadableImageError, match="folder"):
        read_image(tmp_path)
    file = tmp_path / "big.png"
    Image.fromarray(picture()).save(file)
    assert read_image(file, max_pixels=36 * 24).size == (36, 24)
    with pytest.raises(UnreadableImageError, match=r"36x24 pixels .* 863"):
        read_image(file, max_pixels=863)


def test_pillows_own_bomb_limit_is_our_error_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "bomb.png"
    Image.fromarray(picture()).save(file)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(UnreadableImageError, match=r"bomb\.png: it has too many pixels"):
        read_image(file)
    # Between its limit and twice its limit Pillow warns; ours is the limit that counts.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(file).size == (36, 24)


def test_a_file_without_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret.png"
    Image.fromarray(picture()).save(file)

    # Root, as which many containers run, may read every file.
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(file))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UnreadableImageError, match=r"secret\.png: permission to read it is denied"):
        read_image(file)


# --- finding --------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "b/face_10.jpg",
        "b/face_2.JPG",
        "b/deep/x.png",
        "a.webp",
        "notes.txt",
        ".hidden.jpg",
        "c[1].png",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path


def names(paths: list[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]


def test_folders_are_searched_and_sorted_naturally(tree: Path) -> None:
    assert names(find_images(tree), tree) == [
        "a.webp",
        "b/deep/x.png",
        "b/face_2.JPG",
        "b/face_10.jpg",
        "c[1].png",
    ]


def test_files_globs_and_folders_keep_their_order_and_stand_once(tree: Path) -> None:
    sources = [tree / "notes.txt", str(tree / "b" / "*.[jJ]*"), tree / "c[1].png", tree / "b"]
    assert names(find_images(sources), tree) == [
        "notes.txt",
        "b/face_2.JPG",
        "b/face_10.jpg",
        "c[1].png",
        "b/deep/x.png",
    ]
    assert names(find_images(str(tree / "**" / "*")), tree) == names(find_images([tree]), tree)


def test_relative_and_absolute_names_of_a_file_are_one(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    assert find_images(["a.webp", tree / "a.webp", "b/../a.webp"]) == [Path("a.webp")]


def test_links_to_folders_are_followed_and_loops_end(tree: Path) -> None:
    (tree / "b" / "up").symlink_to(tree, target_is_directory=True)
    (tree / "outside").mkdir()
    (tree / "outside" / "y.png").touch()
    (tree / "b" / "link").symlink_to(tree / "outside", target_is_directory=True)
    assert names(find_images(tree / "b"), tree / "b").count("link/y.png") == 1
    assert len(find_images(tree)) == 6


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nothing.jpg", "no file or folder"),
        ("*.bmp", r"no image matches .*\.bmp"),
        ("void", "no image in the folder"),
    ],
)
def test_a_source_that_gives_nothing_is_named(tree: Path, source: str, words: str) -> None:
    (tree / "void").mkdir()
    with pytest.raises(DatasetError, match=words):
        find_images([tree / "a.webp", tree / source])


# --- extras ---------------------------------------------------------------------------------------


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r'pillow .*pip install "facespectra\[faces\]"$') as caught:
        read_image("face.jpg")
    assert "\n" not in str(caught.value)


def test_importing_the_modules_loads_nothing_heavy() -> None:
    code = (
        "import sys, facespectra.images, facespectra.faces\n"
        "print([m for m in ('torch', 'PIL', 'facenet_pytorch', 'torchvision') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
