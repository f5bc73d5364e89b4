"""The site's sources: what they must speak of. Building it is CI's (``.ci/run docs``)."""

from __future__ import annotations

import re
from pathlib import Path

import facespectra as fs

DOCS = Path(__file__).parents[1] / "docs"


def test_every_public_name_is_in_the_api_reference() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in sorted((DOCS / "api").glob("*.rst")))
    shown = set(re.findall(r"^\.\. auto(?:class|function):: ([\w.]+)$", pages, re.MULTILINE))
    assert {f"facespectra.{name}" for name in fs.__all__ if name != "__version__"} <= shown
