"""Trains a model that is shipped: ``python -m facespectra.models.build SOURCE... -o FILE [--features NAME]``.

The input is real photographs alone: the fakes are synthetic swaps, made by :mod:`facespectra.synth` with the
settings of :data:`TRAINING`, which were chosen by what carries over to real ones (docs/carry_over.md). A
fifth of the photographs, selected by a hash of their names, is held out; the model card gives results on
synthetic swaps of these. The same photographs and seed give the same file, byte for byte, on the same machine
with the same packages.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from facespectra.detector.classifiers import class_features
from facespectra.detector.detector import Detector
from facespectra.detector.labels import SWAPS_ALONE
from facespectra.detector.synthetic import DRAWS, SyntheticSet, is_held_out, synthetic_set
from facespectra.evaluation import evaluate
from facespectra.evaluation.calibration import brier_score, calibration_error
from facespectra.features.table import concat_rows
from facespectra.images import find_images
from facespectra.synth import PRESETS, SwapSettings

HELD_OUT = 0.2
TRAINING = ("default", "early", "modern")
# Settings whose swaps probabilities are fitted to. Real pictures went through less than the twins' chain, and
# score lower than real twins: the shift, added to the log odds, makes probabilities honest on real swaps, to
# which no other number was fitted.
CALIBRATION = ("default", "early")
SHIFT = 1.0
# The threshold: so many of the real training faces, scored by folds that have not seen them, are above it.
FALSE_ALARMS = 0.05
# Below these, the AUC of region features on synthetic swaps of various sizes and qualities was under 0.8. Of
# real frames with less detail for texture features, blurred ones above all, over a tenth were called swaps.
LEAST_WIDTH = 64.0
LEAST_DETAIL = {"regions": 0.0, "texture": 0.5}
# Of the real training faces, so many may look to the texture features as if a restorer had been at work.
RETOUCHED = 0.05
FOLDS = 5
CHECK_DRAWS, CHECK_SEED = 4, 1000
WIDTHS = (28, 64, 100, 150, 400)
CHECKS: dict[str, SwapSettings] = {
    "default": PRESETS["default"],
    "early": PRESETS["early"],
    "modern": PRESETS["modern"],
    "small": PRESETS["small"],
    "restored": PRESETS["restored"],
    "crushed": replace(
        PRESETS["default"],
        chain_h264=0.7,
        chain_crf=(34.0, 46.0),
        chain_jpeg=(8.0, 35.0),
        chain_last_jpeg=(30.0, 70.0),
        chain_sharpness=(-2.0, 0.0),
    ),
}
"""Held-out tests: swaps made with the settings of the training swaps, and with others."""


def build(
    photographs: Sequence[Path], *, features: str = "texture", seed: int = 0, draws: int = DRAWS
) -> Detector:
    """Train a model on `draws` swaps of each photograph with each of the settings of :data:`TRAINING`.

    Its results are ``training_["card"]``.
    """
    train = [path for path in photographs if not is_held_out(path.name, HELD_OUT)]
    held_out = [path for path in photographs if is_held_out(path.name, HELD_OUT)]
    detector = Detector(features, "experts", seed=seed)
    sets = [
        synthetic_set(detector, train, settings=PRESETS[name], draws=draws, seed=seed + k)
        for k, name in enumerate(TRAINING)
    ]
    table = concat_rows([one.table for one in sets], detector.feature_set.width)
    labels = np.array([label for one in sets for label in one.labels])
    detector.fit_features(table, labels, [group for one in sets for group in one.groups])
    experts = detector.pipeline_[-1]
    presets = np.repeat(TRAINING, [len(one.labels) for one in sets])
    if detector.held_out_scores_ is not None:
        means = (logit(detector.held_out_scores_) - experts.offset_) / experts.slope_
        easy = table.ok & np.isin(presets, CALIBRATION)
        experts.calibrate(means[easy], labels[easy])
        experts.offset_ += SHIFT
        real = experts.calibrated(means[table.ok & (labels == 0)])
        detector.threshold_ = float(np.quantile(real, 1 - FALSE_ALARMS))
    detector.training_["fakes"] = SWAPS_ALONE
    detector.class_features_ = class_features(table.matrix[table.ok], labels[table.ok])
    experts.least_width, experts.least_detail = LEAST_WIDTH, LEAST_DETAIL[features]
    if features == "texture":
        watch_restorers(detector, train, draws=draws, seed=seed + len(TRAINING))
    checks = {
        # The same swaps for every seed of the training, so that models can be compared.
        name: synthetic_set(detector, held_out, settings=settings, draws=CHECK_DRAWS, seed=CHECK_SEED + k)
        for k, (name, settings) in enumerate(CHECKS.items())
    }
    detector.training_["card"] = {
        "photographs": len(train),
        "photographs_held_out": len(held_out),
        "swaps": ", ".join(TRAINING),
        "swaps_of_each": draws * len(TRAINING),
        "seed": seed,
        "held_out": {name: measure(detector, check) for name, check in checks.items()},
    }
    return detector


def watch_restorers(detector: Detector, photographs: Sequence[Path], *, draws: int, seed: int) -> None:
    """Have the experts say where a restorer may have hidden a swap, by others that look for nothing else.

    The limit is that of :data:`RETOUCHED`, of real faces scored by folds that have not seen their photograph.
    """
    experts = detector.pipeline_[-1]
    made = synthetic_set(detector, photographs, settings=PRESETS["restored"], draws=draws, seed=seed)
    used = made.table.ok
    rows, labels = made.table.matrix[used], np.array(made.labels)[used]
    groups = np.array(made.groups)[used]
    scores = np.empty(len(labels))
    for inside, outside in GroupKFold(FOLDS).split(rows, labels, groups):
        scores[outside] = clone(experts).fit(rows[inside], labels[inside]).decision_function(rows[outside])
    limit = float(np.quantile(scores[labels == 0], 1 - RETOUCHED))
    experts.watch(clone(experts).fit(rows, labels), limit)


def measure(detector: Detector, swaps: SyntheticSet) -> dict[str, Any]:
    """Measure a detector with experts on synthetic swaps of photographs it was not trained on."""
    used = swaps.table.ok
    labels, rows = np.array(swaps.labels)[used], swaps.table.matrix[used]
    scores = detector.score_features(swaps.table)[used]
    widths = np.array([box[2] - box[0] for box in swaps.table.boxes if box is not None])
    reasons = [detector.pipeline_[-1].abstention_reason(row, w) for row, w in zip(rows, widths, strict=True)]
    sure = np.array([not reason for reason in reasons])
    called = sure & (scores >= detector.threshold_)
    hiding = np.array([bool(detector.pipeline_[-1].hiding_reason(row)) for row in rows])
    result = evaluate(labels, scores)
    return {
        "n": int(used.sum()),
        "auc": _short(result.auc),
        "auc_ci95": [_short(bound) for bound in result.auc_ci95],
        "auc_where_it_can_tell": _auc(labels[sure], scores[sure]),
        "cannot_tell": _short(1 - sure.mean()),
        "auc_by_width": {
            f"{low}-{high}": _auc(labels[inside], scores[inside])
            for low, high in pairwise(WIDTHS)
            if (inside := (widths >= low) & (widths < high)).sum() >= 40
        },
        "false_alarms": _short(np.mean(called[labels == 0])),
        "found": _short(np.mean(called[labels == 1])),
        "real_retouched": _short(np.mean(hiding[labels == 0])),
        "fake_retouched": _short(np.mean(hiding[labels == 1])),
        "brier": _short(brier_score(labels, scores)),
        "calibration_error": _short(calibration_error(labels, scores)),
    }


def _auc(labels: NDArray[Any], scores: NDArray[Any]) -> float | None:
    return _short(evaluate(labels, scores).auc) if len(np.unique(labels)) == 2 else None


def _short(value: Any) -> float:
    return round(float(value), 4)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script; by default with the arguments of the process."""
    parser = argparse.ArgumentParser(prog="python -m facespectra.models.build", description=__doc__)
    parser.add_argument("sources", nargs="+", help="real photographs: files, folders or globs")
    parser.add_argument("-o", "--out", required=True, type=Path, help="the model file to write")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--features", choices=sorted(LEAST_DETAIL), default="texture")
    parser.add_argument("--draws", type=int, default=DRAWS, help="swaps of each photograph and setting")
    given = parser.parse_args(arguments)
    photographs = find_images(given.sources)
    detector = build(photographs, features=given.features, seed=given.seed, draws=given.draws)
    detector.save(given.out)
    sys.stdout.write(json.dumps(detector.training_["card"], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
