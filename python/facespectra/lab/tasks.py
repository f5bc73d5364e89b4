"""The three tasks of the reference study, as experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from facespectra.detector import CLASSIFIERS, Detector, load
from facespectra.lab.choice import Choice, choose
from facespectra.lab.choice_text import choice_in_words
from facespectra.lab.experiments import (
    CROSS_VALIDATION,
    Experiment,
    System,
    Trainer,
    evaluate_detector,
    run_experiment,
)
from facespectra.lab.held_out import DEFAULT, Contender, hold_out, lead
from facespectra.lab.subsets import Subset, TrainingSet
from facespectra.lab.swaps import SWAPS_OF
from facespectra.lab.training_sets import TrainingSets

# AUCs of the reference study, on UADFV (Task 1) and Celeb-DF (Tasks 2 and 3).
REPORTED_TASK_1 = {"svm-poly": 0.78, "svm-linear": 0.71, "svm-rbf": 0.73, "svm-sigmoid": 0.42}
REPORTED_TASK_2 = 0.43
REPORTED_RESNET50 = 0.62

# The classifier of the reference study.
REFERENCE_CLASSIFIER = "svm-poly"
PORTRAITS = f"{SWAPS_OF} the default model's portraits"

# Concatenation is the reference study's own, and its network is ResNet-50.
LITE = "efficientnet-lite0"
NETWORK_SYSTEMS = {
    "resnet50": System("resnet50", "svm-linear"),
    "fusion": System("fusion", "svm-linear"),
    "concatenation": System("concatenation", "svm-linear"),
    LITE: System(LITE, "svm-linear"),
    f"fusion-{LITE}": System("fusion", "svm-linear", LITE),
}

# Tests of the default model: on the other database, inside Task 1's, and on fakes of the training sets.
DEFAULT_MODEL, DEFAULT_MODEL_INSIDE = DEFAULT, f"{DEFAULT}-inside"
DEFAULT_MODEL_ON_TRAINING = ("default-development", "default-extra")


@dataclass(slots=True)
class TaskResult:
    """Experiments of a task, in the order of the table."""

    experiments: list[Experiment]
    final: Experiment | None = None  # the answer to the task
    choice: str = ""  # why this one
    # Of Task 3: the systems that may answer it, in order of preference, and which of them was chosen.
    contenders: list[Contender] = field(default_factory=list)
    chosen: Choice | None = None

    @property
    def detector(self) -> Detector | None:
        """Detector of the final experiment."""
        return self.final.detector if self.final else None

    @property
    def classifier(self) -> str:
        """Classifier of the final experiment, or that of the reference study where there is none."""
        return self.final.system.classifier if self.final else REFERENCE_CLASSIFIER

    @property
    def tested(self) -> Experiment | None:
        """The final experiment, if it could be tested."""
        return self.final if self.final is not None and self.final.evaluation is not None else None

    @property
    def by_slug(self) -> dict[str, Experiment]:
        """Experiments by the names of their folders."""
        return {experiment.slug: experiment for experiment in self.experiments}


def task_1(trainer: Trainer, development: Subset, evaluation: Subset) -> TaskResult:
    """Cross-validate every classifier on the development set, and test it on the evaluation set.

    The final one has the highest cross-validated AUC: the evaluation set plays no part in the choice.
    """
    inside, outside = [], []
    for name in CLASSIFIERS:
        system, slug = System("spectrum", name), f"cross-validation/{name}"
        experiment = Experiment(1, slug, system, development.name, development.name, CROSS_VALIDATION)
        inside.append(run_experiment(experiment, trainer, development))
        experiment = Experiment(1, name, system, development.name, evaluation.name)
        experiment.reported_auc = REPORTED_TASK_1.get(name)
        outside.append(run_experiment(experiment, trainer, development, evaluation))
    best, choice = _best_classifier(inside, development.name)
    for experiment in (*inside, *outside):
        experiment.final = experiment.system.classifier == best
    final = next(experiment for experiment in outside if experiment.final)
    return TaskResult(inside + outside, final, choice)


def _best_classifier(experiments: Sequence[Experiment], name: str) -> tuple[str, str]:
    aucs = {one.system.classifier: one.evaluation.auc for one in experiments if one.evaluation is not None}
    if not aucs:
        reason = f"that of the reference study, because {name} cannot be divided for cross-validation"
        return REFERENCE_CLASSIFIER, reason
    choice = f"the highest AUC of 5-fold cross-validation inside {name}, with groups kept whole"
    return max(aucs, key=aucs.__getitem__), choice


def task_2(trainer: Trainer, first: TaskResult, development: Subset, other: Subset) -> TaskResult:
    """Test the systems of Task 1 on another database; the final one is that of Task 1."""
    result = TaskResult([], choice="that of Task 1, unchanged")
    for name in CLASSIFIERS:
        experiment = Experiment(2, name, System("spectrum", name), development.name, other.name)
        experiment.final = name == first.classifier
        # The reference study tested its final system only.
        if name in (first.classifier, REFERENCE_CLASSIFIER):
            experiment.reported_auc = REPORTED_TASK_2
        result.experiments.append(run_experiment(experiment, trainer, development, other))
    result.final = result.by_slug[first.classifier]
    return result


def task_3(
    trainer: Trainer,
    first: TaskResult,
    sets: TrainingSets,
    evaluation: Subset,
    other: Subset,
    *,
    faces: str,
) -> TaskResult:
    """Try other training sets and other features on the other database, without a look at it in training.

    The spectrum is used with the classifier of Task 1. Copies and swaps are tested inside its database, too.
    `faces` names the features of the swaps, "texture" or "regions".
    """
    spectrum, experts = System("spectrum", first.classifier), System(faces, "experts")
    plan = [
        ("augmented", spectrum, sets.augmented, other),
        ("augmented-inside", spectrum, sets.augmented, evaluation),
        ("extra", spectrum, sets.extra, other),
        ("extra-augmented", spectrum, sets.extra_augmented, other),
        ("both", spectrum, sets.both, other),
    ]
    for slug, system in NETWORK_SYSTEMS.items():
        plan += [
            (f"{slug}-task1", system, sets.development, other),
            (f"{slug}-extra", system, sets.extra, other),
            (f"{slug}-both", system, sets.both, other),
        ]
    if faces != "regions":
        plan.append(("regions", System("regions", "experts"), sets.development, other))
    plan += _inside_and_outside(experts, evaluation, other, _face_sets(faces, sets))
    result = TaskResult([])
    for slug, system, train, test in plan:
        experiment = Experiment(3, slug, system, train.name, test.name)
        if slug == "resnet50-extra":
            experiment.reported_auc = REPORTED_RESNET50
        result.experiments.append(run_experiment(experiment, trainer, train, test))
    shipped = _test_shipped_model(faces, sets, evaluation, other)
    systems = {
        faces: (experts, (f"{faces}-both", faces)),
        "spectrum": (spectrum, ("both", "augmented")),
        **{slug: (one, (f"{slug}-both", f"{slug}-task1")) for slug, one in NETWORK_SYSTEMS.items()},
    }
    known = {one.test: one for one in shipped if one.slug in DEFAULT_MODEL_ON_TRAINING}
    result.contenders = [
        Contender(DEFAULT_MODEL, "default model", (DEFAULT_MODEL,), fakes=False, tests=known),
        *hold_out(trainer, sets.held_out, systems, (experts, ("swaps-both", "swaps"))),
    ]
    held_out = [test for one in result.contenders[1:] for test in one.measured.values()]
    result.experiments += shipped + held_out
    choose_final(result)
    return result


def _face_sets(faces: str, sets: TrainingSets) -> dict[str, TrainingSet]:
    """What the features that compare regions of a face are trained on, by slug."""
    return {
        faces: sets.development,
        f"{faces}-extra": sets.extra,
        f"{faces}-both": sets.both,
        "swaps": sets.swaps,
        "swaps-both": sets.swaps_both,
    }


def _inside_and_outside(
    system: System, evaluation: Subset, other: Subset, sets: Mapping[str, TrainingSet]
) -> list[tuple[str, System, TrainingSet, Subset]]:
    """Plan a system, trained on each set, on the other database and inside Task 1's."""
    return [
        row
        for slug, train in sets.items()
        for row in ((slug, system, train, other), (f"{slug}-inside", system, train, evaluation))
    ]


