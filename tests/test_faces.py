"""The largest face, at native resolution, or None: never an exception from inside MTCNN."""

from __future__ import annotations

import copy
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import facespectra.faces
from facespectra import _mtcnn
from facespectra._mtcnn import Detection, has_core
from facespectra._mtcnn_weights import SOURCES
from facespectra.errors import MissingExtraError, SettingError
from facespectra.faces import Face, FaceCropper
from facespectra.images import find_images, read_image, to_grey, to_rgb

Image = pytest.importorskip("PIL.Image", reason="needs Pillow (extra faces)")
pytest.importorskip("facenet_pytorch", reason="needs facenet-pytorch (extra torch)")

from facespectra.rendered.database import render_face  # noqa: E402 - draws with Pillow

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def cropper() -> FaceCropper:
    return FaceCropper()


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return render_face(np.random.default_rng(5), 256)


@pytest.fixture(scope="module")
def face(cropper: FaceCropper, portrait: Image.Image) -> Face:
    (found,) = cropper.detect([portrait])
    assert found is not None
    return found


class Boxes:
    """Stands in for MTCNN: gives the boxes that it was told."""

    def __init__(self, *boxes: tuple[float, float, float, float]) -> None:
        self.boxes = boxes

    def find(self, image: np.ndarray, *, enough: float) -> list[Detection]:
        assert image.dtype == np.uint8
        return [Detection(box, 0.99, ((1.0, 1.0),) * 5) for box in self.boxes]


def given_boxes(*boxes: tuple[float, float, float, float], **settings: Any) -> FaceCropper:
    cropper = FaceCropper(**settings)
    cropper._finder = Boxes(*boxes)
    return cropper


SMOOTH = frozenset(
    2**a * 3**b * 5**c * 7**d for a in range(10) for b in range(7) for c in range(5) for d in range(5)
)
"""Every number up to 500, and some above, without a prime factor above 7."""


# --- what is found --------------------------------------------------------------------------------


def test_a_drawn_face_is_found_where_it_was_drawn(face: Face) -> None:
    x0, y0, x1, y1 = face.box
    assert all(type(corner) is int for corner in face.box)
    assert x0 < 128 < x1
    assert y0 < 128 < y1
    assert 80 < face.width < 180
    assert 100 < face.height < 220
    assert 0.9 < face.confidence <= 1
    (left_eye, right_eye, nose, left_mouth, right_mouth) = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < left_mouth[1]
    assert left_mouth[0] < right_mouth[0]
    assert hash(face) == hash(copy.deepcopy(face))


def test_the_crop_is_a_slice_of_the_grey_image(
    cropper: FaceCropper, portrait: Image.Image, face: Face
) -> None:
    x0, y0, x1, y1 = face.box
    crop = cropper.crop(portrait)
    assert crop is not None
    np.testing.assert_array_equal(crop, np.asarray(portrait.convert("L"))[y0:y1, x0:x1])
    np.testing.assert_array_equal(cropper.crop_face(portrait, face), crop)
    rgb = cropper.crop_rgb(portrait)
    np.testing.assert_array_equal(rgb, np.asarray(portrait)[y0:y1, x0:x1])
    np.testing.assert_array_equal(cropper.crop_face_rgb(portrait, face), rgb)
    assert crop.flags.c_contiguous


def test_it_is_what_mtcnn_finds_with_its_defaults(portrait: Image.Image, face: Face) -> None:
    facenet = pytest.importorskip("facenet_pytorch")
    boxes, confidences, landmarks = facenet.MTCNN().detect(portrait, landmarks=True)
    largest = np.argmax((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    corners = [int(corner) for corner in boxes[largest]]
    assert face.box == tuple(np.clip(corners, 0, 256).tolist())
    assert face.confidence == pytest.approx(float(confidences[largest]), abs=1e-6)
    np.testing.assert_allclose(face.landmarks, landmarks[largest].astype(float), atol=1e-3)


def test_the_same_image_in_any_form_gives_the_same_face(
    cropper: FaceCropper, portrait: Image.Image, face: Face
) -> None:
    pixels = np.asarray(portrait)
    forms = [
        pixels,
        portrait.convert("RGBA"),
        pixels.astype(np.uint16) * np.uint16(257),
        (pixels / 255).astype(np.float32),
        np.dstack([pixels, pixels[:, :, :1]]),
    ]
    assert cropper.detect(forms) == [face] * len(forms)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "CMYK", "I;16", "I", "F", "1"])
