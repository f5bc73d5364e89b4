"""Explanations in notebooks: the face, three sentences, numbers folded away; drawings into one's own axes."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.errors import MissingExtraError
from facespectra.rendered.database import render_face
from facespectra.report.explanation import Explanation
from facespectra.report.face_view import path_of
from facespectra.report.notebook import LARGEST
from notebook_html import checked

for _package in ("sklearn", "skops", "pandas", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")

HOSTILE = "<script>alert(1)<|script>&amp;\"'\u202e face.png"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("face") / HOSTILE
    render_face(np.random.default_rng(3), 400).save(path)
    return path


@pytest.fixture(scope="module")
def by_regions(hostile: Path) -> Explanation:
    return fs.explain(hostile)


@pytest.fixture(scope="module")
def by_spectrum() -> Explanation:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (24, 64, 56), np.uint8)
    small = rng.integers(0, 256, (24, 32, 28), np.uint8)
    images[::2] = np.kron(small, np.ones((2, 2), np.uint8))[::2]
    detector = fs.Detector(classifier="logistic", crop=False, feature_settings={"n_features": 30})
    detector.fit_features(detector.extract(list(images)), np.arange(24) % 2 == 0)
    return fs.explain(images[0], detector)


def test_a_notebook_shows_the_face_and_the_sentences(by_regions: Explanation) -> None:
    found = checked(by_regions)
    assert f"{HOSTILE}: \u25cf No swap found" in found.text
    for sentence in by_regions.sentences:
        assert sentence in found.text
    assert found.named("script") == []
    (picture,) = found.named("img")
    image = Image.open(io.BytesIO(base64.b64decode(str(picture["src"]).partition(",")[2])))
    height, width = by_regions.crop.grey.shape
    assert max(image.size) == min(LARGEST, max(height, width))
    assert image.width / image.height == pytest.approx(width / height, rel=0.02)
    for region in by_regions.regions:
        assert f"{region.title} {region.amount:+.2f}" in str(picture["alt"])
    drawn = {element["d"] for element in found.named("path")}
    outlined = [region for region in by_regions.regions if region.name != "face"]
    assert {path_of(region, by_regions.box) for region in outlined} == drawn
    assert len(by_regions._repr_html_()) < 100_000


def test_numbers_are_folded_and_true(by_regions: Explanation) -> None:
    html = by_regions._repr_html_()
    assert "<table>" not in html.partition("<details>")[0]
    rows = checked(by_regions).rows()
    for name, amount in list(by_regions.contributions.items())[:12]:
        assert rows[name] == [f"{amount:+.3f}"]
    for region in by_regions.regions:
        kind = "swapped faces" if region.amount > 0 else "untouched faces"
        assert rows[f"{region.title[0].upper()}{region.title[1:]}"] == [f"{region.amount:+.2f}", kind]


def test_an_image_in_memory_and_a_model_of_bands(by_spectrum: Explanation) -> None:
    found = checked(by_spectrum)
    assert "image in memory: \u25b2 More like the fakes" in found.text
    assert found.named("svg") == []
    assert set(by_spectrum.contributions) <= found.rows().keys()


def test_regions_are_drawn_as_bars(by_regions: Explanation) -> None:
    from matplotlib.figure import Figure

    ax = by_regions.plot(Figure().subplots())
    assert [bar.get_width() for bar in ax.patches] == [region.amount for region in by_regions.regions]
    titles = [label.get_text().lower() for label in ax.get_yticklabels()]
    assert titles == [region.title for region in by_regions.regions]
    assert "left, like untouched faces; right, like swapped faces" in ax.get_xlabel()


def test_a_spectrum_is_drawn_against_both_classes(by_spectrum: Explanation) -> None:
    from matplotlib.figure import Figure

    ax = by_spectrum.plot(Figure().subplots())
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    np.testing.assert_array_equal(lines["this face"], by_spectrum.spectrum)
    for name in ("real", "fake"):
        np.testing.assert_array_equal(lines[f"{name} in training"], by_spectrum.classes[name]["mean"])
    ax = by_spectrum.plot(Figure().subplots(), kind="distance")
    assert {line.get_label() for line in ax.lines} == {"this face", "real, mean", "fake, mean"}
    assert ax.get_ylabel() == "sd from the middle"
    ax = by_spectrum.plot(Figure().subplots(), kind="contributions")
    heights = dict(zip([tick.get_text() for tick in ax.get_xticklabels()], ax.patches, strict=True))
    assert {name: bar.get_height() for name, bar in heights.items()} == by_spectrum.contributions


def test_plots_without_axes_are_pyplots_and_in_its_colours(
    by_regions: Explanation, by_spectrum: Explanation
) -> None:
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    with plt.style.context("dark_background"):
        ax = by_spectrum.plot()
        (line,) = [line for line in ax.lines if line.get_label() == "this face"]
        assert line.get_color() == "white"
        maps = by_regions.plot(kind="contributions")
    assert len(maps) == 2
    assert len(plt.get_fignums()) == len(before) + 2
    plt.close(ax.figure)
    plt.close(maps[0].figure)


def test_what_cannot_be_drawn_says_what_can(
    by_regions: Explanation, by_spectrum: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=r'not of regions of the face; use kind="spectrum"'):
        by_spectrum.plot(kind="regions")
    with pytest.raises(ValueError, match=r'no mean spectra .* use kind="spectrum"'):
        by_regions.plot(kind="distance")
    with pytest.raises(ValueError, match="kind must be one of regions, spectrum, distance, contribut"):
        by_regions.plot(kind="<b>")
    monkeypatch.setattr("facespectra._extras.installed", lambda module: module != "matplotlib")
    with pytest.raises(MissingExtraError, match=r'pip install "facespectra\[detect\]"'):
        by_regions.plot()
