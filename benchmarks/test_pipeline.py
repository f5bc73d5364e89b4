"""From files to features: each row of ``docs/pipeline.md`` against what one would write without this package.

On the photographs of ``shared/data/lab`` where they are beside the checkout, else on drawn faces. With
``--benchmark-disable`` a few drawn ones show that everything runs and agrees; nothing is held to its bar.
``-s`` shows the figures, ``--benchmark-json`` keeps them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for _package in ("facenet_pytorch", "sklearn", "pandas"):
    pytest.importorskip(_package)

import torch  # noqa: E402
from PIL import Image  # noqa: E402

import facespectra as fs  # noqa: E402
from facespectra.bench.peers import published_recipe  # noqa: E402
from facespectra.images import find_images  # noqa: E402
from facespectra.rendered.database import render_database, render_face  # noqa: E402
from in_turn import Ratio, in_turn, judged  # noqa: E402

PROCESSORS = len(os.sched_getaffinity(0))
PART = 24
# A process of its own in between: what is forked from this one counts its memory as theirs.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
SHARED = os.environ.get("FACESPECTRA_SHARED_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data"
LAB = Path(SHARED) / "lab"


@pytest.fixture(autouse=True)
def all_processors(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Iterator[None]:
    """Both sides may use the whole machine."""
    monkeypatch.delenv("FACESPECTRA_THREADS")
    before = torch.get_num_threads()
    torch.set_num_threads(PROCESSORS)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def quick(benchmark: Any) -> bool:
    return not benchmark.enabled


@pytest.fixture
def photographs(quick: bool, tmp_path: Path) -> list[Path]:
    if LAB.is_dir() and not quick:
        return find_images(LAB)
    rng = np.random.default_rng(0)
    files = [tmp_path / f"{number:03}.jpg" for number in range(6 if quick else 120)]
    for file in files:
        render_face(rng, 300).save(file, quality=92)
    return files


def in_parts(items: list[Any], size: int = PART) -> Iterator[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def reference() -> Any:
    """The yardstick: facenet-pytorch's MTCNN as its documentation shows it."""
    from facenet_pytorch import MTCNN

    return MTCNN(post_process=False)


def largest(mtcnn: Any, image: Image.Image) -> np.ndarray | None:
    """Its largest face, in whole pixels of the image."""
    boxes = mtcnn.detect(image)[0]
    if boxes is None:
        return None
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.clip(boxes[areas.argmax()].astype(int), 0, np.tile(image.size, 2))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    common = np.prod(np.maximum(sides, 0))
    return float(common / (np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]) - common))


def overlaps(ratio: Ratio) -> np.ndarray:
    """How far each largest face of ours is the yardstick's; both must have one, or none."""
    found = []
    for ours, theirs in ratio.results:
        for face, box in zip(ours, theirs, strict=True):
            assert (face is None) == (box is None)
            if face is not None:
                found.append(overlap(np.array(face.box), box))
    return np.array(found)


@pytest.mark.parametrize(("side", "bar"), [(None, 4.0), (1200, 6.0)], ids=["as they are", "1200 px"])
def test_largest_face(benchmark: Any, photographs: list[Path], side: int | None, bar: float) -> None:
    mtcnn, cropper = reference(), fs.FaceCropper()

    def decoded(files: list[Path]) -> list[Image.Image]:
        images = [Image.open(file).convert("RGB") for file in files]
        return images if side is None else [image.resize((side, side)) for image in images]

    # At 1200 pixels every fourth: the yardstick takes more than a second for each.
    files = photographs if side is None or len(photographs) < 48 else photographs[::4]
    parts = (decoded(part) for part in in_parts(files))

    def ours(images: list[Image.Image]) -> list[Any]:
        return cropper.detect(images)

    def yardstick(images: list[Image.Image]) -> list[Any]:
        return [largest(mtcnn, image) for image in images]

    ratio = benchmark.pedantic(in_turn, (parts, ours, yardstick), rounds=1)
    shares = overlaps(ratio)
    assert len(shares) >= 0.7 * len(files)
    # Where two candidates tie, rounding chooses: the same face, with another box.
    assert (shares > 0.5).all()
    assert (shares >= 0.98).mean() >= 0.99
    benchmark.extra_info["overlap at least 0.98"] = f"{(shares >= 0.98).sum()} of {len(shares)}"
    judged(benchmark, ratio, bar, len(files))


