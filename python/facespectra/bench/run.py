"""Times contenders in alternation with a yardstick, after verifying their results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.bench.cases import Case, Images, bare_ffts
from facespectra.bench.peers import PEERS
from facespectra.bench.timing import MOST_OFF, Timing, time_in_turn
from facespectra.spectrum import providers, radial_spectrum
from facespectra.spectrum.backends import backends

# Spectra are normalised to begin with 1. float32 rounding is under a hundredth of this.
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Result:
    """Time of one contender on one case."""

    case: str
    name: str
    n_images: int
    timing: Timing
    yardstick: str
    error: float | None  # largest difference from the definition; None for a bare transform

    @property
    def microseconds(self) -> float:
        """Median, for one image."""
        return self.timing.seconds / self.n_images * 1e6

    @property
    def ratio(self) -> float:
        """Median of the ratios to the yardstick."""
        return self.timing.ratio

    @property
    def noisy(self) -> bool:
        """Whether the rounds differ too much, or the yardstick is not as fast as itself."""
        is_yardstick = self.name == self.yardstick
        return self.timing.noisy or (is_yardstick and abs(self.ratio - 1) > MOST_OFF)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON."""
        return {
            "case": self.case,
            "name": self.name,
            "microseconds": self.microseconds,
            "ratio": self.ratio,
            "ratio_low": self.timing.ratio_low,
            "ratio_high": self.timing.ratio_high,
            "rounds": self.timing.rounds,
            "noisy": self.noisy,
            "yardstick": self.yardstick,
            "error": self.error,
        }


@contextmanager
def _provider(name: str | None) -> Iterator[None]:
    before = os.environ.get(providers.VARIABLE)
    if name is not None:
        os.environ[providers.VARIABLE] = name
    try:
        yield
    finally:
        if name is not None and before is None:
            del os.environ[providers.VARIABLE]
        elif before is not None:
            os.environ[providers.VARIABLE] = before


def _ours(images: Images, backend: str, provider: str | None, one_a_call: bool) -> NDArray[Any]:
    with _provider(provider):
        if one_a_call:
            return np.stack([radial_spectrum(image, backend=backend, threads=1) for image in images])
        result: NDArray[Any] = radial_spectrum(images, backend=backend, threads=1)
        return result


def contenders(images: Images, one_a_call: bool = False) -> dict[str, Callable[[], NDArray[Any]]]:
    """Functions that compute the ``(B, 300)`` spectra of the images, by name.

    With `one_a_call`, our backends are called once for each image; the other implementations always are.
    """
    functions: dict[str, Callable[[], NDArray[Any]]] = {}
    for backend, state in backends().items():
        if state != "ready":
            continue
        for provider in providers.available() if backend == "native" else [None]:
            name = f"{backend}, {provider}" if provider else backend
            functions[name] = partial(_ours, images, backend, provider, one_a_call)
    for name, peer in PEERS.items():
        functions[name] = partial(lambda peer: np.stack([peer(image) for image in images]), peer)
    return functions


def compare(case: Case, seconds: float = 1.0, only: str | None = None) -> Iterator[Result]:
    """Time every contender whose name contains `only`, the bare transforms first, each for some seconds.

    ArithmeticError if a contender's result differs from the definition.
    """
    with _one_thread():
        yield from _compare(case, seconds, only)


def _compare(case: Case, seconds: float, only: str | None) -> Iterator[Result]:
    images = case.make()
    yardsticks = bare_ffts(images, case.one_shape)
    reference_name, reference = next(iter(yardsticks.items()))
    reference()
    for name, work in yardsticks.items():
        work()
        timing = time_in_turn(reference, work, seconds)
        yield Result(case.name, name, len(images), timing, reference_name, None)
    sample = slice(0, None, max(1, len(images) // 8))
    expected = radial_spectrum(images[sample], backend="numpy", dtype="float64", threads=1)
    for name, contender in contenders(images, case.one_a_call).items():
        if only is not None and only not in name:
            continue
        error = float(np.abs(contender()[sample] - expected).max())
        if not error <= TOLERANCE:
            raise ArithmeticError(f"{name} is off by {error:g} on {case.name}")
        timing = time_in_turn(reference, contender, seconds)
        yield Result(case.name, name, len(images), timing, reference_name, error)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Limit MKL, BLAS, OpenMP and torch to one thread."""
    with ExitStack() as stack:
        if backends()["torch"] == "ready":
            import torch

            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(1)
        if find_spec("threadpoolctl"):
            from threadpoolctl import threadpool_limits

            stack.enter_context(threadpool_limits(1))
        yield
