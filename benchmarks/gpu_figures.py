"""What benchmarks/gpu.py measures with: where it runs, figures with their bars, and how they are printed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from facespectra.bench.timing import Timing, time_in_turn
from facespectra.environment import processor_name

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of what is printed."""

    name: str
    value: float
    unit: str
    bar: str = ""
    passed: bool | None = None  # None where there is nothing to hold it to
    spread: float | None = None  # half of what lies between the quartiles
    noisy: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Where and how much."""

    device: str
    quick: bool

    @property
    def on_gpu(self) -> bool:
        return torch.device(self.device).type != "cpu"

    @property
    def seconds(self) -> float:
        return 0.05 if self.quick else 5.0

    def settled(self, work: Work) -> Work:
        """The work, until the device has done it."""
        if not self.on_gpu:
            return work

        def run() -> None:
            work()
            torch.cuda.synchronize()

        return run

    def ratio(self, name: str, yardstick: Work, work: Work, bar: float | None = None) -> Figure:
        """Time of the work as a multiple of the yardstick's, and held to a bar where times count."""
        yardstick, work = self.settled(yardstick), self.settled(work)
        yardstick(), work()
        if not self.quick:
            yardstick(), work()
        told: Timing = time_in_turn(yardstick, work, self.seconds)
        passed = told.ratio <= bar if bar is not None and self.on_gpu else None
        return Figure(name, told.ratio, "x", f"<= {bar}" if bar else "", passed, told.spread, told.noisy)


def within(name: str, error: float, tolerance: float) -> Figure:
    return Figure(name, error, "", f"<= {tolerance:g}", error <= tolerance)


def apart(one: Any, other: Any) -> float:
    return float(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)).max())


def cosine(one: Any, other: Any) -> float:
    """The least of all rows."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(axis=1) / lengths).min())


def machine(run: Run) -> str:

    device = torch.cuda.get_device_name(run.device) if run.on_gpu else "no GPU in use"
    return f"{device}; {processor_name()}, {os.cpu_count()} processors; torch {torch.__version__}"


def line(figure: Figure) -> str:
    spread = "" if figure.spread is None else f" +-{figure.spread:.2g}"
    verdict = {True: "ok", False: "NOT MET", None: ""}[figure.passed]
    noise = "(too noisy to tell)" if figure.noisy else ""
    digits = 6 if figure.unit == "cosine" else 4
    words = [f"{figure.name}: {figure.value:.{digits}g}{spread}", figure.unit, figure.bar, verdict, noise]
    return " ".join(filter(None, words))
