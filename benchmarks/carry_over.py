"""What each part of the default model is good for: ``python benchmarks/carry_over.py SOURCE... [--lab DIR]``.

Prints Markdown tables. Everything is trained on twins of the photographs that the default model is trained
on, and measured on twins of those that it is not; a step of the generator is switched off in training alone.
``--lab`` adds the sets of the lab, which nothing was tuned on.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from facespectra import load, read_dataset
from facespectra.datasets import select_split
from facespectra.detector import Detector
from facespectra.detector.experts import TwoExperts
from facespectra.detector.synthetic import SyntheticSet, is_held_out, synthetic_set
from facespectra.evaluation import evaluate
from facespectra.images import find_images, read_image, to_grey
from facespectra.models.build import CHECK_DRAWS, CHECK_SEED, CHECKS, HELD_OUT
from facespectra.regions.layout import N_BANDS, N_RELATIVE, feature_names
from facespectra.synth import STEPS, SwapSettings

Rows = tuple[np.ndarray, np.ndarray]


def rows(made: SyntheticSet) -> Rows:
    used = made.table.ok
    return made.table.matrix[used], np.array(made.labels)[used]


def interval(labels: np.ndarray, scores: np.ndarray) -> str:
    result = evaluate(labels, scores)
    low, high = result.auc_ci95
    return f"{result.auc:.3f} [{low:.3f}, {high:.3f}]"


def flattened(data: Rows, keep: Callable[[str], bool]) -> Rows:
    """Features that are left out are made constant: they can say nothing."""
    kept = np.array([keep(name) for name in feature_names()])
    return np.where(kept, data[0], 0.0), data[1]


def judged(train: Rows, test: Rows, experts: str = "both") -> np.ndarray:
    return TwoExperts(experts).fit(*train).decision_function(test[0])


def features_switched_off(train: Rows, test: Rows) -> None:
    print("\n| features and experts | AUC on held-out twins |\n|---|---|")
    names = feature_names()
    absolute = set(names[:-N_RELATIVE])
    sectors = set(names[N_BANDS:-N_RELATIVE])
    print(f"| all | {interval(test[1], judged(train, test))} |")
    print(f"| absolute expert alone | {interval(test[1], judged(train, test, 'absolute'))} |")
    print(f"| relative expert alone | {interval(test[1], judged(train, test, 'relative'))} |")
    parts: dict[str, Callable[[str], bool]] = {
        "without sectors": lambda name: name not in sectors,
        "without bands by region": lambda name: name in sectors or name not in absolute,
        "relative: inner face alone": lambda name: name in absolute or name.startswith("inner"),
        "no region but the inner face": lambda name: name.startswith("inner ") or name in sectors,
        "no region but the ring": lambda name: name.startswith("ring ") or name in sectors,
    }
    for what, keep in parts.items():
        few, test_few = flattened(train, keep), flattened(test, keep)
        experts = "absolute" if what.startswith("no region") else "both"
        print(f"| {what} | {interval(test[1], judged(few, test_few, experts))} |")
    six = [f"inner-ring {band} {kind}" for band in ("dog0.8", "dog1.6", "dog3.2") for kind in ("rms", "p90")]
    few = flattened(train, lambda name: name in absolute or name in six)
    scores = TwoExperts(C=0.001).fit(*few).decision_function(test[0])
    print(f"| relative: the six numbers of the leads, C = 0.001 | {interval(test[1], scores)} |")
    one = test[0][:, names.index("inner-ring dog0.8 rms")]
    print(f"| one number, no training: inner-ring dog0.8 rms | {interval(test[1], -one)} |")


def shifts(train: Rows, kinds: dict[str, np.ndarray], test: Rows, test_kinds: dict[str, np.ndarray]) -> None:
    """Trained on one kind of picture, measured on the other kind."""
    print("\n| trained on, measured on | both | absolute | relative |\n|---|---|---|---|")
    for name, inside in kinds.items():
        for flip in (False, True):
            part, other = inside != flip, test_kinds[name] == flip
            few, rest = (train[0][part], train[1][part]), (test[0][other], test[1][other])
            cells = [
                interval(rest[1], judged(few, rest, experts)) for experts in ("both", "absolute", "relative")
            ]
            label = f"others, {name}" if flip else f"{name}, others"
            print(f"| {label} | {' | '.join(cells)} |")


def steps_switched_off(photographs: Sequence[Path], test: Rows, draws: int) -> None:
    detector = Detector("regions", "experts")
    print(f"\n| generator, {draws} swap of each photograph | AUC on held-out twins of all steps |\n|---|---|")
    for step in (None, *STEPS):
        settings = SwapSettings().without(*([step] if step else []))
        train = rows(synthetic_set(detector, photographs, settings=settings, draws=draws))
        print(
            f"| {'without ' + step if step else 'all steps'} | {interval(test[1], judged(train, test))} |",
            flush=True,
        )


def cues(made: SyntheticSet) -> None:
    """What the detector might read instead of the swap."""
    detector = load()
    used = made.table.ok
    labels, scores = np.array(made.labels)[used], detector.score_features(made.table)[used]
    boxes = [box for box in made.table.boxes if box is not None]
    width = np.array([box[2] - box[0] for box in boxes], float)
    print("\n| held-out twins | AUC |\n|---|---|")
    print(f"| the default model | {interval(labels, scores)} |")
    print(f"| width of the face alone | {interval(labels, width)} |")
    for label, what in ((0, "real"), (1, "fake")):
        part = labels == label
        rank = np.corrcoef(np.argsort(np.argsort(width[part])), np.argsort(np.argsort(scores[part])))[0, 1]
        print(f"| rank correlation of score and width among the {what} | {rank:+.3f} |")


def equal_weights(labels: np.ndarray, *cues_: np.ndarray) -> np.ndarray:
    """Weights under which both classes have the same brightness and size, in four steps of each."""
    cells = np.zeros(len(labels), int)
    for cue in cues_:
        cells = cells * 4 + np.digitize(cue, np.quantile(cue, (0.25, 0.5, 0.75)))
    weights = np.zeros(len(labels))
    for cell in np.unique(cells):
        counts = [np.sum((cells == cell) & (labels == label)) for label in (0, 1)]
        if min(counts):
            for label in (0, 1):
                weights[(cells == cell) & (labels == label)] = min(counts) / counts[label]
    return weights


def on_the_lab(folder: Path) -> None:
    print(
        "\n| set of the lab | default model | equal size and light | size alone | brightness alone | fakes |"
    )
    print("|---|---|---|---|---|---|")
    detector = load()
    sets = {"Task_1/development": "train", "Task_1/evaluation": "test", "Task_2_3/evaluation": "test"}
    for name, role in sets.items():
        part = select_split(read_dataset(folder / name.split("/")[0]), role)  # type: ignore[arg-type]
        table = detector.extract(part["path"].tolist())
        used, labels = table.ok, part["label"].to_numpy()
        scores = detector.score_features(table)[used]
        labels = labels[used]
        width, light = [], []
        for path, box in zip(part["path"], table.boxes, strict=True):
            if box is not None:
                x0, y0, x1, y1 = box
                width.append(x1 - x0)
                light.append(float(to_grey(read_image(path))[y0:y1, x0:x1].mean()))
        sizes, lights = np.array(width, float), np.array(light)
        weights = equal_weights(labels, sizes, lights)
        fair = roc_auc_score(labels, scores, sample_weight=weights)
        kind = "StyleGAN" if name.startswith("Task_2") else "StyleGAN2"
        print(
            f"| {name} | {interval(labels, scores)} | {fair:.3f} | {interval(labels, sizes)} | "
            f"{interval(labels, lights)} | {kind}, no swaps |"
        )
        share = np.mean(scores[labels == 0] >= detector.threshold_)
        print(f"| {name}: real photographs called fake | {share:.3f} | | | | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--lab", type=Path)
    parser.add_argument("--draws", type=int, default=1, help="for the generator's steps")
    given = parser.parse_args()
    photographs = find_images(given.sources)
    kept = [path for path in photographs if not is_held_out(path.name, HELD_OUT)]
    held_out = [path for path in photographs if is_held_out(path.name, HELD_OUT)]
    detector = Detector("regions", "experts")
    check = synthetic_set(detector, held_out, settings=CHECKS["default"], draws=CHECK_DRAWS, seed=CHECK_SEED)
    test = rows(check)
    made = synthetic_set(detector, kept)
    cues(check)
    features_switched_off(rows(made), test)
    kinds = [
        {
            "faces under 110 px": np.array(
                [box[2] - box[0] < 110 for box in one.table.boxes if box is not None]
            )
        }
        for one in (made, check)
    ]
    shifts(rows(made), kinds[0], test, kinds[1])
    for name, settings in (
        ("H.264 alone", replace(SwapSettings(), chain_h264=1.0)),
        ("somebody else's face alone", replace(SwapSettings(), donor=1.0)),
    ):
        step = "chain_h264" if "H.264" in name else "donor"
        other = rows(synthetic_set(detector, held_out, settings=settings, draws=2, seed=CHECK_SEED + 50))
        without = rows(synthetic_set(detector, kept, settings=SwapSettings().without(step), draws=2))
        cells = [interval(other[1], judged(without, other, who)) for who in ("both", "absolute", "relative")]
        print(f"| without any of it, {name} | {' | '.join(cells)} |", flush=True)
    if given.lab:
        on_the_lab(given.lab)
    steps_switched_off(kept, test, given.draws)


if __name__ == "__main__":
    main()
