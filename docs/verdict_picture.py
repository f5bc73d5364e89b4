"""Makes ``docs/verdict.png``: what ``facespectra explain`` shows of a rendered swap, as Chromium draws it.

``python docs/verdict_picture.py``, from anywhere, where Chromium is installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import facespectra as fs
from facespectra.rendered.database import render_database

OUT = Path(__file__).with_name("verdict.png")
# The face, the verdict and the three sentences; the rest of the page is longer than a README.
WIDTH, HEIGHT = 940, 644
COLOURS = 160


def main() -> None:
    """Render, explain, photograph."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("verdict_picture: there is no Chromium on PATH; install one")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The swap of the tutorial "One photograph".
        render_database(folder / "album", "album", n_people=2, pictures=1, seed=2, size=320)
        photo = (folder / "album/fake/album_0001_0.jpg").rename(folder / "photo.jpg")
        fs.explain(photo).save(folder / "why.html")
        shot = folder / "shot.png"
        size = f"--window-size={WIDTH},{HEIGHT}"
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", size, f"--screenshot={shot}"]
        page = (folder / "why.html").as_uri()
        subprocess.run([chromium, *options, page], check=True, capture_output=True)  # noqa: S603
        with Image.open(shot) as image:
            image.convert("RGB").quantize(COLOURS).save(OUT, optimize=True)


if __name__ == "__main__":
    main()
