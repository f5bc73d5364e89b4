"""Small videos for tests: made on the spot, every frame tells its own number."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
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
    pixels_as: str = "yuv420p",
    times: Sequence[int] | None = None,
) -> Path:
    """Write a video of `n` frames: numbered, random with `noise` for a seed, or all of one picture.

    `times` are those of the frames, in 25ths of a second.
    """
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
        stream.pix_fmt = pixels_as
        stream.bit_rate = 4_000_000
        for index in range(n):
            pixels = picture(index, size)
            if still is not None:
                pixels = still
            elif noise is not None:
                pixels = rng.integers(0, 256, pixels.shape, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[index], Fraction(1, 25)
            for packet in stream.encode(frame):
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
    remux(whole, path, movflags="faststart")
    whole.unlink()
    return cut_off(path, 0.5)


def remux(source: Path, target: Path, **options: str) -> Path:
    """Copy the packets of a video into another container."""
    with av.open(str(source)) as given, av.open(str(target), "w", options=options) as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.size:
                packet.stream = stream
                made.mux(packet)
    return target


def cut_off(path: Path, share: float) -> Path:
    """Keep that share of a file's bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * share)])
    return path


def trim(path: Path, first: int, n: int) -> Path:
    """Have the edit list of an MP4 show `n` frames from the one with number `first` on, at 25 a second."""
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        frame = round(1 / (25 * container.streams.video[0].time_base))
    # Version and flags, number of edits, length in milliseconds, start in the time of the stream.
    at = content.index(b"elst") + 4
    _, count, _, start = struct.unpack_from(">IIIi", content, at)
    assert count == 1
    struct.pack_into(">Ii", content, at + 8, n * 40, start + first * frame)
    path.write_bytes(content)
    return path


def write_sound(path: Path, codec: str = "aac", *, clip: Path | None = None, seconds: float = 1) -> Path:
    """Write sound alone, or beside the pictures of a clip."""
    rate = 16_000
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        if clip is not None:
            with av.open(str(clip)) as given:
                copied = container.add_stream_from_template(given.streams.video[0])
                for packet in given.demux(given.streams.video[0]):
                    if packet.size:
                        packet.stream = copied
                        container.mux(packet)
        for start in range(0, round(rate * seconds), 1000):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, start
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
