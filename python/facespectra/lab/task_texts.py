"""What each task did and found, paragraph by paragraph."""

from __future__ import annotations

import numpy as np

from facespectra.evaluation.class_spectra import BandAuc
from facespectra.lab.choice_text import kinds_of_fakes
from facespectra.lab.databases import AUGMENTATIONS
from facespectra.lab.differences import BANDS
from facespectra.lab.experiments import CROSS_VALIDATION, Experiment
from facespectra.lab.result import LabResult
from facespectra.lab.tasks import TaskResult
from facespectra.lab.words import change, with_interval


def task_texts(result: LabResult, number: int) -> list[str]:
    """Say what a task did and found, paragraph by paragraph."""
    return {1: _task_1, 2: _task_2, 3: _task_3}[number](result)


def _task_1(result: LabResult) -> list[str]:
    task = result.tasks[1]
    texts = [
        "Four kernels of a support vector machine, logistic regression and k-means, all with scikit-learn's "
        "defaults on the unscaled radial spectrum of the largest face, as in the reference study. Each was "
        "tested by 5-fold cross-validation on the development set, with groups kept whole, and on the "
        "evaluation set.",
        f"Final system: {task.classifier} ({task.choice}). The evaluation set played no part in the choice.",
    ]
    if ahead := _ahead(task):
        texts.append(ahead)
    below = [one for one in task.experiments if one.protocol != CROSS_VALIDATION and one.auc_ci95[1] < 0.5]
    if below:
        named = " and ".join(f"{one.system.name} with {with_interval(one)}" for one in below)
        texts.append(
            f"Significantly below 0.5: {named}. In the reference study the sigmoid kernel was. AUCs are "
            "given as they are, with the flipped value beside them: no polarity is chosen after the test."
        )
    return texts


def _ahead(task: TaskResult) -> str:
    """How far the final system is ahead of the next in cross-validation; empty where there is none."""
    inside = [one for one in task.experiments if one.protocol == CROSS_VALIDATION and one.evaluation]
    ranked = sorted(inside, key=lambda one: -one.auc)
    if len(ranked) < 2:
        return ""
    best, second = ranked[:2]
    return (
        f"In cross-validation {best.system.name} has {with_interval(best)}, and the next, "
        f"{second.system.name}, {with_interval(second)}: {change(second, best)}."
    )


def _task_2(result: LabResult) -> list[str]:
    texts = [
        "The system of Task 1 as it is: not trained again, not tuned, with the same threshold. The other "
        "classifiers of Task 1 are shown for comparison and played no part in the choice."
    ]
    first, second = result.tasks[1].tested, result.tasks[2].tested
    if first and second:
        texts.append(
            f"AUC {second.auc:.3f} (flipped {1 - second.auc:.3f}) after {first.auc:.3f} in Task 1: "
            f"{change(first, second)}. At the threshold chosen in training, "
            f"{_labelled_fake(second, 0)} of the real and {_labelled_fake(second, 1)} of the fake faces are "
            f"labelled fake; in the system's own database, {_labelled_fake(first, 0)} and "
            f"{_labelled_fake(first, 1)}."
        )
    return texts


def why(result: LabResult) -> list[str]:
    """Say why the system fails on the other database; nothing where there is nothing to compare."""
    if not result.comparison:
        return []
    comparison, (own, other) = result.comparison, result.class_spectra
    best, correlation = comparison["best_band"], comparison["correlation"]
    low, high = best["band"] / BANDS, (best["band"] + 1) / BANDS
    databases_differ_more = comparison["shift"] > max(comparison["gap_own"], comparison["gap_other"])
    return [
        f"In {own.name} the band from {low:g} to {high:g} of the largest radius separates the classes best, "
        f"with an AUC of {best['auc_own']:.3f} ({_direction(own.bands[best['band']])}). In {other.name} the "
        f"same band has {best['auc_other']:.3f} ({_direction(other.bands[best['band']])}).",
        f"In {100 * comparison['agreeing']:.0f} % of the features, fakes differ from real faces in the same "
        "direction in both databases"
        + (f"; the AUCs of the features correlate by {correlation:.2f}." if correlation is not None else "."),
        f"{'The databases differ more than their classes. ' if databases_differ_more else ''}The mean real "
        f"spectra of the two databases are {comparison['shift']:.2f} standard deviations apart, "
        f"real and fake ones {comparison['gap_own']:.2f} in {own.name} and {comparison['gap_other']:.2f} in "
        f"{other.name} (mean over the features, in units of the spread within a class of {own.name}).",
    ]


