"""Times contenders in turn with a yardstick, and checks their answers first."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.bench.cases import Case, Images, Work, bare_ffts
from facespectra.bench.peers import PEERS
from facespectra.spectrum import providers, radial_spectrum
from facespectra.spectrum.backends import backends

# Of spectra that begin with 1. float32 rounding is under a hundredth of it.
TOLERANCE = 1e-4
MIN_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """One contender on one case.

    Attributes
    ----------
    case, name : str
        What was timed.
    microseconds : float
        Median time for one image.
    ratio : float
        Median of the ratios to the yardstick, each of two runs one after the other.
    yardstick : str
        What the ratio is to.
    error : float or None
        Largest difference from the definition; None for a bare transform.
    """

    case: str
    name: str
    microseconds: float
    ratio: float
    yardstick: str
    error: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


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


def _ours(images: Images, backend: str, provider: str | None) -> NDArray[Any]:
    with _provider(provider):
        result: NDArray[Any] = radial_spectrum(images, backend=backend, threads=1)
        return result


def contenders(images: Images) -> dict[str, Callable[[], NDArray[Any]]]:
    """Everything that computes the whole feature here, by name.

    Parameters
    ----------
    images : sequence of (H, W) uint8
        What is given to each.

    Returns
    -------
    dict of str to callable
        Each gives ``(B, 300)``.
    """
    found: dict[str, Callable[[], NDArray[Any]]] = {}
    for backend, state in backends().items():
        if state != "ready":
            continue
        for provider in providers.available() if backend == "native" else [None]:
            name = f"{backend}, {provider}" if provider else backend
            found[name] = partial(_ours, images, backend, provider)
    for name, peer in PEERS.items():
        found[name] = partial(lambda peer: np.stack([peer(image) for image in images]), peer)
    return found


def time_in_turn(yardstick: Work, contender: Work, seconds: float) -> tuple[float, float]:
    """Median seconds of the contender, and median of its ratios to the yardstick.

    Parameters
    ----------
    yardstick, contender : callable
        Run one after the other, again and again.
    seconds : float
        How long to go on; at least three rounds.
    """
    times: list[float] = []
    ratios: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < MIN_ROUNDS or time.perf_counter() < end:
        start = time.perf_counter()
        yardstick()
        middle = time.perf_counter()
        contender()
        times.append(time.perf_counter() - middle)
        ratios.append(times[-1] / (middle - start))
    return float(np.median(times)), float(np.median(ratios))


def compare(case: Case, seconds: float = 1.0, only: str | None = None) -> Iterator[Result]:
    """Time every contender on one case, in one thread.

    Parameters
    ----------
    case : Case
        What to time on.
    seconds : float, default 1
        For each contender.
    only : str, optional
        Leave out contenders without this in their name.

    Yields
    ------
    Result
        The bare transforms first.

    Raises
    ------
    ArithmeticError
        If a contender's answer is not the definition's.
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
        elapsed, ratio = time_in_turn(reference, work, seconds)
        yield Result(case.name, name, elapsed / len(images) * 1e6, ratio, reference_name, None)
    sample = slice(0, None, max(1, len(images) // 8))
    expected = radial_spectrum(images[sample], backend="numpy", dtype="float64", threads=1)
    for name, contender in contenders(images).items():
        if only is not None and only not in name:
            continue
        error = float(np.abs(contender()[sample] - expected).max())
        if not error <= TOLERANCE:
            raise ArithmeticError(f"{name} is off by {error:g} on {case.name}")
        elapsed, ratio = time_in_turn(reference, contender, seconds)
        yield Result(case.name, name, elapsed / len(images) * 1e6, ratio, reference_name, error)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep MKL, BLAS and OpenMP to one thread; torch has a setting of its own."""
    with ExitStack() as stack:
        if backends()["torch"] == "ready":
            import torch

            stack.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(1)
        if find_spec("threadpoolctl"):
            from threadpoolctl import threadpool_limits

            stack.enter_context(threadpool_limits(1))
        yield
