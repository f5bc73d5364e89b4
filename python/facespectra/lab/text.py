"""What the pages say in words, each sentence from the figures of this run."""

from __future__ import annotations

from typing import Any

from facespectra.lab.differences import BANDS
from facespectra.lab.experiments import CROSS_VALIDATION, Experiment
from facespectra.lab.run import LabResult
from facespectra.lab.tasks import AUGMENTED, TaskResult

HEADINGS = {
    1: "Task 1: inside one database",
    2: "Task 2: a database that the system has never seen",
    3: "Task 3: trained for other databases",
}
COMPARED_WITH = (
    "The column named Report is what the report got on UADFV (Task 1) and Celeb-DF (Tasks 2 and 3). "
    "Unless these were the databases of this run, the two columns are not figures of the same thing: "
    "compare their order and their drop. The report gives its four kernels in one list and does not say "
    "on which part they were measured."
)


def verdict(result: LabResult) -> str:
    """Say in two or three sentences what came out.

    Parameters
    ----------
    result : LabResult
        The run.

    Returns
    -------
    str
    """
    first, second = _evaluated(result.tasks[1].final), _evaluated(result.tasks[2].final)
    if first is None or second is None:
        return "The run has no figure for both its own and the other database; the tables say why."
    name = first.system.name
    text = (
        f"Inside its own database, {name} reaches an AUC of {_with_interval(first)}. On a database it has "
        f"never seen, the same system reaches {_with_interval(second)}, "
    )
    drop = _auc(first) - _auc(second)
    text += f"a drop of {drop:.3f}." if drop > 0 else "no drop at all."
    third = _evaluated(result.tasks[3].final)
    if third is not None:
        change = _auc(third) - _auc(second)
        kind = "better" if change > 0 else "worse" if change < 0 else "the same"
        text += (
            f" What was to do better there ({third.system.name}, trained on {third.train}) reaches "
            f"{_with_interval(third)}: {kind}{f' by {abs(change):.3f}' if change else ''}."
        )
    return text


def cards(result: LabResult) -> list[dict[str, Any]]:
    """Give one figure for each task.

    Parameters
    ----------
    result : LabResult
        The run.

    Returns
    -------
    list of dict
        ``heading``, ``auc``, ``detail``.
    """
    found = []
    for number, task_result in result.tasks.items():
        final = _evaluated(task_result.final)
        detail = "no system could be tested"
        if final is not None:
            low, high = _interval(final)
            detail = f"{final.system.name}; 95 % interval {low:.3f} to {high:.3f}"
        found.append(
            {
                "heading": f"Task {number}, AUC on {final.test if final else 'nothing'}",
                "auc": _auc(final) if final else None,
                "detail": detail,
            }
        )
    return found


def task_texts(result: LabResult, number: int) -> list[str]:
    """Say what a task did and what came out, paragraph by paragraph.

    Parameters
    ----------
    result : LabResult
        The run.
    number : int
        Of the task.

    Returns
    -------
    list of str
    """
    task_result = result.tasks[number]
    return {1: _task_1, 2: _task_2, 3: _task_3}[number](result, task_result)


def _task_1(result: LabResult, task_result: TaskResult) -> list[str]:
    final = task_result.final
    name = final.system.name if final else "none"
    texts = [
        "Four kernels of a support vector machine, logistic regression and k-means, all with scikit-learn's "
        "defaults on the unscaled radial spectrum of the largest face, as in the report. Each was judged by "
        "5-fold cross-validation inside the development part, groups kept whole, and on the "
        "evaluation part.",
        f"Final system: {name}, chosen by {task_result.choice}. The evaluation part had no say.",
    ]
    wrong = [
        experiment.system.name
        for experiment in task_result.experiments
        if experiment.protocol != CROSS_VALIDATION
        and experiment.evaluation
        and experiment.evaluation.auc < 0.5
    ]
    if wrong:
        texts.append(
            f"{' and '.join(wrong)} ranked below 0.5, as the report's sigmoid kernel did: an AUC is given "
            "as it is, with its flipped value beside it, and no polarity is chosen after the fact."
        )
    return texts


def _task_2(result: LabResult, task_result: TaskResult) -> list[str]:
    texts = [
        "The system of Task 1 as it is: not trained again, not tuned, its threshold left where it was. "
        "The other classifiers of Task 1 stand beside it and had no say."
    ]
    first, second = _evaluated(result.tasks[1].final), _evaluated(task_result.final)
    if first and second:
        real, fake = (_called_fake(experiment, label) for experiment, label in ((second, 0), (second, 1)))
        own_real, own_fake = (
            _called_fake(experiment, label) for experiment, label in ((first, 0), (first, 1))
        )
        texts.append(
            f"AUC {_auc(second):.3f} (flipped {1 - _auc(second):.3f}) after {_auc(first):.3f} in Task 1: a "
            f"drop of {_auc(first) - _auc(second):.3f}. At the threshold chosen in training it calls "
            f"{real:.0%} of the real and {fake:.0%} of the fake faces fake; in its own database "
            f"{own_real:.0%} and {own_fake:.0%}."
        )
    return texts