def _test_shipped_model(
    faces: str, sets: TrainingSets, evaluation: Subset, other: Subset
) -> list[Experiment]:
    """Test a model that the package ships, which has seen no photograph of any of these databases."""
    model, system = load(None if faces == "texture" else faces), System(faces, "experts")
    slugs = (DEFAULT_MODEL, DEFAULT_MODEL_INSIDE, *DEFAULT_MODEL_ON_TRAINING)
    experiments = []
    for slug, test in zip(slugs, (other, evaluation, sets.development, sets.extra), strict=True):
        if isinstance(test, Subset):
            experiment = Experiment(3, slug, system, PORTRAITS, test.name)
            experiment.trained_on = {key: model.training_[key] for key in ("n_real", "n_fake")}
            experiments.append(evaluate_detector(experiment, model, test))
    return experiments


def choose_final(result: TaskResult) -> None:
    """Choose the final experiment of Task 3 by the training databases held out in turn."""
    answers = {one.name: _answer(result, one) for one in result.contenders}
    by_name = {one.name: one for one in result.contenders}
    result.chosen = choose(
        [one.candidate for one in result.contenders if answers[one.name] is not None],
        lambda first, second, databases: lead(by_name[first], by_name[second], databases),
    )
    if result.chosen is None:
        return
    result.final = answers[result.chosen.name]
    if result.final is not None:
        result.choice = choice_in_words(result.chosen, result.contenders)
        result.final.final, result.final.choice = True, result.choice


def _answer(result: TaskResult, contender: Contender) -> Experiment | None:
    """The experiment in which a system is trained on all there is, where it could be trained."""
    trained = (result.by_slug[slug] for slug in contender.answers if slug in result.by_slug)
    return next((one for one in trained if one.detector is not None), None)
