"""ROC curves in the width of a paper's column: true to their size, with text that is text."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs the detect extra")

from matplotlib.figure import Figure

from facespectra.evaluation import Evaluation, evaluate
from facespectra.evaluation.curves import DASHES
from facespectra.figures import paper

MM = 25.4
NAMES = ("ours", "theirs", "another & <b>one</b>", "$x_1$", "_e", "f", "g", "h", "i")
SVG = "{http://www.w3.org/2000/svg}"


def results(n: int) -> list[tuple[str, Evaluation]]:
    labels = np.repeat([0, 1], 40)
    rng = np.random.default_rng(0)
    found = [evaluate(labels, rng.normal(size=80) + labels, threshold=0.5) for _ in range(n)]
    return [(NAMES[k], one) for k, one in enumerate(found)]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn."""
    figures: list[Figure] = []
    real = paper.new_figure

    def keep(width: float, height: float) -> Figure:
        figures.append(real(width, height))
        return figures[-1]

    monkeypatch.setattr(paper, "new_figure", keep)
    return figures


@pytest.mark.parametrize("n", [2, 3, 6, 9])
def test_curves_are_those_of_the_evaluations_and_nothing_covers_them(n: int, drawn: list[Figure]) -> None:
    given = results(n)
    paper.paper_roc(given, "png")
    (figure,) = drawn
    (ax,) = figure.axes
    curves = [line for line in ax.lines if "AUC" in str(line.get_label())]
    for line, (_, result) in zip(curves, given, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.stack([result.fpr, result.tpr], 1))
    looks = {(str(line._unscaled_dash_pattern), line.get_linewidth()) for line in curves}
    assert len(looks) == n, "without colour they must differ"
    assert len(DASHES) == 8
    assert ax.get_xlim() == ax.get_ylim() == (-0.01, 1.01)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("real faces called fake", "fakes found")
    legend = ax.get_legend()
    assert legend is not None
    box = legend.get_window_extent()
    assert box.y1 < ax.xaxis.label.get_window_extent().y0
    assert (box.x0 >= 0, box.y0 >= 0, box.x1 <= figure.bbox.x1) == (True, True, True)
    # The axes take nearly all of the column's width.
    assert ax.get_window_extent().width > 0.7 * figure.bbox.width
    texts = [text.get_text() for text in legend.get_texts()]
    assert len(texts) == n + 2
    low, high = given[0][1].auc_ci95
    assert texts[0] == f"ours: AUC {given[0][1].auc:.3f} ({low:.3f} to {high:.3f})"
    assert texts[-2:] == ["chance, 0.5", "threshold in use"]


def test_an_svg_has_the_width_of_a_column_and_text() -> None:
    content = paper.paper_roc(results(5), "svg")
    root = ET.fromstring(content)  # noqa: S314
    assert float(root.attrib["width"].removesuffix("pt")) / 72 * MM == pytest.approx(88, abs=0.1)
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    for name in NAMES[:5]:
        assert any(name in text for text in texts), name
    assert "real faces called fake" in texts
    assert min(float(size) for size in re.findall(r"font-size: ([\d.]+)px", content.decode())) >= 7
    assert content == paper.paper_roc(results(5), "svg")


def test_a_pdf_has_real_fonts_and_a_png_its_size() -> None:
    from PIL import Image

    pdf = paper.paper_roc(results(2), "pdf")
    streams = b"".join(_streams(pdf))
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"Tj" in streams or b"TJ" in streams
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+)", pdf)
    assert box is not None
    assert float(box[1]) / 72 * MM == pytest.approx(88, abs=0.1)
    image = Image.open(io.BytesIO(paper.paper_roc(results(2), "png")))
    assert image.width / paper.DPI * MM == pytest.approx(88, abs=0.1)
    assert image.info["dpi"][0] == pytest.approx(paper.DPI, abs=1)


def _streams(pdf: bytes) -> list[bytes]:
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            continue
    return found
