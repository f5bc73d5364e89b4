"""Small videos for tests: made on the spot, every frame tells its own number."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av", reason="needs the detect extra")

SIDE = (64, 48)
STEP = 7

# (a, b, c, d) of the display matrix in an MP4, by what a player does with it.
MATRICES = {
    "clockwise": (0, 1, -1, 0),
    "half": (-1, 0, 0, -1),
    "counter-clockwise": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1),
}


def picture(index: int, size: tuple[int, int] = SIDE) -> np.ndarray:
    """White in the upper left quarter, elsewhere a grey that names the frame."""
    width, height = size
    pixels = np.full((height, width, 3), index * STEP % 256, np.uint8)
    pixels[: height // 2, : width // 2] = 255
    return pixels


def number_of(pixels: np.ndarray) -> int:
    """Which frame an upright picture is, by the grey of its lower right corner."""
    return round(float(pixels[-4:, -4:].mean()) / STEP)


def write_clip(
    path: Path,
    n: int = 30,
    *,
    size: tuple[int, int] = SIDE,
    turned: str | None = None,
    codec: str = "mpeg4",
    noise: int | None = None,
    picture_file: Path | None = None,
) -> Path:
    """Write a video of `n` frames: numbered, random with `noise` for a seed, or all of one picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(noise)
    still = None
    if picture_file is not None:
        from PIL import Image

        with Image.open(picture_file) as image:
            size, still = image.size, np.asarray(image.convert("RGB"))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = 4_000_000
        for index in range(n):
            pixels = picture(index, size)
            if still is not None:
                pixels = still
            elif noise is not None:
                pixels = rng.integers(0, 256, pixels.shape, dtype=np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    if turned is not None:
        content = bytearray(path.read_bytes())
        # Of the track header: type, version and flags, times and ids, reserved, layer and so on, matrix.
        start = content.index(b"tkhd") + 4 + 4 + 20 + 8 + 8
        a, b, c, d = (value << 16 for value in MATRICES[turned])
        content[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
        path.write_bytes(content)
    return path


def cut_clip(path: Path, n: int = 30) -> Path:
    """Write a video whose index stands first, and cut off the second half of its frames."""
    whole = write_clip(path.with_name("whole.mp4"), n, noise=0)
    with av.open(str(whole)) as source, av.open(str(path), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    whole.unlink()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path