def plain_loop(mtcnn: Any, files: list[Path]) -> np.ndarray:
    """What one would write without this package: a row for each file, NaN where there is no face."""
    rows = np.full((len(files), 300), np.nan)
    for row, file in zip(rows, files, strict=True):
        image = Image.open(file)
        box = largest(mtcnn, image.convert("RGB"))
        if box is not None:
            x0, y0, x1, y1 = box
            row[:] = published_recipe(np.asarray(image.convert("L"))[y0:y1, x0:x1])
    return rows


def agree(ours: np.ndarray, theirs: np.ndarray) -> None:
    """The same faces, and in 99 of 100 the same spectrum: elsewhere the box is another by a pixel."""
    np.testing.assert_array_equal(np.isnan(ours).any(axis=1), np.isnan(theirs).any(axis=1))
    found = ~np.isnan(theirs).any(axis=1)
    assert found.mean() >= 0.7
    off = np.abs(ours[found] - theirs[found]).max(axis=1) / np.abs(theirs[found]).max(axis=1)
    assert (off <= 1e-4).mean() >= 0.99


def test_extract_end_to_end(benchmark: Any, photographs: list[Path]) -> None:
    mtcnn, kept = reference(), fs.Detector("spectrum")

    def ours(files: list[Path]) -> np.ndarray:
        return kept.extract([str(file) for file in files]).matrix

    def yardstick(files: list[Path]) -> np.ndarray:
        return plain_loop(mtcnn, files)

    ratio = benchmark.pedantic(in_turn, (in_parts(photographs), ours, yardstick), rounds=1)
    agree(*(np.concatenate(side) for side in zip(*ratio.results, strict=True)))
    judged(benchmark, ratio, 5.0, len(photographs))


def test_extract_command(benchmark: Any, photographs: list[Path], tmp_path: Path) -> None:
    """The command itself, with the start of Python, against the plain loop without it."""
    mtcnn, out = reference(), tmp_path / "f.npz"

    def ours(files: list[Path]) -> np.ndarray:
        run = [sys.executable, "-m", "facespectra", "extract", *map(str, files), "--faces", "-o", str(out)]
        subprocess.run(run, check=True, capture_output=True)
        with np.load(out) as arrays:
            return np.asarray(arrays["features"])

    def yardstick(files: list[Path]) -> np.ndarray:
        return plain_loop(mtcnn, files)

    ratio = benchmark.pedantic(in_turn, ([photographs], ours, yardstick), rounds=1)
    agree(*ratio.results[0])
    judged(benchmark, ratio, 5.0, len(photographs))


