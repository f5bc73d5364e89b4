"""Two faces to try the page on: somebody who does not exist, and the same picture with the face swapped.

``python -m facespectra.serve.samples FOLDER`` renders them again.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

FOLDER = Path(__file__).with_name("sample_pictures")
SIDE = 512


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample: what the page calls it, and its file."""

    name: str
    title: str

    @property
    def file(self) -> Path:
        """The JPEG file."""
        return FOLDER / self.name


SAMPLES = {
    one.name: one
    for one in (
        Sample("untouched.jpg", "a rendered face, untouched"),
        Sample("swapped.jpg", "the same picture, its face swapped"),
    )
}


def render(out: Path) -> None:
    """Render the samples into a folder."""
    from facespectra.rendered.database import render_database

    with TemporaryDirectory() as folder:
        render_database(folder, "Task_1", n_people=6, seed=1, pictures=1, size=SIDE)
        for name, kind in (("untouched.jpg", "real"), ("swapped.jpg", "fake")):
            (picture,) = Path(folder).rglob(f"{kind}/Task_1_0003_0.jpg")
            copyfile(picture, out / name)


if __name__ == "__main__":
    render(Path(sys.argv[1]))
