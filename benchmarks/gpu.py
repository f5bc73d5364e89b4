"""All that a GPU is good for here, in one script of about ten minutes on a machine with one.

``python benchmarks/gpu.py [--json FILE]`` runs the torch backend's conformance tests on CUDA, then checks and
times: spectra of batches against cuFFT's bare transform and the same recipe in plain torch, from decoded
pixels in host memory against the native core on all threads, crops of mixed shapes, texture and ResNet-50
features in float32 and bfloat16. Answers are checked before they are timed, ratios are medians of runs in
turn. Weights that are not on the machine are replaced by random ones.

``--device cpu --quick`` does all of it on the CPU in less than a minute, in small sizes: it shows that the
script is right, and nothing about speed. It ends with status 1 if an answer is wrong or, on CUDA, a bar is
missed. Needs the extras detect and torch, and pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

import facespectra as fs
from facespectra.spectrum import definition
from facespectra.spectrum.settings import SpectrumSettings
from gpu_figures import Figure, Run, apart, line, machine, within
from gpu_networks import resnet, texture

DEVICE_VARIABLE = "FACESPECTRA_TORCH_DEVICE"
ROOT = Path(__file__).parents[1]
SPECTRUM_TOLERANCE = 1e-4  # of the first number of a spectrum
CUFFT_BAR = 1.3


@contextmanager
def arrays_go_to(device: str) -> Iterator[None]:
    before = os.environ.get(DEVICE_VARIABLE)
    os.environ[DEVICE_VARIABLE] = device
    try:
        yield
    finally:
        os.environ.pop(DEVICE_VARIABLE, None)
        if before is not None:
            os.environ[DEVICE_VARIABLE] = before


def conformance(run: Run) -> Iterator[Figure]:
    """The backend's own tests, on the device."""
    tests = ["tests/spectrum/test_radial_spectrum.py", "tests/spectrum/test_backends.py"]
    chosen = "torch and (oracle or pixel_types)" if run.quick else "torch or Torch"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        *tests,
        "-k",
        chosen,
    ]
    environment = {**os.environ, DEVICE_VARIABLE: run.device}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error)", done.stdout)}
    passed = counts.pop("passed", 0)
    if done.returncode:
        print(done.stdout[-4000:] + done.stderr[-4000:])
    yield Figure(
        f"conformance tests on {run.device}", passed, "passed", "all", not done.returncode and passed > 0
    )


def plain_recipe(images: torch.Tensor) -> Callable[[], torch.Tensor]:
    """The same numbers as one would write them in torch: whole transform, scatter_add, spline matrix."""
    settings = SpectrumSettings()
    count, height, width = images.shape
    bins, n_bins = definition.radial_bins((height, width), settings)
    counts = torch.from_numpy(np.bincount(bins[bins >= 0], minlength=n_bins)).to(images.device)
    unit = np.eye(n_bins)
    spline = np.stack(
        [definition.finish(row, SpectrumSettings(normalize=False, dtype="float64")) for row in unit]
    )
    matrix = torch.from_numpy(spline).float().to(images.device)
    # What falls into no bin goes behind the last.
    index = torch.from_numpy(np.where(bins < 0, n_bins, bins).ravel()).to(images.device).expand(count, -1)

    def work() -> torch.Tensor:
        logs = 20 * torch.log(torch.fft.fft2(images.float()).abs() + settings.epsilon)
        sums = torch.zeros((count, n_bins + 1), device=images.device)
        sums.scatter_add_(1, index, logs.flatten(1))
        profile = sums[:, :-1] / counts @ matrix
        return profile / profile[:, :1]

    return work


def spectra(run: Run) -> Iterator[Figure]:
    """Batches of one shape and crops of many, on the device and from host memory."""
    side, count = (64, 32) if run.quick else (256, 1024)
    rng = np.random.default_rng(0)
    host = rng.integers(0, 256, (count, side, side), dtype=np.uint8)
    images = torch.from_numpy(host).to(run.device)
    floats = images.float()
    expected = fs.radial_spectrum(host[:8], backend="numpy", dtype="float64")
    case = f"{count} of {side}x{side}"

    got = fs.radial_spectrum(images)
    yield within(
        "float32 against the definition in float64", apart(got[:8].cpu(), expected), SPECTRUM_TOLERANCE
    )
    whole = fs.radial_spectrum(images[:8], dtype="float64")
    yield within("float64 against the definition", apart(whole.cpu(), expected), 1e-10)
    yield within("against the native core", apart(got.cpu(), fs.radial_spectrum(host)), SPECTRUM_TOLERANCE)
    again = fs.radial_spectrum(images)
    yield Figure(
        "the same bits a second time", float(torch.equal(got, again)), "", "1", torch.equal(got, again)
    )

    plain = plain_recipe(images)
    yield within("plain torch against the definition", apart(plain()[:8].cpu(), expected), 1e-3)

    def bare() -> torch.Tensor:
        return torch.fft.rfft2(floats)

    def ours() -> torch.Tensor:
        return fs.radial_spectrum(images)

    yield run.ratio(f"{case} over bare torch.fft.rfft2", bare, ours, CUFFT_BAR)
    yield run.ratio(f"{case}, plain torch over bare torch.fft.rfft2", bare, plain)
    yield run.ratio(f"{case} over plain torch", plain, ours)

    shapes = [(140 + 9 * k % 90, 180 + 7 * k % 120) for k in range(20 if run.quick else 400)]
    crops = [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
    with arrays_go_to(run.device):
        for name, given in (("decoded pixels", list(host)), ("crops of mixed shapes", crops)):
            on_device = fs.radial_spectrum(given, backend="torch")
            on_host = fs.radial_spectrum(given)
            yield within(f"{name}, against the native core", apart(on_device, on_host), SPECTRUM_TOLERANCE)
            yield run.ratio(
                f"{name}, {len(given)}, to features, over the native core on all threads",
                lambda given=given: fs.radial_spectrum(given),  # type: ignore[misc]
                lambda given=given: fs.radial_spectrum(given, backend="torch"),  # type: ignore[misc]
            )


PARTS: dict[str, Callable[[Run], Iterator[Figure]]] = {
    "conformance": conformance,
    "spectra": spectra,
    "texture": texture,
    "resnet": resnet,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the parts, and print a line for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--quick", action="store_true", help="small sizes, a fifth of a second each")
    parser.add_argument("--only", choices=list(PARTS), help="one part alone")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    given = parser.parse_args(arguments)
    run = Run(given.device, given.quick)
    if run.on_gpu and not torch.cuda.is_available():
        parser.error(f"torch finds no GPU for --device {given.device}; --device cpu --quick tests the script")
    if run.quick:
        torch.set_num_threads(1)  # several would wait busily for each other beside other work
    print(machine(run))
    figures: list[Figure] = []
    for name, part in PARTS.items():
        if given.only not in (None, name):
            continue
        print(f"\n{name}")
        for figure in part(run):
            figures.append(figure)
            print(f"  {line(figure)}", flush=True)
    if given.json:
        told = {
            "machine": machine(run),
            "quick": run.quick,
            "figures": [asdict(figure) for figure in figures],
        }
        given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    failed = [figure.name for figure in figures if figure.passed is False]
    print(
        f"\n{len(figures)} figures, {len(failed)} not as they should be"
        + "".join(f"\n  {name}" for name in failed)
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
