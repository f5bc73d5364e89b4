"""What must hold for any input of the package's top level; spectrum/ has radial_spectrum's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from examples import few

pytest.importorskip("lz4", reason="needs the face finder (extra faces)")

import facespectra as fs
from facespectra.errors import FacespectraError
from facespectra.rendered.database import render_face

pytestmark = pytest.mark.usefixtures("one_torch_thread")
CROPPER = fs.FaceCropper()
RENDERED = [np.asarray(render_face(np.random.default_rng(seed), 120 + 30 * seed)) for seed in range(4)]


@st.composite
def pictures(draw: st.DrawFn, longest: int = 90) -> np.ndarray:
    """Any picture: noise, one colour, a part of a face; grey, RGB or RGBA; 8 or 16 bits, or floats."""
    kind = draw(st.sampled_from(["noise", "flat", "face"]))
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    if kind == "face":
        face = draw(st.sampled_from(RENDERED))
        picture = face[: height + 60, : width + 60]
    elif kind == "flat":
        picture = np.full((height, width, 3), draw(st.integers(0, 255)), np.uint8)
    else:
        picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    channels = draw(st.sampled_from([0, 3, 4]))
    if channels == 0:
        picture = picture[..., 0]
    elif channels == 4:
        alpha = rng.integers(0, 256, picture.shape[:2], np.uint8)
        picture = np.dstack([picture, alpha])
    depth = draw(st.sampled_from(["u1", "u2", "f4", "f8"]))
    if depth == "u2":
        return picture.astype(np.uint16) * 257
    return picture if depth == "u1" else (picture / 255).astype(depth)


@pytest.fixture(scope="module")
def deep(weights_file: Path) -> fs.DeepFeatures:
    return fs.DeepFeatures(weights_file, precision="float32")


@pytest.fixture(scope="module")
def detector() -> fs.Detector:
    rng = np.random.default_rng(0)
    made = fs.Detector(classifier="logistic", crop=False, feature_settings={"n_features": 12}, threads=1)
    smooth = [np.cumsum(rng.normal(size=(30, 30)), axis=0) for _ in range(6)]
    images = [
        *((image - image.min()) / np.ptp(image) for image in smooth),
        *(rng.random((30, 30)) for _ in range(6)),
    ]
    table = made.extract(images)
    return made.fit_features(table, [0] * 6 + [1] * 6)


@few
@given(st.lists(pictures(), max_size=4))
def test_faces_lie_in_their_images_whatever_they_show(images: list[np.ndarray]) -> None:
    faces = CROPPER.detect(images, threads=2)
    assert len(faces) == len(images)
    for image, face in zip(images, faces, strict=True):
        if face is None:
            continue
        x0, y0, x1, y1 = face.box
        assert 0 <= x0 < x1 <= image.shape[1]
        assert 0 <= y0 < y1 <= image.shape[0]
        assert 0 < face.confidence <= 1
        assert CROPPER.crop_face(image, face).shape == (y1 - y0, x1 - x0)
    assert CROPPER.detect(images[::-1], threads=1) == faces[::-1]


@few
@given(st.lists(pictures(), max_size=4))
def test_region_features_are_finite_or_all_missing(images: list[np.ndarray]) -> None:
    features = fs.RegionFeatures().fit(images)
    rows = features.transform(images)
    assert rows.shape == (len(images), len(features.get_feature_names_out()))
    for row in rows:
        assert np.isfinite(row).all() or np.isnan(row).all()
    np.testing.assert_array_equal(features.transform(images[::-1]), rows[::-1])


@few
@given(
    st.lists(
        hnp.arrays(np.uint8, st.tuples(st.integers(8, 40), st.integers(8, 40)), elements=st.integers(0, 255)),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 40),
)
def test_the_transformer_is_the_function(images: list[np.ndarray], n_features: int) -> None:
    transformer = fs.RadialSpectrum(n_features=n_features).fit(images)
    rows = transformer.transform(images)
    assert rows.shape == (len(images), n_features)
    for image, row in zip(images, rows, strict=True):
        np.testing.assert_array_equal(row, fs.radial_spectrum(image, n_features=n_features))


@pytest.mark.slow
@few
@given(
    images=st.lists(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=70)), max_size=3),
    colour=st.booleans(),
)
def test_deep_features_are_finite_and_do_not_hang_on_company(
    deep: fs.DeepFeatures, images: list[np.ndarray], colour: bool
) -> None:
    given = [np.dstack([image, image, image[::-1]]) if colour else image for image in images]
    found = deep.transform(given)
    assert found.shape == (len(given), 2048)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    # Pooled after a ReLU.
    assert (found >= 0).all()
    for row, image in zip(found, given, strict=True):
        np.testing.assert_allclose(deep.transform([image])[0], row, rtol=1e-3, atol=1e-3 * row.max())


@given(asked=st.text(max_size=12) | st.sampled_from([*fs.backends(), "Native", " numpy", ""]))
@few
def test_a_backend_is_one_that_is_listed_or_refused_in_one_line(asked: str) -> None:
    states = fs.backends()
    image = np.arange(81, dtype=np.uint8).reshape(9, 9)
    if states.get(asked) == "ready":
        assert fs.radial_spectrum(image, n_features=5, backend=asked).shape == (5,)
        return
    with pytest.raises((FacespectraError, ValueError)) as refused:
        fs.radial_spectrum(image, n_features=5, backend=asked)
    assert len(str(refused.value).splitlines()) == 1
    assert all(name in str(refused.value) for name in states)


@few
@given(images=st.lists(pictures(), max_size=5))
def test_scores_are_finite_or_missing_and_do_not_hang_on_company(
    detector: fs.Detector, images: list[np.ndarray]
) -> None:
    scores = detector.score_images(images)
    assert scores.shape == (len(images),)
    table = detector.extract(images)
    assert table.ok.tolist() == np.isfinite(scores).tolist()
    weights = np.abs(detector.pipeline_[-1].coef_[0])
    for index, image in enumerate(images):
        alone = detector.extract([image])
        np.testing.assert_array_equal(alone.matrix[0], table.matrix[index])
        if table.ok[index]:
            # Pictures a few pixels wide have features of any size, whose products cancel.
            rounding = 1e-5 * float(np.abs(alone.matrix[0].astype(float)) @ weights) + 1e-6
            assert abs(detector.score_features(alone)[0] - scores[index]) <= rounding


@few
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".model", ".csv", ".parquet", ".jpg", ""]))
def test_what_is_no_model_and_no_data_set_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    path: Path = tmp_path_factory.mktemp("any") / f"thing{suffix}"
    path.write_bytes(content)
    readers: list[Any] = [fs.load, fs.read_dataset]
    for read in readers:
        with pytest.raises((FacespectraError, ValueError)) as refused:
            read(path)
        assert len(str(refused.value).splitlines()) == 1
        assert path.name in str(refused.value)


@few
@given(picture=pictures(longest=60))
def test_an_explanation_gives_the_score_or_the_reason_for_none(
    detector: fs.Detector, picture: np.ndarray
) -> None:
    (score,) = detector.score_images([picture])
    if not np.isfinite(score):
        with pytest.raises(FacespectraError):
            fs.explain(picture, detector)
        return
    explanation = fs.explain(picture, detector)
    assert explanation.score == score
    assert explanation.label == ("fake" if score >= detector.threshold_ else "real")


@pytest.mark.parametrize("threads", [1, 2])
def test_an_image_for_which_memory_ran_out_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    import facespectra.images

    for index, pixels in enumerate(RENDERED):
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    files = sorted(tmp_path.glob("*.png"))
    expected = fs.Detector(crop=False, threads=threads).extract(files)
    read = facespectra.images.read_noted

    def starved(path: Any, **options: Any) -> Any:
        if Path(path).name == "2.png":
            raise MemoryError
        return read(path, **options)

    monkeypatch.setattr("facespectra.images.read_noted", starved)
    table = fs.Detector(crop=False, threads=threads).extract(files)
    assert table.ok.tolist() == [True, True, False, True]
    assert "memory" in table.statuses[2].reason
    np.testing.assert_array_equal(table.matrix[table.ok], expected.matrix[table.ok])
