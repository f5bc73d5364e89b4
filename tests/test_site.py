"""The site's sources: what they must speak of. Building it is CI's (``.ci/run docs``)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.rendered.database import render_database, render_face

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_every_public_name_is_in_the_api_reference() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "api").glob("*.rst")))
    shown = set(re.findall(r"^\.\. auto(?:class|function):: ([\w.]+)$", pages, re.MULTILINE))
    assert {f"facespectra.{name}" for name in fs.__all__ if name != "__version__"} <= shown


@pytest.mark.slow
def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for package in ("sklearn", "skops", "pandas", "PIL", "onnxruntime", "matplotlib", "jinja2"):
        pytest.importorskip(package, reason="needs the detect extra")
    monkeypatch.chdir(tmp_path)
    render_face(np.random.default_rng(3), 256).save("photo.jpg", quality=92)
    render_database("faces", "Task_1", n_people=9, pictures=1, seed=0, size=160)
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S
    )
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # noqa: S102 - it is our own text
    assert len(blocks) == 1
    assert Path("why.html").stat().st_size > 10_000
    assert np.shape(names["spectrum"]) == (300,)
    assert capsys.readouterr().out.startswith(("swap ", "no-swap-found ", "cannot-tell "))


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r'\]\(([^)#:]+)\)|<img src="([^"]+)"', text)
    targets = [link or picture for link, picture in targets]
    assert len(targets) > 15
    assert "docs/verdict.png" in targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
