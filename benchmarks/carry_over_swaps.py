"""What holds up on real face swaps: ``python benchmarks/carry_over_swaps.py PORTRAITS... --swaps DIR``.

Prints the Markdown tables of "On real swaps" in ``docs/carry_over.md``. `DIR` is a data set of real and
swapped frames whose groups are clips; it is measured on, and nothing is trained on it. Everything is trained
on twins of the photographs that the shipped models are trained on. Each choice is judged twice: by twins of
the photographs that were kept out, and by real swaps.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from carry_over import equal_weights
from facespectra import load, read_dataset
from facespectra.datasets.headers import read_headers
from facespectra.detector import Detector
from facespectra.detector.experts import WITH_SPREADS, LinearExperts, TextureExperts, TwoExperts
from facespectra.detector.synthetic import is_held_out, synthetic_set
from facespectra.evaluation import evaluate
from facespectra.features.crops import Crop
from facespectra.features.feature_sets import FeatureSet, make_features
from facespectra.features.table import FeatureTable
from facespectra.images import find_images
from facespectra.models.build import CHECK_SEED, HELD_OUT, TRAINING
from facespectra.regions.layout import feature_names
from facespectra.report.robustness import sweep
from facespectra.synth import PRESETS
from facespectra.texture.layout import CHANNELS, COLUMNS, PARTS, STATISTICS, WIDTH, group_name

FEATURES = ("texture", "regions")
TABLES = ("models", "cues", "robustness", "ablations", "generator")
INNER = [k for k, name in enumerate(feature_names()) if name.startswith("inner-ring ")]
# One layer's statistics for one vote: of the inner face or of the mouth.
Vote = tuple[str, int, tuple[str, ...]]


class WithLight(FeatureSet):
    """Feature sets side by side, and behind them the mean brightness of the box."""

    colour = True

    def __init__(self, *names: str) -> None:
        self.sets = [make_features(name, {}) for name in names]
        self.width = sum(one.width for one in self.sets) + 1

    def extract(self, crops: Sequence[Crop]) -> np.ndarray:
        light = np.array([[float(crop.grey.mean())] for crop in crops])
        return np.concatenate([*(one.extract(crops) for one in self.sets), light], axis=1)


@dataclass
class Rows:
    """Samples with a face: features, labels, groups, and what a detector must not read."""

    matrix: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    light: np.ndarray
    size: np.ndarray

    @property
    def texture(self) -> np.ndarray:
        return self.matrix[:, :WIDTH]

    @property
    def regions(self) -> np.ndarray:
        return self.matrix[:, WIDTH:]

    def __add__(self, other: Rows) -> Rows:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Rows(*(np.concatenate(pair) for pair in pairs))


def rows_of(table: FeatureTable, labels: Sequence[int], groups: Sequence[str]) -> Rows:
    ok = table.ok
    matrix = table.matrix[ok]
    size = np.array([box[2] - box[0] for box in table.boxes if box is not None], float)
    return Rows(matrix[:, :-1], np.array(labels)[ok], np.array(groups)[ok], matrix[:, -1], size)


def with_light(*names: str) -> Detector:
    """Make a detector that computes more than any classifier takes."""
    detector = Detector("regions", "experts")
    detector.feature_set = WithLight(*names)
    return detector


def twins(photographs: Sequence[Path], preset: str, draws: int, seed: int) -> Rows:
    made = synthetic_set(with_light(*FEATURES), photographs, settings=PRESETS[preset], draws=draws, seed=seed)
    return rows_of(made.table, made.labels, made.groups)


class Votes(LinearExperts):
    """Linear models of one kind, each on columns of its own, put together as the shipped experts are."""

    def __init__(self, columns: Sequence[np.ndarray], make: Callable[[], Any]) -> None:
        self.columns = columns
        self.make = make

    @property
    def expert_names(self) -> tuple[str, ...]:
        return tuple(str(k) for k in range(len(self.columns)))

    def _models(self, width: int) -> list[tuple[Any, Any]]:
        return [(columns, self.make()) for columns in self.columns]


def shipped_votes() -> list[Vote]:
    return [
        (part, layer, STATISTICS if layer in WITH_SPREADS else STATISTICS[:1])
        for part in PARTS[1:]
        for layer in CHANNELS
    ]


def discriminant(shrinkage: str | float = "auto") -> Callable[[], Any]:
    return lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)


def experts(votes: Sequence[Vote], make: Callable[[], Any] | None = None) -> Votes:
    numbers = np.arange(WIDTH)
    columns = [
        np.concatenate([numbers[COLUMNS[part, layer, kind]] for kind in kinds])
        for part, layer, kinds in votes
    ]
    return Votes(columns, make or discriminant())


def interval(rows: Rows, scores: np.ndarray) -> str:
    """AUC, with an interval that heeds what is of one clip or photograph."""
    result = evaluate(rows.y, scores, rows.groups)
    low, high = result.auc_ci95
    return f"{result.auc:.3f} [{low:.3f}, {high:.3f}]"


def on_swaps(swaps: Rows, scores: np.ndarray) -> list[str]:
    """AUC per frame, per clip, and per frame at equal brightness and size."""
    fair = roc_auc_score(swaps.y, scores, sample_weight=equal_weights(swaps.y, swaps.light, swaps.size))
    clips = evaluate(swaps.y, scores, swaps.groups).group_auc
    return [interval(swaps, scores), f"{clips:.3f}", f"{fair:.3f}"]


def head(*titles: str) -> None:
    print(f"\n| {' | '.join(titles)} |\n|{'---|' * len(titles)}", flush=True)


def line(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def models(names: Sequence[str], dataset: pd.DataFrame) -> None:
    """Shipped models, or files, as they are."""
    head(
        "model",
        "AUC per frame",
        "per clip",
        "at equal brightness and size",
        "real frames called swaps",
        "swaps found",
        "found at 5 % of these real frames",
        "calibration error",
        "cannot tell",
    )
    for name in names:
        detector = load(name)
        table = with_light(detector.features).extract(dataset["path"].tolist())
        rows = rows_of(table, dataset["label"].tolist(), dataset["group"].tolist())
        scores = detector.pipeline_.decision_function(rows.matrix)
        result = evaluate(rows.y, scores, rows.groups, probabilities=detector.gives_probabilities)
        judge = detector.pipeline_[-1]
        reasons = [
            judge.abstention_reason(row, width) for row, width in zip(rows.matrix, rows.size, strict=True)
        ]
        undecided = np.array([bool(reason) for reason in reasons])
        called = (scores >= detector.threshold_) & ~undecided
        error = result.calibration_error
        line(
            Path(name).stem,
            *on_swaps(rows, scores),
            f"{called[rows.y == 0].mean():.1%}",
            f"{called[rows.y == 1].mean():.1%}",
            f"{result.tpr[result.fpr <= 0.05].max():.1%}",
            "no probabilities" if error is None else f"{error:.3f}",
            f"{undecided.mean():.1%}",
        )


def cues(swaps: Rows, quality: np.ndarray) -> None:
    """What tells these frames apart without any look at the face."""
    head("cue alone", "AUC per frame", "per clip")
    for name, cue in {
        "width of the face": swaps.size,
        "brightness": swaps.light,
        "JPEG quality": quality,
    }.items():
        line(name, *on_swaps(swaps, cue)[:2])


def robustness(names: Sequence[str], dataset: pd.DataFrame) -> None:
    """Shipped models on frames that were compressed, resized or blurred once more."""
    y, groups = dataset["label"].to_numpy(), dataset["group"].to_numpy()
    paths = dataset["path"].tolist()
    for name in names:
        detector = load(name)
        done = sweep(detector, paths, y, detector.extract(paths), len(paths))
        if done is None:
            raise SystemExit("both classes are needed")
        head(
            f"{Path(name).stem}, frames after",
            "AUC per frame",
            "real frames called swaps",
            "swaps found",
            "cannot tell",
        )
        unchanged = [("nothing", done.unchanged)]
        changed = [
            (f"{what} {point.strength:g}", point) for what, curve in done.curves.items() for point in curve
        ]
        own = y[done.samples]
        for what, point in unchanged + changed:
            result = evaluate(own, point.scores, groups[done.samples])
            called = (point.scores >= detector.threshold_) & ~point.undecided
            line(
                what,
                f"{result.auc:.3f} [{result.auc_ci95[0]:.3f}, {result.auc_ci95[1]:.3f}]",
                *(f"{called[own == kind].mean():.1%}" for kind in (0, 1)),
                f"{point.undecided.mean():.1%}",
            )


@dataclass
class Judges:
    """Twins that were kept out, by preset, and real swaps."""

    checks: dict[str, Rows]
    swaps: Rows

    def titles(self, what: str) -> None:
        head(what, *self.checks, "swaps, per frame", "per clip", "at equal brightness and size")

    def judge(self, what: str, scores: Callable[[Rows], np.ndarray]) -> None:
        twins_too = [interval(check, scores(check)) for check in self.checks.values()]
        line(what, *twins_too, *on_swaps(self.swaps, scores(self.swaps)))

    def texture(self, what: str, model: LinearExperts, train: Rows) -> None:
        model.fit(train.texture, train.y)
        self.judge(what, lambda rows: model.decision_function(rows.texture))

    def regions(self, what: str, model: LinearExperts, train: Rows) -> None:
        model.fit(train.regions, train.y)
        self.judge(what, lambda rows: model.decision_function(rows.regions))


def choices(train: Rows, judges: Judges) -> None:
    """What the experts look at, and how they are put together."""
    shipped = shipped_votes()

    def texture(what: str, model: LinearExperts) -> None:
        judges.texture(what, model, train)

    judges.titles("layers, each with its votes alone")
    texture("all, as shipped", TextureExperts())
    for layer in CHANNELS:
        texture(f"block {layer}", experts([vote for vote in shipped if vote[1] == layer]))
    judges.titles("statistics")
    for what, kinds in {
        "means alone": STATISTICS[:1],
        "spreads alone": STATISTICS[1:],
        "means, and spreads of all layers": STATISTICS,
    }.items():
        texture(what, experts([(part, layer, kinds) for part, layer, _ in shipped]))
    kept = " and ".join(map(str, WITH_SPREADS))
    texture(f"means, and spreads of blocks {kept}, as shipped", experts(shipped))
    judges.titles("parts of the face")
    for part in PARTS[1:]:
        texture(f"{part} alone", experts([vote for vote in shipped if vote[0] == part]))
    texture("both, as shipped", experts(shipped))
    judges.titles("how they are put together")
    texture("ten votes, shrinkage by Ledoit and Wolf, as shipped", experts(shipped))
    for shrinkage in (0.3, 0.8):
        texture(f"ten votes, shrinkage {shrinkage}", experts(shipped, discriminant(shrinkage)))
    relative = np.concatenate([np.arange(WIDTH)[COLUMNS[key]] for key in COLUMNS if key[0] != PARTS[0]])
    texture(
        "one logistic regression on all columns, C = 0.001",
        Votes([relative], lambda: LogisticRegression(C=1e-3, max_iter=10_000)),
    )
    judges.titles("region features")
    for what, name in {"both experts": "both", "LDA alone": "absolute", "relative alone": "relative"}.items():
        judges.regions(what, TwoExperts(name), train)
    # A swap loses detail: the sign is known before any training.
    what = f"plain mean of the {len(INNER)} inner-ring numbers, no training"
    judges.judge(what, lambda rows: -rows.regions[:, INNER].mean(axis=1))


def training_swaps(sets: dict[str, Rows], judges: Judges) -> None:
    """What the experts are trained on."""
    default, modern, early = sets["default"], sets["modern"], sets["early"]
    judges.titles("training swaps")
    for what, train in {
        "default alone": default,
        "early alone": early,
        "modern alone": modern,
        "default, twice as many": default + sets["default, other seed"],
        "default and early": default + early,
        "default and modern, as in the tables above": default + modern,
        "default and modern, another seed": sets["default, other seed"] + sets["modern, other seed"],
    }.items():
        judges.texture(what, TextureExperts(), train)


def aucs(rows: Rows) -> np.ndarray:
    """AUC of each texture feature by itself."""
    ranks = rankdata(rows.texture, axis=0)[rows.y == 1]
    fake, real = len(ranks), len(rows.y) - len(ranks)
    return (ranks.sum(axis=0) - fake * (fake + 1) / 2) / (fake * real)


def generator(train: Rows, swaps: Rows) -> None:
    """What single numbers say of twins, and of real swaps."""
    head("channels of", "twins: median of abs(AUC - 0.5)", "swaps: the same", "correlation of their AUCs")
    of_twins, of_swaps = aucs(train), aucs(swaps)
    for key, columns in COLUMNS.items():
        one, other = of_twins[columns], of_swaps[columns]
        line(
            group_name(*key),
            *(f"{np.median(np.abs(values - 0.5)):.3f}" for values in (one, other)),
            f"{np.corrcoef(one, other)[0, 1]:.2f}",
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portraits", nargs="+", help="real photographs: files, folders or globs")
    parser.add_argument("--swaps", type=Path, required=True, help="a data set whose groups are clips")
    parser.add_argument("--draws", type=int, default=4, help="swaps of each photograph and preset")
    parser.add_argument("--only", choices=TABLES, help="print these tables alone")
    parser.add_argument("--models", nargs="+", default=["default", "regions"], help="names or files")
    given = parser.parse_args()
    wanted = {given.only} if given.only else set(TABLES)
    dataset = read_dataset(given.swaps)
    if "models" in wanted:
        models(given.models, dataset)
    if "robustness" in wanted:
        robustness(given.models, dataset)
    if wanted <= {"models", "robustness"}:
        return
    table = with_light(*FEATURES).extract(dataset["path"].tolist())
    swaps = rows_of(table, dataset["label"].tolist(), dataset["group"].tolist())
    if "cues" in wanted:
        headers = read_headers(dataset["path"])
        quality = np.array([headers[path].quality or 0 for path in dataset["path"]], float)
        cues(swaps, quality[table.ok])
    if not wanted & {"ablations", "generator"}:
        return
    photographs = find_images(given.portraits)
    kept = [path for path in photographs if not is_held_out(path.name, HELD_OUT)]
    held_out = [path for path in photographs if is_held_out(path.name, HELD_OUT)]
    # The seeds are those of the build.
    sets = {name: twins(kept, name, given.draws, k) for k, name in enumerate(TRAINING)}
    if "ablations" in wanted:
        checks = {
            f"{name} twins kept out": twins(held_out, name, given.draws, CHECK_SEED + k)
            for k, name in enumerate(TRAINING)
        }
        judges = Judges(checks, swaps)
        choices(sets["default"] + sets["modern"], judges)
        others = {
            f"{name}, other seed": twins(kept, name, given.draws, len(TRAINING) + k)
            for k, name in enumerate(TRAINING)
        }
        training_swaps(sets | others | {"early": twins(kept, "early", given.draws, 0)}, judges)
    if "generator" in wanted:
        generator(sets["default"] + sets["modern"], swaps)


if __name__ == "__main__":
    main()
