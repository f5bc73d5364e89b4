"""Sentences and tables of the pages and of the command's output, all from the results of the run."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from facespectra.lab.choice_text import kinds_of_fakes
from facespectra.lab.databases import AUGMENTATIONS
from facespectra.lab.differences import BANDS
from facespectra.lab.experiments import CROSS_VALIDATION, HELD_OUT, Experiment
from facespectra.lab.result import LabResult
from facespectra.lab.tasks import TaskResult

HEADINGS = {
    1: "Task 1: within one database",
    2: "Task 2: on a database that the system has never seen",
    3: "Task 3: trained to work on other databases",
}
REFERENCE_STUDY = (
    "The reference study, whose three tasks are repeated here, is the DeepFakes Detection Lab report; its "
    "method is that of Durall et al., arXiv:1911.00686."
)
COMPARED_WITH = (
    "The column Reference holds the AUCs of the reference study, on UADFV (Task 1) and Celeb-DF (Tasks 2 and "
    "3). Unless this run used the same databases, compare the order of the systems and the drop between "
    "databases, not the numbers. The reference study gives the AUCs of its four kernels without saying which "
    "samples they were tested on."
)


def verdict(result: LabResult) -> str:
    """Say in two or three sentences what the three tasks show."""
    first, second, third = (result.tasks[number].tested for number in (1, 2, 3))
    if first is None or second is None:
        return "There is no AUC for both databases; the tables say why."
    drop = first.auc - second.auc
    sentences = [
        f"Within its own database, {first.system.name} reaches an AUC of {_with_interval(first)}.",
        f"On a database it has never seen, the same system reaches {_with_interval(second)}, "
        f"{f'a drop of {drop:.3f}' if drop > 0 else 'no drop at all'}.",
    ]
    if third is not None:
        change = third.auc - second.auc
        sentences.append(
            f"There, the system of Task 3 ({third.system.name}, trained on {third.train}) reaches "
            f"{_with_interval(third)}: "
            f"{'better' if change > 0 else 'worse'} by {abs(change):.3f}."
            if change
            else "the same."
        )
    return " ".join(sentences)


def cards(result: LabResult) -> list[dict[str, Any]]:
    """Heading, AUC and detail of each task's final experiment."""
    contents: list[dict[str, Any]] = []
    for number, task in result.tasks.items():
        final = task.tested
        if final is None:
            heading, detail = f"Task {number}", "no system could be tested"
            contents.append({"heading": heading, "auc": None, "detail": detail})
            continue
        low, high = final.auc_ci95
        heading = f"Task {number}, AUC on {final.test}"
        detail = f"{final.system.name}; 95 % interval {low:.3f} to {high:.3f}"
        contents.append({"heading": heading, "auc": final.auc, "detail": detail})
    return contents


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
    below = [
        experiment.system.name
        for experiment in task.experiments
        if experiment.protocol != CROSS_VALIDATION and experiment.auc < 0.5
    ]
    if below:
        texts.append(
            f"{' and '.join(below)} ranked below 0.5, as the sigmoid kernel of the reference study did. AUCs "
            "are given as they are, with the flipped value beside them: no polarity is chosen after the test."
        )
    return texts


def _task_2(result: LabResult) -> list[str]:
    texts = [
        "The system of Task 1 as it is: not trained again, not tuned, with the same threshold. The other "
        "classifiers of Task 1 are shown for comparison and played no part in the choice."
    ]
    first, second = result.tasks[1].tested, result.tasks[2].tested
    if first and second:
        texts.append(
            f"AUC {second.auc:.3f} (flipped {1 - second.auc:.3f}) after {first.auc:.3f} in Task 1: a drop of "
            f"{first.auc - second.auc:.3f}. At the threshold chosen in training, "
            f"{_labelled_fake(second, 0):.0%} of the real and {_labelled_fake(second, 1):.0%} of the fake "
            f"faces are labelled fake; in the system's own database, {_labelled_fake(first, 0):.0%} and "
            f"{_labelled_fake(first, 1):.0%}."
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
        f"with an AUC of {best['auc_own']:.3f} ({_direction(best['auc_own'])}). In {other.name} the same "
        f"band has {best['auc_other']:.3f} ({_direction(best['auc_other'])}).",
        f"In {comparison['agreeing']:.0%} of the features, fakes differ from real faces in the same "
        "direction in both databases"
        + (f"; the AUCs of the features correlate by {correlation:.2f}." if correlation is not None else "."),
        f"{'The databases differ more than their classes. ' if databases_differ_more else ''}The mean real "
        f"spectra of the two databases are {comparison['shift']:.2f} standard deviations apart, "
        f"real and fake ones {comparison['gap_own']:.2f} in {own.name} and {comparison['gap_other']:.2f} in "
        f"{other.name} (mean over the features, in units of the spread within a class of {own.name}).",
    ]


