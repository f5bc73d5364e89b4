"""Changed copies: what they are, that they stay with their originals, how far the spectrum ignores them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra import augment as augmentation
from facespectra.augment import Copy, change, parse_augmentations
from facespectra.datasets.sources import add_copies, sources_of

Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
for _package in ("sklearn", "skops", "lz4"):
    pytest.importorskip(_package, reason="needs the detect extra")


@pytest.fixture(scope="module")
def face() -> Image.Image:
    from facespectra.rendered.database import render_face

    return render_face(np.random.default_rng(5), 256)


@pytest.fixture
def manifest(tmp_path: Path, face: Image.Image) -> pd.DataFrame:
    """Two real faces and two fakes, that is blurred ones, in two groups."""
    rows = []
    for i in range(4):
        path = tmp_path / f"{i}.png"
        picture = face if i % 2 == 0 else face.resize((128, 128)).resize((256, 256))
        picture.save(path)
        rows.append((str(path), i % 2, f"person{i // 2}", "development"))
    return pd.DataFrame(rows, columns=["path", "label", "group", "split"])


# --- copies ------------------------------------------------------------------------------------------------


def test_flip_mirrors_and_rotations_are_each_others_mirror(face: Image.Image) -> None:
    pixels = np.asarray(face)
    np.testing.assert_array_equal(np.asarray(change(face, "flip")), pixels[:, ::-1])
    left, right = (np.asarray(change(face, name)).astype(int) for name in ("rotate+45", "rotate-45"))
    assert left.shape == right.shape
    assert left.shape[0] == left.shape[1] == pytest.approx(256 * np.sqrt(2), abs=2)
    assert (left[:40, :40] == 0).all()
    mirrored = np.asarray(change(change(face, "flip"), "rotate-45")).astype(int)
    assert np.abs(mirrored[:, ::-1] - left).mean() < 2  # another grid, the same turn
    # Counter-clockwise: what was at the right is at the top.
    dot = Image.fromarray(np.zeros((101, 101, 3), np.uint8))
    dot.paste((255, 255, 255), (90, 45, 101, 56))
    rows, columns = np.nonzero(np.asarray(change(dot, "rotate+45"))[:, :, 0] > 128)
    assert rows.mean() < 50 < columns.mean()


def test_names_are_checked() -> None:
    assert parse_augmentations("rotate, flip") == ("flip", "rotate")
    assert parse_augmentations(["flip", "flip"]) == ("flip",)
    assert parse_augmentations("") == parse_augmentations(()) == ()
    with pytest.raises(ValueError, match="unknown augmentation 'blur'; use flip or rotate"):
        parse_augmentations("flip,blur")
    with pytest.raises(ValueError, match="unknown change 'rotate'"):
        change(Image.new("RGB", (9, 9)), "rotate")


def test_copies_keep_label_group_and_split(manifest: pd.DataFrame) -> None:
    everything = add_copies(manifest, "flip,rotate")
    assert list(everything["change"]) == [""] * 4 + ["flip"] * 4 + ["rotate+45"] * 4 + ["rotate-45"] * 4
    for _, kind in everything.groupby("change"):
        pd.testing.assert_frame_equal(kind.drop(columns="change").reset_index(drop=True), manifest)
    sources = sources_of(everything)
    assert sources[:4] == list(manifest["path"])
    assert sources[4] == Copy(manifest["path"][0], "flip")
    pd.testing.assert_frame_equal(add_copies(manifest, "").drop(columns="change"), manifest)


def test_the_face_is_found_again_in_each_copy(manifest: pd.DataFrame) -> None:
    everything = add_copies(manifest.head(1), "flip,rotate")
    table = fs.Detector().extract(sources_of(everything))
    assert [str(status) for status in table.statuses] == [
        "ok",
        "ok",
        "ok",
        "no-face",
    ]  # not every turned face is found
    path = manifest["path"][0]
    assert table.paths == [path, f"{path} (flip)", f"{path} (rotate+45)", f"{path} (rotate-45)"]
    x0, y0, x1, y1 = table.boxes[0]
    a0, b0, a1, b1 = table.boxes[1]
    np.testing.assert_allclose((a0, b0, a1, b1), (256 - x1, y0, 256 - x0, y1), atol=6)
    x0, y0, x1, y1 = table.boxes[2]
    np.testing.assert_allclose(((x0 + x1) / 2, (y0 + y1) / 2), (182, 182), atol=30)
    # The crop is the copy's own: nothing was turned back or reused.
    turned = change(Image.open(path), "rotate+45")
    np.testing.assert_array_equal(table.matrix[2], fs.radial_spectrum(fs.FaceCropper().crop(turned)))


def test_a_broken_file_breaks_its_copies_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    broken = pd.DataFrame(
        {"path": [str(tmp_path / "broken.jpg")], "label": [0], "group": ["a"], "split": [""]}
    )
    table = fs.Detector(crop=False).extract(sources_of(add_copies(broken, "flip")))
    assert [str(status) for status in table.statuses] == [
        "unreadable: it is not an image in a known format"
    ] * 2
    assert table.unreadable[1][0] == f"{tmp_path / 'broken.jpg'} (flip)"


def test_a_detector_trains_on_copies_and_divides_no_group(
    manifest: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = {}
    original = fs.Detector.fit_features

    def spy(self: fs.Detector, table: object, labels: np.ndarray, groups: np.ndarray) -> fs.Detector:
        seen.update(labels=labels, groups=groups)
        return original(self, table, labels, groups)

    monkeypatch.setattr(fs.Detector, "fit_features", spy)
    detector = fs.Detector(crop=False).fit(manifest, augment=["rotate"])
    assert (detector.training_["n_real"], detector.training_["n_fake"]) == (6, 6)
    np.testing.assert_array_equal(seen["groups"], list(manifest["group"]) * 3)
    np.testing.assert_array_equal(seen["labels"], list(manifest["label"]) * 3)
    with pytest.raises(ValueError, match="unknown augmentation"):
        fs.Detector(crop=False).fit(manifest, augment="turn")


def test_train_augments_from_the_command_line(
    manifest: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.cli import main

    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    model = tmp_path / "m.model"
    assert main(["train", str(tmp_path), "-o", str(model), "--whole", "--augment", "flip,rotate"]) == 0
    assert fs.load(model).training_["n_fake"] == 8
    capsys.readouterr()
    assert main(["train", str(tmp_path / "missing"), "-o", str(model), "--augment", "blur"]) == 2
    assert "unknown augmentation 'blur'" in capsys.readouterr().err


# --- how far the spectrum ignores them ---------------------------------------------------------------------

# Not quite double precision: epsilon, 1e-8, is added to the complex coefficients, whose phases flips change.


def relative(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.abs(a - b) / np.abs(a).max()))


SHAPES = [(120, 90), (121, 90), (120, 91), (121, 91)]


def crop_of(face: Image.Image, shape: tuple[int, int]) -> np.ndarray:
    return np.asarray(face.convert("L"))[60 : 60 + shape[0], 80 : 80 + shape[1]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_flip_leaves_the_isotropic_spectrum_unchanged_to_rounding(
    face: Image.Image, shape: tuple[int, int]
) -> None:
    crop = crop_of(face, shape)
    for dtype, rounding in (("float64", 1e-9), ("float32", 1e-5)):
        original, flipped = (
            fs.radial_spectrum(picture, convention="isotropic", dtype=dtype)
            for picture in (crop, crop[:, ::-1])
        )
        assert relative(original, flipped) < rounding


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_flip_leaves_the_published_spectrum_nearly_unchanged(
    face: Image.Image, shape: tuple[int, int]
) -> None:
    crop = crop_of(face, shape)
    original, flipped = (fs.radial_spectrum(picture, dtype="float64") for picture in (crop, crop[:, ::-1]))
    if shape[0] % 2 or shape[1] % 2:
        # The centre stands where zero frequency does, across or down. To mirror a real image left to right or
        # top to bottom is the same to its amplitudes.
        assert relative(original, flipped) < 1e-9
    else:
        assert 1e-6 < relative(original, flipped) < 0.1
        assert np.abs(original - flipped).mean() < 0.01


def middle_spectrum(picture: Image.Image, **settings: object) -> np.ndarray:
    left = (picture.width - 128) // 2
    pixels = np.asarray(picture.convert("L"))[left : left + 128, left : left + 128]
    return fs.radial_spectrum(pixels, convention="isotropic", dtype="float64", **settings)


def test_a_quarter_turn_changes_nothing_and_45_degrees_do(face: Image.Image) -> None:
    original = middle_spectrum(face)
    assert relative(original, middle_spectrum(face.transpose(Image.Transpose.ROTATE_90))) < 1e-9
    turned = face.rotate(45, resample=Image.Resampling.BICUBIC)
    assert relative(original, middle_spectrum(turned)) > 0.01


def test_the_interpolation_of_a_turn_damps_the_highest_frequencies() -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8))
    before, after = (
        middle_spectrum(picture, normalize=False) for picture in (noise, change(noise, "rotate+45"))
    )
    # In 20 ln: 3 is a factor of 1.16.
    assert abs((after - before)[50:100].mean()) < 2
    assert (after - before)[280:].mean() < -3


def test_black_corners_change_the_spectrum_of_a_turned_picture(face: Image.Image) -> None:
    turned = np.asarray(change(face, "rotate+45").convert("L"))
    with_corners = fs.radial_spectrum(turned)
    height = turned.shape[0]
    inner = turned[height // 4 : -height // 4, height // 4 : -height // 4]
    assert relative(with_corners, fs.radial_spectrum(inner)) > 0.02


def test_every_copy_has_a_name_in_the_table() -> None:
    assert [name for names in augmentation.AUGMENTATIONS.values() for name in names] == [
        "flip",
        "rotate+45",
        "rotate-45",
    ]