def why(result: LabResult) -> list[str]:
    """Say why the system fails on the other database.

    Parameters
    ----------
    result : LabResult
        The run.

    Returns
    -------
    list of str
        Empty where there is nothing to compare.
    """
    if not result.comparison:
        return []
    found, (own, other) = result.comparison, result.separations
    best, correlation = found["best_band"], found["correlation"]
    low, high = best["band"] / BANDS, (best["band"] + 1) / BANDS
    texts = [
        f"In {own.name} the band from {low:g} to {high:g} of the largest radius tells the classes apart "
        f"best, with an AUC of {best['auc_own']:.3f} ({_side(best['auc_own'])}). In {other.name} the same "
        f"band has {best['auc_other']:.3f} ({_side(best['auc_other'])}).",
        f"On {found['agreeing']:.0%} of the features, fakes lie on the same side of real faces in both "
        "databases"
        + (f"; the AUCs of the features correlate by {correlation:.2f}." if correlation is not None else "."),
        "The databases themselves differ more than their classes: the mean real spectra lie "
        f"{found['shift']:.2f} standard deviations apart, real and fake {found['gap_own']:.2f} in "
        f"{own.name} and {found['gap_other']:.2f} in {other.name} (mean over the features, in units of the "
        f"spread within a class of {own.name}).",
    ]
    if found["shift"] <= max(found["gap_own"], found["gap_other"]):
        texts[-1] = texts[-1].replace(
            "The databases themselves differ more than their classes",
            "How far the databases themselves differ",
        )
    return texts


def _side(auc: float) -> str:
    if abs(auc - 0.5) < 0.05:
        return "hardly anything"
    return "fakes have more" if auc > 0.5 else "fakes have less"


def _task_3(result: LabResult, task_result: TaskResult) -> list[str]:
    texts = [
        "What the report tried: copies of the photographs, another training set, ResNet-50 instead of the "
        "spectrum (2048 pooled features, ImageNet weights, a linear support vector machine), and both "
        "together. Fusion scales both blocks of features to an equal say; concatenation, the report's, "
        "does not. Nothing here was trained with a look at Task_2_3.",
        "Beyond the report: region features, the detail of the inner face against the ring around it, with "
        "two linear experts. Trained on the fakes of Task 1 they learn its cameras, as the spectrum does; "
        "trained on synthetic swaps of real faces, real and fake having passed through the same chain, they "
        "see no fake photograph at all. The default model is that, made of other people's portraits.",
    ]
    if task_result.final is not None:
        texts.append(
            f"The system that the task is answered with is {task_result.choice}. Here: "
            f"{task_result.final.system.name}, trained on {task_result.final.train}."
        )
    return [*texts, *_augmentation(result, task_result)]


def _augmentation(result: LabResult, task_result: TaskResult) -> list[str]:
    measured = result.invariance
    by_slug = {experiment.slug: experiment for experiment in task_result.experiments}
    plain, inside = _evaluated(result.tasks[1].final), _evaluated(by_slug["augmented-inside"])
    texts = []
    if plain and inside:
        texts.append(
            f"Augmentation ({AUGMENTED}): trained with the copies, Task 1 comes to {_auc(inside):.3f} "
            f"instead of {_auc(plain):.3f}. The report found no change, and explains it by the spectrum "
            "being the same."
        )
    figures = {key: value for key, value in measured.items() if isinstance(value, float)}
    if {"mirrored crop, isotropic", "mirrored crop, published", "flip", "rotate+45", "rotate-45"} <= set(
        figures
    ):
        missed = measured["missed"]
        texts.append(
            "How far that is true, as the change of a face's spectrum in units of the spread between "
            "faces (median): mirroring the crop changes the isotropic spectrum by "
            f"{figures['mirrored crop, isotropic']:.1e}, which is rounding, and the published one by "
            f"{figures['mirrored crop, published']:.1e}; it is not the same where both sides of the crop "
            "are even, since its centre then lies half a pixel off. When the photograph is mirrored and "
            f"the face found again, the box moves, and the change is {figures['flip']:.2f}. Turning by 45 "
            "degrees interpolates and fills the corners of the box with other pixels: "
            f"{figures['rotate+45']:.2f} and {figures['rotate-45']:.2f}. The face was not found again in "
            f"{missed['flip']} mirrored and {missed['rotate+45'] + missed['rotate-45']} turned copies."
        )
    return texts


def _evaluated(experiment: Experiment | None) -> Experiment | None:
    return experiment if experiment is not None and experiment.evaluation is not None else None


def _auc(experiment: Experiment) -> float:
    return experiment.evaluation.auc if experiment.evaluation else float("nan")


def _interval(experiment: Experiment) -> tuple[float, float]:
    return experiment.evaluation.auc_ci95 if experiment.evaluation else (float("nan"), float("nan"))


def _with_interval(experiment: Experiment) -> str:
    low, high = _interval(experiment)
    return f"{_auc(experiment):.3f} ({low:.3f} to {high:.3f})"


def _called_fake(experiment: Experiment, label: int) -> float:
    if experiment.evaluation is None or experiment.scores is None or experiment.part is None:
        return float("nan")
    # Scores of samples without a face are NaN, and compare as neither.
    scores = experiment.scores[(experiment.part.labels == label) & (experiment.scores == experiment.scores)]
    return float((scores >= experiment.evaluation.threshold).mean())