def test_no_mode_raises(cropper: FaceCropper, portrait: Image.Image, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.asarray(portrait.convert("L")).astype(np.uint16) * np.uint16(257))
    else:
        image = portrait.convert("L").convert(mode) if mode in ("I", "F") else portrait.convert(mode)
    assert image.mode == mode
    crop = cropper.crop(image)
    # Whether a face of black and white dots is one is the detector's business; every other mode keeps it.
    assert crop is not None or mode == "1"
    if mode in ("L", "LA", "I;16", "I", "F"):
        np.testing.assert_array_equal(crop, cropper.crop(np.asarray(portrait.convert("L"))))


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 5000), (5000, 1), (10, 10), (19, 400), (20, 20), (20, 1500), (21, 33), (0, 7)]
)
def test_thumbnails_and_strips_have_no_face(cropper: FaceCropper, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, size).astype(np.uint8)
    assert cropper.crop(noise) is None
    assert cropper.crop_rgb(np.dstack([noise] * 3)) is None


def test_a_thumbnail_of_a_face_has_none(cropper: FaceCropper, portrait: Image.Image) -> None:
    assert cropper.crop(portrait.resize((10, 10))) is None


def test_unequal_sizes_go_together_and_neighbours_do_not_matter(
    cropper: FaceCropper, portrait: Image.Image, face: Face
) -> None:
    other = render_face(np.random.default_rng(6), 200)
    blank = np.full((64, 300), 128, np.uint8)
    together = cropper.detect(image for image in (blank, portrait, other, portrait))
    assert together[0] is None
    assert together[1] == together[3] == face
    assert together[2] == cropper.detect([other])[0] is not None
    assert cropper.detect([]) == []


def test_threads_change_neither_faces_nor_their_order(portrait: Image.Image) -> None:
    native = FaceCropper()
    sizes = [256, 20, 90, 128, 200, 8, 64, 300]
    images = [portrait.resize((size, size)) for size in sizes]
    alone = [native.detect([image])[0] for image in images]
    assert sum(face is not None for face in alone) >= 4
    for threads in (1, 2, 5):
        assert native.detect(iter(images), threads=threads) == alone
    assert native.detect([], threads=3) == []
    with pytest.raises(SettingError, match="threads"):
        native.detect(images[:1], threads=0)
    with pytest.raises(TypeError, match="must be a PIL image"):
        native.detect([*images, "portrait.jpg"], threads=3)


