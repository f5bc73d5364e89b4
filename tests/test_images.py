"""Every kind of pixel becomes the same 8 bits; every kind of broken file becomes one line."""

from __future__ import annotations

import errno
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facespectra._conversion import cut_grey, shared_rgb, to_rgb_image
from facespectra.errors import DatasetError, MissingExtraError, UnreadableImageError
from facespectra.images import find_images, read_image, read_rgb, to_grey, to_rgb

Image = pytest.importorskip("PIL.Image", reason="needs Pillow (extra faces)")


def picture(height: int = 24, width: int = 36) -> np.ndarray:
    """Noise with a gradient: no two rows, columns or channels are alike."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(0, 200, height * width * 3).reshape(height, width, 3)
    return (ramp + rng.integers(0, 56, ramp.shape)).astype(np.uint8)


def grey_by_pillow(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).convert("L"))


MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "I", "F"]


def in_mode(mode: str) -> Image.Image:
    image = Image.fromarray(picture())
    if mode in ("La", "RGBa"):
        return image.convert({"La": "LA", "RGBa": "RGBA"}[mode]).convert(mode)
    if mode in ("I", "F"):
        return image.convert("L").convert(mode)
    if mode == "PA":
        return image.convert("RGBA").convert("PA")
    return image.convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_a_pillow_image_of_any_mode_becomes_what_pillow_makes_of_it(mode: str) -> None:
    image = in_mode(mode)
    assert image.mode == mode
    rgb, grey = to_rgb(image), to_grey(image)
    # I and F hold 0..255 here, for which Pillow's own conversion is right too.
    plain = image.convert({"La": "LA", "RGBa": "RGBA", "I": "L", "F": "L"}.get(mode, mode))
    np.testing.assert_array_equal(rgb, np.asarray(plain.convert("RGB")))
    np.testing.assert_array_equal(grey, np.asarray(plain.convert("L")))
    assert (rgb.dtype, rgb.shape, grey.dtype, grey.shape) == (np.uint8, (24, 36, 3), np.uint8, (24, 36))


BOX = (5, 3, 30, 21)


@pytest.mark.parametrize("mode", [*MODES, "I;16"])
def test_short_ways_give_the_pixels_of_the_long_ones(mode: str) -> None:
    image = Image.fromarray(picture()[:, :, 0].astype(np.uint16) * 250) if mode == "I;16" else in_mode(mode)
    x0, y0, x1, y1 = BOX
    np.testing.assert_array_equal(shared_rgb(image), to_rgb(image))
    np.testing.assert_array_equal(cut_grey(image, BOX), to_grey(image)[y0:y1, x0:x1])
    np.testing.assert_array_equal(np.asarray(to_rgb_image(image)), to_rgb(image))


@pytest.mark.parametrize("channels", [0, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_])
def test_short_ways_through_arrays_do_too(dtype: type, channels: int) -> None:
    deep = (picture()[:, :, :1] if channels == 0 else np.repeat(picture(), 2, axis=2)[:, :, :channels]) / 255
    array = (deep * 255 if dtype == np.uint8 else deep).round(0 if dtype == np.uint8 else 3).astype(dtype)
    array = array[:, ::-1, 0] if channels == 0 else array[:, ::-1]
    x0, y0, x1, y1 = BOX
    np.testing.assert_array_equal(shared_rgb(array), to_rgb(array))
    cut = cut_grey(array, BOX)
    np.testing.assert_array_equal(cut, to_grey(array)[y0:y1, x0:x1])
    assert not np.shares_memory(cut, array)


def test_short_ways_refuse_what_the_long_ones_do() -> None:
    wrong = np.full((24, 36, 3), 2.0)
    for refuse in (lambda: shared_rgb(wrong), lambda: cut_grey(wrong, BOX)):
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
            refuse()
    with pytest.raises(TypeError, match="not str"):
        cut_grey("photograph", BOX)  # type: ignore[arg-type]


def test_lab_becomes_colour_close_to_where_it_came_from() -> None:
    cms = pytest.importorskip("PIL.ImageCms")
    smooth = Image.new("RGB", (8, 8), (150, 110, 90))
    lab = cms.profileToProfile(smooth, cms.createProfile("sRGB"), cms.createProfile("LAB"), outputMode="LAB")
    assert np.abs(to_rgb(lab).astype(int) - np.asarray(smooth)).max() <= 3


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L"])
def test_sixteen_bit_greys_are_scaled_not_clipped(mode: str) -> None:
    deep = np.arange(0, 65536, 97, dtype=np.uint16)[:600].reshape(20, 30)
    image = Image.frombytes(mode, (30, 20), deep.astype(">u2" if mode == "I;16B" else "<u2").tobytes())
    np.testing.assert_array_equal(to_grey(image), np.rint(deep / 257).astype(np.uint8))
    np.testing.assert_array_equal(to_rgb(image)[:, :, 2], to_grey(deep))


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("I", [0, 128, 255], [0, 128, 255]),
        ("I", [0, 257, 65535], [0, 1, 255]),
        ("I", [-5, 0, 2**31 - 1], [0, 0, 255]),
        ("F", [0.0, 0.5, 1.0], [0, 128, 255]),
        ("F", [0.0, 100.0, 255.0], [0, 100, 255]),
        ("F", [float("nan"), 257.0, 65535.0], [0, 1, 255]),
        ("F", [float("nan"), -1.0, 1e9], [0, 0, 255]),
    ],
)
def test_modes_that_do_not_say_what_white_is(mode: str, values: list[float], expected: list[int]) -> None:
    array = np.array([values], dtype=np.int32 if mode == "I" else np.float32)
    assert to_grey(Image.fromarray(array)).tolist() == [expected]


@pytest.mark.parametrize("channels", [0, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, np.bool_])
def test_arrays_of_every_depth_agree_with_eight_bits(dtype: type, channels: int) -> None:
    eight = picture()
    if channels == 0:
        eight = eight[:, :, 0]
    elif channels == 4:
        eight = np.dstack([eight, np.full(eight.shape[:2], 9, np.uint8)])
    if dtype is np.bool_:
        eight = (eight > 100).astype(np.uint8) * np.uint8(255)
        array = eight > 0
    elif dtype is np.uint16:
        array = eight.astype(np.uint16) * np.uint16(257)
    elif dtype is np.uint8:
        array = eight
    else:
        array = (eight / 255).astype(dtype)
    rgb = np.repeat(eight[:, :, None], 3, 2) if channels == 0 else eight[:, :, :3]
    np.testing.assert_array_equal(to_rgb(array), rgb)
    np.testing.assert_array_equal(to_grey(array), eight if channels == 0 else grey_by_pillow(rgb.copy()))


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))))
def test_grey_is_pillows_grey(array: np.ndarray) -> None:
    np.testing.assert_array_equal(to_grey(array), grey_by_pillow(np.ascontiguousarray(array[:, :, :3])))
    np.testing.assert_array_equal(to_grey(to_rgb(array)), to_grey(array))
    np.testing.assert_array_equal(to_grey(array[::-1, ::-1]), to_grey(array)[::-1, ::-1])


def test_results_never_share_memory_with_the_input() -> None:
    for array in (picture(), picture()[:, :, 0].copy()):
        assert not np.shares_memory(to_rgb(array), array)
        assert not np.shares_memory(to_grey(array), array)


def test_an_image_without_pixels_has_none() -> None:
    for empty in (np.zeros((0, 5), np.uint8), np.zeros((0, 5, 3), np.uint16), Image.new("RGB", (5, 0))):
        assert to_grey(empty).shape == (0, 5)
        assert to_rgb(empty).shape == (0, 5, 3)


@pytest.mark.parametrize(
    ("array", "error", "words"),
    [
        (np.zeros(5, np.uint8), ValueError, r"shape .*\(5,\)"),
        (np.zeros((5, 5, 2), np.uint8), ValueError, r"\(5, 5, 2\)"),
        (np.full((5, 5), 1.5), ValueError, r"\[0, 1\]"),
        (np.full((5, 5), np.nan), ValueError, r"\[0, 1\]"),
        (np.zeros((5, 5), np.int64), TypeError, "int64"),
        ("face.jpg", TypeError, "str"),
    ],
)
def test_what_is_not_an_image_is_refused_by_name(array: object, error: type, words: str) -> None:
    for convert in (to_rgb, to_grey):
        with pytest.raises(error, match=words):
            convert(array)  # type: ignore[arg-type]


# --- files ----------------------------------------------------------------------------------------


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
