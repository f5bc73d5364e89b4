"""Figures beside pages: SVG and PDF, and PDFs that are kept for the same figure alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from facespectra.features.cache import Cache
from facespectra.report.html import write_figures

pytest.importorskip("matplotlib", reason="needs the detect extra")


def test_a_kept_pdf_is_that_of_the_same_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facespectra.figures import style

    def drawing(height: float, title: str = "a title") -> style.Drawing:
        with style.page_style():
            figure = style.new_figure(5, 3)
            ax = figure.subplots()
            ax.plot([0, 1, 2], [0, 1, height])
            ax.set_title(title)
            return style.to_svg(figure)

    def files(folder: str, one: style.Drawing, cache: Cache | None) -> tuple[bytes, bytes]:
        assert write_figures(tmp_path / folder, {"roc": one}, cache) == ["roc"]
        return (tmp_path / folder / "roc.svg").read_bytes(), (tmp_path / folder / "roc.pdf").read_bytes()

    plain = files("plain", drawing(2.0), None)
    assert plain[1].startswith(b"%PDF")
    cache = Cache(tmp_path / "cache")
    assert files("first", drawing(2.0), cache) == plain
    made: list[str] = []
    real = style.Drawing.pdf
    monkeypatch.setattr(style.Drawing, "pdf", lambda self: made.append("one") or real(self))
    assert files("second", drawing(2.0), cache) == plain
    assert not made
    # The least change of what is drawn is another figure.
    for other in (drawing(2.001), drawing(2.0, "another")):
        expected = files("other", other, None)
        assert expected[1] != plain[1]
        assert files("kept", other, cache) == expected
    assert len(made) == 4
    (entry, *_) = [path for path in (tmp_path / "cache" / "pdf").rglob("*") if path.is_file()]
    content = entry.read_bytes()
    entry.write_bytes(content[:-9])  # one that was cut off is drawn again
    for one in (drawing(2.0), drawing(2.001), drawing(2.0, "another")):
        assert files("again", one, cache) == files("again plain", one, None)