@pytest.mark.parametrize("detector", ["native", "reference"])
def test_threads_share_one_cropper(
    portrait: Image.Image, monkeypatch: pytest.MonkeyPatch, detector: str
) -> None:
    if detector == "native" and not has_core():
        pytest.skip("the native core is not built")
    loads: list[int] = []
    make = facespectra.faces._finder

    def counted(*args: Any) -> Any:
        loads.append(1)
        return make(*args)

    monkeypatch.setattr(facespectra.faces, "_finder", counted)
    cropper, barrier, found = FaceCropper(detector=detector), threading.Barrier(4), []

    def work() -> None:
        barrier.wait()
        found.extend(cropper.detect([portrait, portrait]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loads == [1]
    assert found == FaceCropper(detector=detector).detect([portrait]) * 8
    assert found[0] is not None


@pytest.mark.shared
def test_evaluation_photographs_without_a_face(cropper: FaceCropper, shared_data: Path) -> None:
    files = find_images(shared_data / "lab" / "Task_1" / "evaluation")
    crops = [cropper.crop(read_image(file)) for file in files]
    assert (len(files), sum(crop is None for crop in crops)) == (120, 1)


@pytest.mark.slow
@pytest.mark.shared
def test_development_photographs_without_a_face(cropper: FaceCropper, shared_data: Path) -> None:
    files = find_images(shared_data / "lab" / "Task_1" / "development")
    found = cropper.detect(read_image(file) for file in files)
    assert (len(files), found.count(None)) == (240, 10)


# --- boxes ----------------------------------------------------------------------------------------

PIXELS = np.arange(100 * 80, dtype=np.uint16).reshape(100, 80) * np.uint16(8)


def test_corners_are_truncated_and_clipped() -> None:
    cropper = given_boxes((-3.7, -0.9, 40.99, 120.5))
    (face,) = cropper.detect([PIXELS])
    assert face is not None
    assert face.box == (0, 0, 40, 100)
    np.testing.assert_array_equal(cropper.crop_face(PIXELS, face), to_grey(PIXELS)[0:100, 0:40])
    np.testing.assert_array_equal(cropper.crop_face_rgb(PIXELS, face), to_rgb(PIXELS)[0:100, 0:40])


def test_truncation_is_towards_zero_not_rounding() -> None:
    (face,) = given_boxes((10.9, 20.99, 30.9, 50.5)).detect([PIXELS])
    assert face is not None
    assert face.box == (10, 20, 30, 50)


def test_an_empty_box_gives_way_to_the_next_largest() -> None:
    nothing = [(90.0, 5.0, 200.0, 90.0), (-50.0, 0.0, 0.9, 50.0), (np.nan, 0, 9, 9), (5.1, 5.0, 5.9, 30.0)]
    (face,) = given_boxes(*nothing, (10, 10, 30, 30)).detect([PIXELS])
    assert face is not None
    assert face.box == (10, 10, 30, 30)
    assert given_boxes(*nothing).detect([PIXELS]) == [None]
    assert given_boxes().crop(PIXELS) is None


@st.composite
def boxed(draw: st.DrawFn) -> tuple[Face, int, int]:
    width, height = draw(st.integers(20, 400)), draw(st.integers(20, 400))
    x0, y0 = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    x1, y1 = draw(st.integers(x0 + 1, width)), draw(st.integers(y0 + 1, height))
    return Face((x0, y0, x1, y1), 1.0, ((0.0, 0.0),) * 5), width, height


@settings(derandomize=True, max_examples=150, deadline=None)
@given(boxed(), st.sampled_from([0.0, 0.1, 0.5, 3.0]), st.booleans(), st.booleans())
def test_the_region_keeps_its_promises(
    case: tuple[Face, int, int], margin: float, square: bool, snap: bool
) -> None:
    face, width, height = case
    x0, y0, x1, y1 = FaceCropper(margin=margin, square=square, snap=snap).region(face, width, height)
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    if square:
        assert x1 - x0 == y1 - y0
    if snap:
        assert {x1 - x0, y1 - y0} <= SMOOTH
    if not snap and max(face.width, face.height) <= min(width, height):
        assert x0 <= face.box[0]
        assert y0 <= face.box[1]
        assert x1 >= face.box[2]
        assert y1 >= face.box[3]
    if not (margin or square or snap):
        assert (x0, y0, x1, y1) == face.box


@settings(derandomize=True, max_examples=100, deadline=None)
@given(boxed())
def test_snapping_moves_a_side_by_few_pixels_and_keeps_the_centre(case: tuple[Face, int, int]) -> None:
    face, width, height = case
    x0, y0, x1, y1 = FaceCropper(snap=True).region(face, width, height)
    for start, stop, old_start, old_stop, limit in (
        (x0, x1, face.box[0], face.box[2], width),
        (y0, y1, face.box[1], face.box[3], height),
    ):
        length = old_stop - old_start
        nearest = min(abs(n - length) for n in SMOOTH if n <= limit)
        # Where the image leaves no room to grow, it takes more: 239 in an image of 239 becomes 225.
        room = any(length <= n <= limit for n in SMOOTH)
        assert abs((stop - start) - length) == nearest <= (12 if room else 14)
        at_edge = start == 0 or stop == limit
        assert at_edge or abs((start + stop) - (old_start + old_stop)) <= 1


def test_margin_square_and_snap_by_hand() -> None:
    face = Face((40, 30, 80, 91), 1.0, ((0.0, 0.0),) * 5)
    assert FaceCropper(margin=0.25).region(face, 300, 300) == (30, 15, 90, 106)
    assert FaceCropper(margin=0.25).region(face, 85, 300) == (30, 15, 85, 106)
    assert FaceCropper(square=True).region(face, 300, 300) == (29, 30, 90, 91)
    assert FaceCropper(square=True).region(face, 85, 300) == (24, 30, 85, 91)
    # 61 is prime; 60 is nearest. At 61 pixels of height there is no room to grow.
    assert FaceCropper(snap=True).region(face, 300, 300) == (40, 30, 80, 90)
    assert FaceCropper(snap=True).region(Face((0, 0, 71, 71), 1.0, face.landmarks), 300, 71) == (0, 0, 72, 70)


def test_no_option_ever_resamples(portrait: Image.Image, face: Face) -> None:
    for options in (
        {"margin": 0.3},
        {"square": True},
        {"snap": True},
        {"margin": 0.1, "square": True, "snap": True},
    ):
        cropper = FaceCropper(**options)
        x0, y0, x1, y1 = cropper.region(face, *portrait.size)
        assert (x0, y0, x1, y1) != face.box
        np.testing.assert_array_equal(
            cropper.crop_face(portrait, face), np.asarray(portrait.convert("L"))[y0:y1, x0:x1]
        )


def test_a_face_from_another_image_is_refused(face: Face) -> None:
    with pytest.raises(ValueError, match="is not inside an image of 30x40"):
        FaceCropper().crop_face(np.zeros((40, 30), np.uint8), face)


def test_a_crop_does_not_share_memory_with_the_image(cropper: FaceCropper) -> None:
    image = np.zeros((40, 30), np.uint8)
    crop = cropper.crop_face(image, Face((0, 0, 30, 40), 1.0, ((0.0, 0.0),) * 5))
    crop[:] = 9
    assert not image.any()


# --- the object -----------------------------------------------------------------------------------


def test_settings_restore_it() -> None:
    settings = {"margin": 0.2, "square": True, "snap": True, "device": "cpu", "detector": "reference"}
    cropper = FaceCropper(**settings)
    assert cropper.get_params() == settings
    pickled = pickle.loads(pickle.dumps(cropper))  # noqa: S301 - our own bytes
    for other in (FaceCropper(**cropper.get_params()), pickled, copy.copy(cropper)):
        assert other.get_params() == cropper.get_params()
    expected = "FaceCropper(margin=0.2, square=True, snap=True, device='cpu', detector='reference')"
    assert repr(cropper) == expected


def test_a_loaded_cropper_still_pickles(cropper: FaceCropper, portrait: Image.Image, face: Face) -> None:
    assert cropper.detect([portrait]) == [face]
    assert len(pickle.dumps(cropper)) < 1000


@pytest.mark.parametrize("margin", [-0.1, float("nan"), float("inf")])
def test_an_impossible_margin_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        FaceCropper(margin=margin)


def test_a_single_image_is_not_taken_for_a_sequence(cropper: FaceCropper, portrait: Image.Image) -> None:
    with pytest.raises(TypeError, match="list"):
        cropper.detect(np.zeros((50, 50), np.uint8))
    with pytest.raises(TypeError):
        cropper.detect(portrait)
    with pytest.raises(TypeError, match="str"):
        cropper.crop("face.jpg")  # type: ignore[arg-type]


def test_a_missing_extra_says_what_to_install(portrait: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    _mtcnn._native.cache_clear()  # what was loaded once needs no package
    for package in SOURCES:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r'^mtcnn is .*pip install "facespectra\[faces\]"$'):
        FaceCropper().crop(portrait)
