"""One server for the tests of a file, and files to send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the serve extra")
pytest.importorskip("httpx", reason="needs the test extra")

from servers import Served, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the settings of the command, but few frames."""
    with serving(tmp_path_factory.mktemp("server"), frames=6) as served:
        yield served


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A JPEG file with one rendered face."""
    from facespectra.serve.samples import SAMPLES

    return SAMPLES["swapped.jpg"].file.read_bytes()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video with a face in the middle of it alone."""
    import av
    import numpy as np

    from facespectra.rendered.database import render_face

    face = np.asarray(render_face(np.random.default_rng(3), 256))
    empty = np.full_like(face, 128)
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        stream.bit_rate = 4_000_000
        for pixels in [empty] * 8 + [face] * 8 + [empty] * 8:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode(None))
    return path
