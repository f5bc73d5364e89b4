"""What the robustness sweep of ``evaluate`` costs: an evaluation with it and without, and a plain sweep.

``python benchmarks/robustness.py [MANIFEST]``: without one, of rendered faces. The plain sweep degrades and
scores one face after the other at each strength, as one would write it; ours must give its scores, to the
last bit. Each time is the least of several runs, taken in turns, of processors and on the wall.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

import facespectra as fs
from facespectra.datasets.sources import sources_of
from facespectra.evaluation import evaluate
from facespectra.features.crops import Sample
from facespectra.features.extraction import extract_features
from facespectra.features.status import OK
from facespectra.rendered.database import render_database
from facespectra.report import evaluation, robustness

SAMPLES = 120


def plain_sweep(detector: Any, windows: list[Any], labels: np.ndarray[Any, Any]) -> list[list[float]]:
    """Scores of every face at every strength, one after the other."""
    everything = []
    for change, strengths in [(None, (0.0,)), *robustness.DEGRADATIONS.values()]:
        for strength in strengths:
            scores = []
            for window in windows:
                rgb = window.rgb if change is None else next(iter(change(window.rgb, (strength,))))
                sample = Sample("", OK, robustness._face_in(rgb, window))
                (row,) = detector.score_table(extract_features([sample], detector.feature_set))
                scores.append(row.score)
            evaluate(labels, np.array(scores))
            everything.append(scores)
    return everything


def timed(work: dict[str, Callable[[], Any]], runs: int) -> dict[str, tuple[float, float]]:
    """Least seconds of processors and on the wall, each by itself; the first round is not counted."""
    least = dict.fromkeys(work, (np.inf, np.inf))
    for number in range(runs + 1):
        for name, function in work.items():
            start, before = perf_counter(), process_time()
            function()
            taken = process_time() - before, perf_counter() - start
            if number:
                least[name] = min(least[name][0], taken[0]), min(least[name][1], taken[1])
    return least


def main() -> int:
    """Time the evaluation with and without, and the sweep against the plain one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", nargs="?", type=Path)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        place = given.manifest
        if place is None:
            place = Path(folder, "rendered")
            render_database(place, "Task_1", n_people=given.samples // 8, pictures=2, seed=0)
        dataset: pd.DataFrame = fs.read_dataset(place)
        dataset = dataset.groupby("label").head(given.samples // 2).reset_index(drop=True)
        detector = fs.load()
        table = detector.extract(sources_of(dataset))
        labels = dataset["label"].to_numpy()
        drawn = robustness.stratified_sample(labels, table.ok, robustness.SAMPLES)
        found = robustness.sweep(detector, sources_of(dataset), labels, table)
        if found is None:
            raise SystemExit("both classes are needed")
        pairs = robustness._windows(detector.cropper, sources_of(dataset), drawn, table.boxes, None)
        windows = [window for index, window in pairs if index in found.samples]
        of_ours = [found.unchanged, *(point for points in found.curves.values() for point in points)]
        theirs = plain_sweep(detector, windows, labels[found.samples])
        np.testing.assert_array_equal([point.scores for point in of_ours], theirs)
        n = len(found.samples)
        print(f"{len(dataset)} samples, {n} faces in {len(of_ours)} states: the scores of the plain sweep")
        out = Path(folder, "out")
        times = timed(
            {
                "evaluate without": lambda: evaluation.run(detector, dataset, out, robustness=0),
                "evaluate with": lambda: evaluation.run(detector, dataset, out),
                "sweep": lambda: robustness.sweep(detector, sources_of(dataset), labels, table),
                "plain sweep": lambda: plain_sweep(detector, windows, labels[found.samples]),
            },
            given.runs,
        )
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"{'':<20}{'CPU s':>8}{'seconds':>9}")
    for name, (cpu, wall) in times.items():
        print(f"{name:<20}{cpu:>8.2f}{wall:>9.2f}")
    ratios = [
        ("evaluate with / without", times["evaluate with"], times["evaluate without"]),
        ("sweep / plain sweep", times["sweep"], times["plain sweep"]),
    ]
    for name, ours, other in ratios:
        print(f"{name:<26} CPU {ours[0] / other[0]:.2f}, wall {ours[1] / other[1]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