def _direction(band: BandAuc) -> str:
    """Which class has more of a band, where its interval excludes 0.5."""
    if band.low > 0.5:
        return "fakes have more"
    return "fakes have less" if band.high < 0.5 else "no significant difference"


def _task_3(result: LabResult) -> list[str]:
    task = result.tasks[3]
    texts = [
        "From the reference study: copies of the photographs, another training set, ResNet-50 instead of the "
        "spectrum (2048 pooled features, ImageNet weights, a linear support vector machine), and both "
        "together. Fusion scales the two feature sets to equal weight; concatenation, as in the reference "
        "study, does not. Nothing was trained or chosen by its results on Task_2_3.",
        "In addition: EfficientNet-Lite0 (1280 pooled features, ImageNet weights), alone and in fusion. Its "
        "weights come with a package, so these rows need no download. What both networks show is how far "
        "features of the picture's content go: they separate the classes of a database by its people, its "
        "cameras and its kind of fake, and nothing makes them look for traces of a swap. Elsewhere, on a "
        "face-swap database that it had not seen, EfficientNet-Lite0's pooled features got an AUC of 0.31 to "
        "0.42, where its early layers, which see detail, got 0.8 and more.",
        *_networks(task),
        "Also region features (detail by band) and texture features (early layers of EfficientNet-Lite0), "
        "both of the inner face compared with the ring around it, with linear experts. Trained on the fakes "
        "of Task 1 they learn its cameras, too, as the spectrum does. "
        "Trained on synthetic swaps of real faces, where real and fake have passed through the same "
        "processing, they need no fake photograph at all. The default model was trained so, on portraits of "
        "other people.",
    ]
    if task.final is not None:
        texts.append(
            f"The final system is {task.final.system.name}, trained on {task.final.train}: chosen "
            f"{task.choice}."
        )
    if kinds := kinds_of_fakes(task.contenders):
        texts.append(kinds)
    return [*texts, *_augmentation(result, task)]


def _networks(task: TaskResult) -> list[str]:
    """AUCs of the systems with a network, in one paragraph; nothing where none could be tested."""
    found: dict[str, list[str]] = {}
    for one in task.experiments:
        if one.system.network is not None and one.evaluation is not None:
            found.setdefault(one.system.name, []).append(f"{one.auc:.3f} trained on {one.train}")
    if not found:
        return []
    return ["AUCs here: " + "; ".join(f"{name}: {', '.join(aucs)}" for name, aucs in found.items()) + "."]


def _augmentation(result: LabResult, task: TaskResult) -> list[str]:
    plain, augmented = result.tasks[1].tested, task.by_slug["augmented-inside"]
    texts = []
    if plain and augmented.evaluation:
        texts.append(
            f"Augmentation ({', '.join(AUGMENTATIONS)}): trained with the copies, Task 1 reaches "
            f"{augmented.auc:.3f} instead of {plain.auc:.3f}: {change(plain, augmented)}. "
            "The reference study saw no change, and explains it by the spectrum of the copies being the same."
        )
    changes = {key: value for key, value in result.invariance.items() if isinstance(value, float)}
    if {"mirrored crop, isotropic", "mirrored crop, published", "flip", "rotate+45", "rotate-45"} <= set(
        changes
    ):
        missed = result.invariance["missed"]
        texts.append(
            "How far that is true, as the change of a face's spectrum in units of the spread between faces "
            "(median): mirroring the crop changes the isotropic spectrum by "
            f"{changes['mirrored crop, isotropic']:.1e}, which is rounding, and the published one by "
            f"{changes['mirrored crop, published']:.1e}, because the centre of a crop with even sides is "
            "half a pixel off. Mirroring the whole photograph and detecting the face again moves the box: "
            f"the change is {changes['flip']:.2f}. Rotating by 45 degrees interpolates and fills the corners "
            f"of the box with other pixels: {changes['rotate+45']:.2f} and {changes['rotate-45']:.2f}. No "
            f"face was found in {missed['flip']} mirrored and {missed['rotate+45'] + missed['rotate-45']} "
            "rotated copies of photographs that have one."
        )
    return texts


def _labelled_fake(experiment: Experiment, label: int) -> str:
    """Share of the samples with this label that score at least the threshold, in percent."""
    if experiment.evaluation is None or experiment.test_set is None:
        raise RuntimeError("a tested experiment has samples")
    # The score of a sample without a face is NaN.
    scores = experiment.scores[(experiment.test_set.labels == label) & ~np.isnan(experiment.scores)]
    return f"{100 * float((scores >= experiment.evaluation.threshold).mean()):.0f} %"
