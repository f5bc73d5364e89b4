"""The work of each series in a given size, with what it needs before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Work = Callable[[], object]

RATE = 30  # frames of a second of video
_PIXELS = 1 << 20
N_FEATURES = 300


def make_work(name: str, size: int, file: Path | None) -> tuple[Work, Work]:
    """Something small that loads all libraries, and the work itself; `file` is the video."""
    if name in ("video", "frames"):
        if file is None:
            raise ValueError(f"{name} needs a video")
        return _video(file, every=name == "video")
    if name in ("svm", "logistic"):
        return _fit("svm-poly" if name == "svm" else name, size)
    return _spectra(name, size)


def _spectra(name: str, size: int) -> tuple[Work, Work]:
    from facespectra.spectrum import radial_spectrum

    rng = np.random.default_rng(0)
    threads = size if name == "threads" else 1
    images: Any
    if name == "side":
        images = rng.integers(0, 256, (size, size), dtype=np.uint8)
    elif name == "batch":
        images = rng.integers(0, 256, (size, 64, 64), dtype=np.uint8)
    elif name == "threads":
        images = rng.integers(0, 256, (64, 512, 512), dtype=np.uint8)
    else:
        images = _crops(rng, size)
    # Eight pixels a side: small enough that what the work keeps for its shape is not kept before.
    small = np.arange(64, dtype=np.uint8).reshape(8, 8)
    return (
        lambda: radial_spectrum(small, threads=1),
        lambda: radial_spectrum(images, threads=threads),
    )


def _crops(rng: np.random.Generator, count: int) -> list[Any]:
    """Images of 48 to 81 pixels a side in 200 shapes, which share their pixels: they need no memory."""
    pixels = rng.integers(0, 256, _PIXELS, dtype=np.uint8)
    shapes = [(48 + 2 * (k % 17), 48 + 3 * (k // 17)) for k in range(200)]
    starts = rng.integers(0, _PIXELS - 82 * 82, count)
    crops = []
    for k, start in enumerate(starts):
        height, width = shapes[k % len(shapes)]
        crops.append(pixels[start : start + height * width].reshape(height, width))
    return crops


def _video(file: Path, every: bool) -> tuple[Work, Work]:
    from facespectra.videos import N_FRAMES, read_frames, spread, video_info

    def work() -> None:
        n_frames = video_info(file).n_frames
        wanted = range(n_frames) if every else spread(n_frames, N_FRAMES)
        read = sum(1 for _ in read_frames(file, wanted))
        if read != len(wanted):
            raise ArithmeticError(f"{read} of {len(wanted)} frames were read")

    return lambda: list(read_frames(file, [0])), work


def write_video(file: Path, seconds: int) -> None:
    """Write a moving picture with a key frame a second."""
    import av

    rng = np.random.default_rng(0)
    scene = rng.integers(0, 256, (15, 20, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 320, 240, "yuv420p", RATE
        for index in range(RATE * seconds):
            picture = np.ascontiguousarray(np.roll(scene, index, axis=1))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def _fit(classifier: str, rows: int) -> tuple[Work, Work]:
    from facespectra.detector.classifiers import fit_classifier, make_pipeline

    def fit(n: int) -> Work:
        rng = np.random.default_rng(0)
        labels = np.arange(n) % 2
        # Two clouds that overlap: a classifier gets the same share of rows wrong, whatever their number.
        matrix = rng.standard_normal((n, N_FEATURES), dtype=np.float32) + 0.1 * labels[:, None].astype("f4")
        groups = np.arange(n)

        def work() -> object:
            return fit_classifier(make_pipeline(classifier, scale=True, seed=0), matrix, labels, groups, 0, 1)

        return work

    return fit(20), fit(rows)
