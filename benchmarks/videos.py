"""Frames of a video: reading ten here, by a plain loop and by other packages, and scoring every one.

``python benchmarks/videos.py [VIDEO...]``: without one, of videos of 30 seconds of 1080p that it makes, with
a key frame a second, as phones have them, and one in ten seconds. We must give the frames of the plain loop;
for the others the mean difference is shown. Times are the medians of several runs, taken in turns.

``--every`` scores all frames of a video with a face in it, as ``score --frames all`` does, beside decoding
alone: to the decoder's own frames, and to RGB arrays. What the default model costs more is measured part by
part, on one thread. Scores must be those of the frames of the plain loop.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import facespectra as fs
from facespectra._mtcnn import NativeFinder
from facespectra.features.crops import read_samples
from facespectra.rendered.database import render_face
from facespectra.videos import ALL_FRAMES, N_FRAMES, Frame, read_frames, spread, video_info

Pictures = list[NDArray[np.uint8]]
SIZE, RATE, SECONDS = (1920, 1080), 30, 30
KEPT = 16


def write_video(path: Path, every: int, face: Pictures | None = None) -> Path:
    """Write a moving picture with grain, and a key frame `every` so many frames; a face may move in it."""
    width, height = SIZE
    rng = np.random.default_rng(0)
    shape = (height // 8 + 60, width // 8 + 60, 3)
    scene = rng.integers(40, 200, shape, np.uint8).repeat(8, 0).repeat(8, 1)
    grain = rng.integers(0, 12, (height, width, 1), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "g": str(every)})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for index in range(RATE * SECONDS):
            x = 2 * index % 400
            picture = scene[x : x + height, x : x + width] + np.roll(grain, 3 * index, 1)
            for one in face or ():
                picture[200 : 200 + len(one), 300 + x : 300 + x + one.shape[1]] = one
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def ours(path: Path, indices: list[int]) -> Pictures:
    """What the package does."""
    return [np.asarray(image) for _, _, image in read_frames(path, indices)]


def plain_loop(path: Path, indices: list[int]) -> Pictures:
    """Decode all frames, as PyAV's own examples do."""
    wanted = set(indices)
    with av.open(str(path)) as container:
        frames = enumerate(container.decode(video=0))
        return [frame.to_ndarray(format="rgb24") for index, frame in frames if index in wanted]


def by_decord(path: Path, indices: list[int]) -> Pictures:
    """Decord, which seeks by key frames."""
    import decord

    return list(decord.VideoReader(str(path)).get_batch(indices).asnumpy())


def by_torchcodec(path: Path, indices: list[int]) -> Pictures:
    """TorchCodec, which seeks by key frames."""
    from torchcodec.decoders import VideoDecoder

    decoder = VideoDecoder(str(path), dimension_order="NHWC", num_ffmpeg_threads=0)
    return list(decoder.get_frames_at(indices).data.numpy())


READERS: dict[str, Callable[[Path, list[int]], Pictures]] = {
    "plain loop (PyAV)": plain_loop,
    "facespectra": ours,
    "decord": by_decord,
    "torchcodec": by_torchcodec,
}


