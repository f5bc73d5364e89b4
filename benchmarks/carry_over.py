"""What each part of the regions model is good for: ``python benchmarks/carry_over.py SOURCE... [--lab DIR]``.

Prints the Markdown tables of ``docs/carry_over.md``. Everything is trained on twins of the photographs that
the shipped models are trained on; parts are switched off in training alone. It is measured on twins of the
photographs that were kept out and, with ``--lab``, on twins of the lab's own real photographs, which are of
other cameras, and on the lab's sets as they are. Nothing was tuned on any of the lab's evaluation sets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from facespectra import load, read_dataset
from facespectra.datasets import select_split
from facespectra.datasets.headers import read_headers
from facespectra.detector import Detector
from facespectra.detector.experts import TwoExperts
from facespectra.detector.synthetic import is_held_out, synthetic_set
from facespectra.evaluation import evaluate
from facespectra.features.crops import Crop
from facespectra.features.feature_set import Runtime
from facespectra.features.feature_sets import RegionFeatureSet
from facespectra.images import find_images
from facespectra.models.build import CHECK_DRAWS, CHECK_SEED, CHECKS, HELD_OUT
from facespectra.regions.layout import N_BANDS, N_RELATIVE, feature_names
from facespectra.synth import PRESETS, STEPS, SwapSettings

NAMES = feature_names()
ABSOLUTE = set(NAMES[:-N_RELATIVE])
SECTORS = set(NAMES[N_BANDS:-N_RELATIVE])
LAB = {"Task_1/evaluation": "Task_1", "Task_2_3/evaluation": "Task_2_3"}


class WithLight(RegionFeatureSet):
    """Region features, and behind them the mean brightness of the box."""

    def __init__(self) -> None:
        super().__init__(Runtime())
        self.width += 1

    def extract(self, crops: Sequence[Crop]) -> np.ndarray:
        light = [[float(crop.grey.mean())] for crop in crops]
        return np.concatenate([super().extract(crops), np.array(light)], axis=1)


@dataclass
class Rows:
    """Samples with a face: features, labels, groups, and what a detector must not read."""

    X: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    light: np.ndarray
    size: np.ndarray

    def keeping(self, keep: Callable[[str], bool]) -> Rows:
        """Features that are left out are made constant: they can say nothing."""
        kept = np.array([keep(name) for name in NAMES])
        return replace(self, X=np.where(kept, self.X, 0.0))

    def take(self, part: np.ndarray) -> Rows:
        return Rows(self.X[part], self.y[part], self.groups[part], self.light[part], self.size[part])


def rows_of(table: Any, labels: Sequence[int], groups: Sequence[str]) -> Rows:
    ok = table.ok
    matrix = table.matrix[ok]
    size = np.array([box[2] - box[0] for box in table.boxes if box is not None], float)
    return Rows(matrix[:, :-1], np.array(labels)[ok], np.array(groups)[ok], matrix[:, -1], size)


def detector_with_light() -> Detector:
    detector = Detector("regions", "experts")
    detector.feature_set = WithLight()
    return detector


def twins(photographs: Sequence[Path], settings: SwapSettings, draws: int, seed: int = 0) -> Rows:
    made = synthetic_set(detector_with_light(), photographs, settings=settings, draws=draws, seed=seed)
    return rows_of(made.table, made.labels, made.groups)


def interval(rows: Rows, scores: np.ndarray) -> str:
    """AUC, with an interval that heeds what was made of one photograph."""
    result = evaluate(rows.y, scores, rows.groups if len(set(rows.groups)) < len(rows.y) else None)
    low, high = result.auc_ci95
    return f"{result.auc:.3f} [{low:.3f}, {high:.3f}]"


def judged(train: Rows, test: Rows, experts: str = "both", **settings: Any) -> np.ndarray:
    return TwoExperts(experts, **settings).fit(train.X, train.y).decision_function(test.X)


def table(head: str, tests: dict[str, Rows]) -> None:
    print(f"\n| {head} | {' | '.join(tests)} |\n|---|{'---|' * len(tests)}")


def line(what: str, train: Rows, tests: dict[str, Rows], experts: str = "both", **settings: Any) -> None:
    cells = [interval(test, judged(train, test, experts, **settings)) for test in tests.values()]
    print(f"| {what} | {' | '.join(cells)} |", flush=True)


def features_switched_off(train: Rows, tests: dict[str, Rows]) -> None:
    table("features and experts", tests)
    line("all", train, tests)
    line("absolute expert alone", train, tests, "absolute")
    line("relative expert alone", train, tests, "relative")
    parts: dict[str, tuple[str, Callable[[str], bool]]] = {
        "without sectors": ("both", lambda name: name not in SECTORS),
        "without bands by region": ("both", lambda name: name in SECTORS or name not in ABSOLUTE),
        "without the other regions: inner face minus ring": (
            "both",
            lambda name: name in ABSOLUTE or name.startswith("inner-ring"),
        ),
        "no region but the inner face": (
            "absolute",
            lambda name: name.startswith("inner ") or name in SECTORS,
        ),
        "no region but the ring": ("absolute", lambda name: name.startswith("ring ") or name in SECTORS),
        "no regions: sectors alone": ("absolute", lambda name: name in SECTORS),
    }
    for what, (experts, keep) in parts.items():
        few = {name: test.keeping(keep) for name, test in tests.items()}
        line(what, train.keeping(keep), few, experts)
    six = [f"inner-ring {band} {kind}" for band in ("dog0.8", "dog1.6", "dog3.2") for kind in ("rms", "p90")]

    def six_alone(name: str) -> bool:
        return name in ABSOLUTE or name in six

    few = {name: test.keeping(six_alone) for name, test in tests.items()}
    line("relative: six numbers, C = 0.001", train.keeping(six_alone), few, C=0.001)
    one = NAMES.index("inner-ring dog0.8 rms")
    cells = [interval(test, -test.X[:, one]) for test in tests.values()]
    print(f"| one number, no training: inner-ring dog0.8 rms | {' | '.join(cells)} |", flush=True)


def steps_switched_off(photographs: Sequence[Path], tests: dict[str, Rows], draws: int) -> None:
    table(f"generator, swaps of each photograph: {draws}", tests)
    for step in (None, *STEPS):
        settings = SwapSettings().without(*([step] if step else []))
        line(f"without {step}" if step else "all steps", twins(photographs, settings, draws), tests)


def shifts(train: Rows, test: Rows) -> None:
    """Trained on one size of face, measured on the other."""
    print("\n| trained on, measured on | both | absolute | relative |\n|---|---|---|---|")
    for small in (True, False):
        part, rest = train.take((train.size < 110) == small), test.take((test.size < 110) != small)
        cells = [interval(rest, judged(part, rest, experts)) for experts in ("both", "absolute", "relative")]
        names = ("faces under 110 px", "larger ones")
        print(f"| {', '.join(names if small else names[::-1])} | {' | '.join(cells)} |")


def equal_weights(labels: np.ndarray, *cues: np.ndarray) -> np.ndarray:
    """Weights under which both classes have the same brightness and size, in four steps of each."""
    cells = np.zeros(len(labels), int)
    for cue in cues:
        cells = cells * 4 + np.digitize(cue, np.quantile(cue, (0.25, 0.5, 0.75)))
    weights = np.zeros(len(labels))
    for cell in np.unique(cells):
        counts = [np.sum((cells == cell) & (labels == label)) for label in (0, 1)]
        if min(counts):
            for label in (0, 1):
                weights[(cells == cell) & (labels == label)] = min(counts) / counts[label]
    return weights


def cues(detector: Detector, tests: dict[str, Rows], tables: dict[str, np.ndarray]) -> None:
    """What the detector might read instead of the swap."""
    judge = detector.pipeline_[-1]
    print(
        "\n| set | regions model | at equal size and brightness | size alone | brightness alone "
        "| JPEG tables alone | real called fake |\n|---|---|---|---|---|---|---|"
    )
    for name, rows in tests.items():
        scores = judge.decision_function(rows.X)
        weights = equal_weights(rows.y, rows.size, rows.light)
        fair = roc_auc_score(rows.y, scores, sample_weight=weights)
        # Twins leave through one encoder.
        quality = interval(rows, tables[name]) if name in tables else "0.500, by construction"
        share = np.mean(scores[rows.y == 0] >= detector.threshold_)
        print(
            f"| {name} | {interval(rows, scores)} | {fair:.3f} | {interval(rows, rows.size)} | "
            f"{interval(rows, rows.light)} | {quality} | {share:.0%} |",
            flush=True,
        )


def on_the_lab(folder: Path) -> tuple[dict[str, Rows], dict[str, np.ndarray], dict[str, list[Path]]]:
    """The lab's sets as they are, their JPEG qualities, and their real photographs."""
    detector = detector_with_light()
    sets, tables, real = {}, {}, {}
    for name, place in LAB.items():
        part = select_split(read_dataset(folder / place), "test")
        made = detector.extract(part["path"].tolist())
        sets[name] = rows_of(made, part["label"].tolist(), part["group"].tolist())
        headers = read_headers(part["path"])
        quality = np.array([headers[path].quality or 0 for path in part["path"]], float)
        tables[name] = quality[made.ok]
        real[name] = [Path(path) for path in part.loc[part["label"] == 0, "path"]]
    return sets, tables, real


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--lab", type=Path)
    parser.add_argument("--draws", type=int, default=1, help="for the generator's steps")
    given = parser.parse_args()
    photographs = find_images(given.sources)
    kept = [path for path in photographs if not is_held_out(path.name, HELD_OUT)]
    held_out = [path for path in photographs if is_held_out(path.name, HELD_OUT)]
    tests = {"twins kept out": twins(held_out, CHECKS["default"], CHECK_DRAWS, CHECK_SEED)}
    sets: dict[str, Rows] = {}
    tables: dict[str, np.ndarray] = {}
    if given.lab:
        sets, tables, real = on_the_lab(given.lab)
        for name, paths in real.items():
            tests[f"twins of {name}"] = twins(paths, CHECKS["default"], CHECK_DRAWS, CHECK_SEED)
    cues(load("regions"), {**tests, **sets}, tables)
    if given.lab:
        by_preset: dict[str, Rows] = {}
        for name in ("early", "small", "modern"):
            by_preset[f"{name} twins of {list(real)[-1]}"] = twins(
                list(real.values())[-1], PRESETS[name], CHECK_DRAWS, CHECK_SEED
            )
        cues(load("regions"), by_preset, {})
    train = twins(kept, SwapSettings(), 4)
    features_switched_off(train, {**tests, **sets})
    shifts(train, tests["twins kept out"])
    steps_switched_off(kept, {**tests, **sets}, given.draws)


if __name__ == "__main__":
    main()