@pytest.mark.parametrize("precision", ["auto", "float32"])
def test_resnet50(benchmark: Any, quick: bool, tmp_path: Path, precision: str) -> None:
    from torchvision.models import resnet50

    from facespectra.deep.inference import cpu_has_bfloat16
    from facespectra.deep.network import MEAN, STD

    torch.manual_seed(0)
    eager = resnet50(weights=None).eval()
    torch.save(eager.state_dict(), tmp_path / "weights.pth")
    eager.fc = torch.nn.Identity()
    deep = fs.DeepFeatures(tmp_path / "weights.pth", precision=precision)
    rng = np.random.default_rng(0)
    crops = [np.asarray(render_face(rng, 224)) for _ in range(8 if quick else 96)]
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))

    def yardstick(part: list[np.ndarray]) -> np.ndarray:
        # In the layout in which torchvision's own to_tensor gives them.
        batch = torch.from_numpy(np.stack(part)).permute(0, 3, 1, 2).contiguous().float() / 255
        with torch.inference_mode():
            return eager((batch - mean) / std).numpy()

    ratio = benchmark.pedantic(in_turn, (in_parts(crops, 8), deep.transform, yardstick), rounds=1)
    one, other = (np.concatenate(side) for side in zip(*ratio.results, strict=True))
    cosines = np.sum(one * other, axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert cosines.min() >= 0.999
    benchmark.extra_info |= {"least cosine": float(cosines.min()), "in": deep._network().computes_in}
    amx = bool(getattr(torch.cpu, "get_capabilities", dict)().get("amx_bf16"))
    # In float32 there is little to be won over oneDNN's convolutions, which reach the processor's limit.
    fast = precision == "auto" and cpu_has_bfloat16()
    judged(benchmark, ratio, (5.0 if amx else 1.3) if fast else 1.0, len(crops))


@pytest.mark.parametrize("form", ["npz", "parquet", "csv"])
def test_memory_of_many_files(benchmark: Any, quick: bool, tmp_path: Path, form: str) -> None:
    counts = (20, 200) if quick else (2_000, 20_000)
    rng = np.random.default_rng(0)
    for count in counts:
        (tmp_path / str(count)).mkdir()
        for number in range(count):
            pixels = rng.integers(0, 256, (48, 48), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / str(count) / f"{number:05}.png")

    def peak(count: int) -> int:
        """Largest resident size of a run, in kB."""
        run = [sys.executable, "-m", "facespectra", "extract", str(tmp_path / str(count))]
        run += ["-o", str(tmp_path / f"f.{form}")]
        return int(subprocess.check_output([sys.executable, "-c", PEAK, *run], text=True))

    small, large = benchmark.pedantic(lambda: [peak(count) for count in counts], rounds=1)
    benchmark.extra_info |= {"peak ratio": round(large / small, 2), "peak, MB": large // 1024}
    print(f"\n{benchmark.name}: {benchmark.extra_info}")
    if not quick:
        assert large <= 1.3 * small


def cut_anew(folder: Path, times: int) -> Path:
    """Cut every photograph of the lab a few pixels smaller, so often: all files differ."""
    rng = np.random.default_rng(0)
    for file in sorted(LAB.rglob("*.jpg")):
        target = folder / file.relative_to(LAB).parent
        target.mkdir(parents=True, exist_ok=True)
        with Image.open(file) as image:
            for number in range(times):
                left, top, right, bottom = rng.integers(0, 6, 4).tolist()
                part = image.convert("RGB").crop((left, top, image.width - right, image.height - bottom))
                part.save(target / f"{file.stem} {number}.jpg", quality=int(rng.integers(88, 97)))
    return folder


@pytest.mark.parametrize("times", [1, 5], ids=["all photographs", "five of each"])
def test_second_lab_run(benchmark: Any, quick: bool, tmp_path: Path, times: int) -> None:
    """The lab once more with every classifier to be trained again: what a change of classifiers costs."""
    data = LAB
    if quick or not data.is_dir():
        data = tmp_path / "data"
        people = (4 if quick else 40) * times
        render_database(data / "Task_1", "Task_1", n_people=people, seed=0)
        render_database(data / "Task_2_3", "Task_2_3", n_people=people, seed=1)
    elif times > 1:
        data = cut_anew(tmp_path / "data", times)
    out = tmp_path / "out"
    run = [sys.executable, "-m", "facespectra", "lab", "--task1", str(data / "Task_1")]
    run += ["--task23", str(data / "Task_2_3"), "--out", str(out)]

    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run(run, check=True, capture_output=True)
        return time.perf_counter() - start

    def both() -> tuple[float, float]:
        first = seconds()
        shutil.rmtree(out / ".cache" / "fit")
        return first, seconds()

    first, second = benchmark.pedantic(both, rounds=1)
    benchmark.extra_info |= {"first, s": round(first, 1), "second, s": round(second, 1), "bar": 0.1}
    print(f"\n{benchmark.name}: {benchmark.extra_info}, {second / first:.2f} of the first")
    if not quick:
        assert second <= 0.1 * first


def test_where_the_time_goes(benchmark: Any, photographs: list[Path], quick: bool, tmp_path: Path) -> None:
    """One photograph, stage by stage, on one thread: with plain code, and with this package."""
    from torchvision.models import resnet50

    from facespectra._conversion import cut_grey, to_grey
    from facespectra.images import read_rgb

    torch.set_num_threads(1)
    mtcnn, cropper, eager = reference(), fs.FaceCropper(), resnet50(weights=None).eval()
    torch.save(eager.state_dict(), tmp_path / "weights.pth")
    eager.fc = torch.nn.Identity()
    deep = fs.DeepFeatures(tmp_path / "weights.pth")
    seconds: dict[str, list[float]] = {}

    def timed(name: str, function: Any) -> Any:
        start = time.perf_counter()
        value = function()
        seconds.setdefault(name, []).append(time.perf_counter() - start)
        return value

    def plain_network(crops: list[np.ndarray]) -> np.ndarray:
        images = [Image.fromarray(crop).convert("RGB").resize((224, 224)) for crop in crops]
        batch = torch.from_numpy(np.stack([np.asarray(image) for image in images])).permute(0, 3, 1, 2)
        with torch.inference_mode():
            return eager(batch.contiguous().float() / 255).numpy()

    def plain(file: Path) -> np.ndarray:
        image = timed("plain, decode", lambda: Image.open(file).convert("RGB"))
        box = timed("plain, face", lambda: largest(mtcnn, image))
        x0, y0, x1, y1 = (0, 0, *image.size) if box is None else box
        crop = timed("plain, grey and crop", lambda: np.asarray(image.convert("L"))[y0:y1, x0:x1])
        timed("plain, spectrum", lambda: published_recipe(crop))
        return crop

    def ours(file: Path) -> np.ndarray:
        image = timed("ours, decode", lambda: read_rgb(file))
        face = timed("ours, face", lambda: cropper.detect([image])[0])
        box = None if face is None else cropper.region(face, image.shape[1], image.shape[0])
        grey = timed("ours, grey and crop", lambda: to_grey(image) if box is None else cut_grey(image, box))
        timed("ours, spectrum", lambda: fs.radial_spectrum(grey, n_features=300, threads=1))
        return grey

    def everything() -> None:
        files = photographs[:: 4 if len(photographs) > 100 else 1]
        plain(files[0]), ours(files[0])
        seconds.clear()
        for number, part in enumerate(in_parts(files, 8)):
            crops = [(plain(file), ours(file)) for file in part]
            colour = [np.repeat(crop[:, :, None], 3, axis=2) for crop, _ in crops]
            if number == 0:
                plain_network(colour), deep.transform(colour)
            timed("plain, ResNet-50", lambda crops=colour: plain_network(crops))
            timed("ours, ResNet-50", lambda crops=colour: deep.transform(crops))
        for name, values in seconds.items():
            benchmark.extra_info[name] = round(1e3 * sum(values) / len(files), 3)

    benchmark.pedantic(everything, rounds=1)
    print()
    for name, value in sorted(benchmark.extra_info.items()):
        print(f"{name:24} {value:8.3f} ms")
    assert len(benchmark.extra_info) == 10


def test_task_1_is_unchanged(benchmark: Any, quick: bool) -> None:
    """AUCs of Task 1 with the faces that the core finds, and with facenet-pytorch's."""
    from facespectra.datasets import read_dataset, select_split
    from facespectra.detector import CLASSIFIERS
    from facespectra.evaluation import evaluate

    if quick or not LAB.is_dir():
        pytest.skip("needs the photographs of shared/data/lab, and minutes")
    data = read_dataset(LAB / "Task_1")
    train, test = select_split(data, "train"), select_split(data, "test")
    labels = test["label"].to_numpy()

    def aucs(finder: str) -> dict[str, float]:
        found = {}
        first = fs.Detector()
        first.cropper = fs.FaceCropper(detector=finder)
        tables = [first.extract(part["path"].tolist()) for part in (train, test)]
        for classifier in CLASSIFIERS:
            detector = fs.Detector(classifier=classifier)
            detector.fit_features(tables[0], train["label"].to_numpy(), train["group"].to_numpy())
            found[classifier] = evaluate(labels, detector.score_features(tables[1])).auc
        return found

    ours, theirs = benchmark.pedantic(lambda: (aucs("native"), aucs("reference")), rounds=1)
    print()
    for name, value in ours.items():
        print(f"{name:12} {value:.4f} {theirs[name]:.4f}")
        assert abs(value - theirs[name]) <= 0.005