def compare(path: Path, runs: int) -> None:
    """Print a row for each reader."""
    info = video_info(path)
    indices = spread(info.n_frames, N_FRAMES)
    print(
        f"\n{path.name}: {info.codec}, {info.width}x{info.height}, {info.n_frames} frames, {N_FRAMES} of them"
    )
    known = plain_loop(path, indices)
    times: dict[str, list[tuple[float, float]]] = {}
    same = {}
    for name, read in READERS.items():
        try:
            pictures = read(path, indices)
        except (ImportError, OSError, RuntimeError) as error:
            print(f"  {name:<20} not here ({type(error).__name__})")
            continue
        times[name] = []
        # Other packages convert colours otherwise: a wrong frame differs by far more.
        apart = [np.abs(one.astype(int) - other).mean() for one, other in zip(pictures, known, strict=True)]
        same[name] = max(apart)
    for _ in range(runs):
        for name, taken in times.items():
            start, processors = perf_counter(), process_time()
            READERS[name](path, indices)
            taken.append((perf_counter() - start, process_time() - processors))
    medians = {
        name: [statistics.median(column) for column in zip(*taken, strict=True)]
        for name, taken in times.items()
    }
    wall, cpu = medians["plain loop (PyAV)"]
    print(f"  {'':<20}{'seconds':>9}{'times as fast':>15}{'CPU s':>8}{'less CPU':>10}{'mean difference':>17}")
    for name, (seconds, processors) in medians.items():
        row = f"{seconds:>9.2f}{wall / seconds:>15.2f}{processors:>8.2f}{cpu / processors:>10.2f}"
        print(f"  {name:<20}{row}{same[name]:>17.3f}")
    if same["facespectra"] != 0:
        sys.exit("the frames are not those of the plain loop")


def decoded(path: Path, convert: Callable[[Any], Any]) -> Pictures:
    """Decode all frames in FFmpeg's own threads, and convert each; the last few are kept."""
    last: deque[NDArray[np.uint8]] = deque(maxlen=KEPT)
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            last.append(convert(frame))
    return list(last)


def every_frame(path: Path, runs: int) -> None:
    """Print what all frames cost: to decode them, and to score them."""
    info = video_info(path)
    n = info.n_frames
    model, finder, single = fs.load(), NativeFinder(), fs.load(threads=1)
    some = spread(n, KEPT)
    pictures = plain_loop(path, some)
    expected = model.score(pictures).tolist()
    sources = [Frame(str(path), index) for index in some]
    assert np.isfinite(expected).all(), "the face is not found"
    assert [one.score for one in model.score_samples(sources)] == expected
    crops = [one.crop for one in read_samples(sources, fs.FaceCropper()) if one.crop is not None]
    work: dict[str, tuple[Callable[[], Any], int]] = {
        "decoded": (lambda: decoded(path, lambda frame: None), n),
        "decoded to RGB": (lambda: decoded(path, lambda frame: frame.to_ndarray(format="rgb24")), n),
        "ours, every frame": (lambda: model.predict([path], frames=ALL_FRAMES), n),
        "  its face finding": (lambda: [finder.find(picture) for picture in pictures], KEPT),
        "  its features": (lambda: single.feature_set.extract(crops), KEPT),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for number in range(runs + 1):
        for name, (function, frames) in work.items():
            start, before = perf_counter(), process_time()
            function()
            if number:
                taken = perf_counter() - start, process_time() - before
                times[name].append((taken[0] / frames, taken[1] / frames))
    medians = {
        name: [statistics.median(column) for column in zip(*taken, strict=True)]
        for name, taken in times.items()
    }
    wall, cpu = medians["decoded"]
    print(f"\nevery frame of {n}, {info.width}x{info.height}, faces of {crops[0].shape[1]} pixels")
    print(f"  {'a frame':<20}{'wall ms':>9}{'ratio':>8}{'CPU ms':>8}{'ratio':>8}")
    for name, (seconds, processors) in medians.items():
        row = f"{1e3 * seconds:>9.2f}{seconds / wall:>8.2f}{1e3 * processors:>8.2f}{processors / cpu:>8.2f}"
        print(f"  {name:<20}{row}")


def main() -> int:
    """Compare the readers on each video."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--every", action="store_true", help="score every frame, instead of reading ten")
    given = parser.parse_args()
    print(f"PyAV {av.__version__}, {os.cpu_count()} processors")
    with TemporaryDirectory() as folder:
        if given.every:
            drawn = render_face(np.random.default_rng(4), 300).resize((700, 700))
            for video in given.videos or [write_video(Path(folder, "face.mp4"), 30, [np.asarray(drawn)])]:
                every_frame(video, given.runs)
            return 0
        videos = given.videos or [write_video(Path(folder, f"key-{every}.mp4"), every) for every in (30, 300)]
        for video in videos:
            compare(video, given.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