def _direction(auc: float) -> str:
    if abs(auc - 0.5) < 0.05:
        return "hardly any difference"
    return "fakes have more" if auc > 0.5 else "fakes have less"


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
            f"{augmented.auc:.3f} instead of {plain.auc:.3f}. The reference study saw no change, and "
            "explains it by the spectrum of the copies being the same."
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


def metrics(experiment: Experiment | None) -> list[tuple[str, str]]:
    """Metrics of an experiment, each with its name; nothing where it could not be tested."""
    if experiment is None or experiment.evaluation is None:
        return []
    evaluation = experiment.evaluation
    low, high = evaluation.auc_ci95
    n_classes = f"{evaluation.n_real} real, {evaluation.n_fake} fake"
    values = [
        ("samples", f"{evaluation.n} ({n_classes}); {evaluation.n_no_score} without a score"),
        ("AUC", f"{evaluation.auc:.3f}, 95 % interval {low:.3f} to {high:.3f}"),
        ("equal error rate", f"{evaluation.eer:.3f}"),
        ("average precision", f"{evaluation.average_precision:.3f}"),
        (
            "accuracy",
            f"{evaluation.accuracy:.3f} at the threshold chosen in training, {evaluation.threshold:.6g}",
        ),
    ]
    values += [
        (
            f"true positive rate at {fpr:.0%} false positives",
            "not measurable with so few" if tpr is None else f"{tpr:.3f}",
        )
        for fpr, tpr in evaluation.tpr_at_fpr.items()
    ]
    if evaluation.group_auc is not None:
        values.append(("AUC by group", f"{evaluation.group_auc:.3f} ({evaluation.n_groups} groups)"))
    return values


def summary(result: LabResult) -> list[str]:
    """Lines for a terminal: a table of all experiments, why others were skipped, and the use of the cache."""
    table = [("task", "system", "trained on", "tested on", "AUC", "reference")]
    reasons: Counter[str] = Counter()
    for row in result.rows():
        if row["reason"]:
            reasons[row["reason"]] += 1
            continue
        system = row["system"] + (" *" if row["final"] else "")
        test = "cross-validation" if row["protocol"] == CROSS_VALIDATION else row["test"]
        test += ", held out" * (row["protocol"] == HELD_OUT)
        reported = "" if row["reported_auc"] is None else f"{row['reported_auc']:.2f}"
        table.append((str(row["task"]), system, row["train"], test, f"{row['auc']:.3f}", reported))
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    skipped = [
        f"skipped {count} {'row' if count == 1 else 'rows'}: {reason}" for reason, count in reasons.items()
    ]
    third = result.tasks[3]
    reused, computed = (sum(counts[index] for counts in result.cache_counts.values()) for index in (0, 1))
    return [
        *lines,
        "* final system of the task",
        *([f"Task 3's was chosen {third.choice}"] if third.choice else []),
        *skipped,
        f"cache: {reused} results reused, {computed} computed",
    ]


def _with_interval(experiment: Experiment) -> str:
    low, high = experiment.auc_ci95
    return f"{experiment.auc:.3f} ({low:.3f} to {high:.3f})"


def _labelled_fake(experiment: Experiment, label: int) -> float:
    """Share of the samples with this label that score at least the threshold."""
    if experiment.evaluation is None or experiment.test_set is None:
        return math.nan
    # The score of a sample without a face is NaN.
    scores = experiment.scores[(experiment.test_set.labels == label) & ~np.isnan(experiment.scores)]
    return float((scores >= experiment.evaluation.threshold).mean())
