"""Each training database held out in turn: how a system does there that was trained on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from facespectra.lab.choice import Auc, Candidate
from facespectra.lab.experiments import HELD_OUT, Experiment, System, Trainer, run_experiment
from facespectra.lab.paired import Difference, difference, mean_difference
from facespectra.lab.training_sets import HeldOut

DEFAULT, SWAPS = "default", "swaps"


@dataclass(slots=True)
class Contender:
    """A system that may answer Task 3: its experiments with each training database held out.

    `answers` are the experiments of Task 3 in which it is trained on all there is, the first choice first.
    """

    name: str
    label: str  # for people
    answers: tuple[str, ...]
    fakes: bool = True  # whether it was trained on fakes of the databases
    tests: dict[str, Experiment] = field(default_factory=dict)  # by the database that was held out

    @property
    def measured(self) -> dict[str, Experiment]:
        """Those of its experiments that could be tested."""
        return {name: test for name, test in self.tests.items() if test.evaluation is not None}

    @property
    def candidate(self) -> Candidate:
        """What the choice needs of it."""
        return Candidate(
            self.name,
            {name: Auc(test.auc, *test.auc_ci95) for name, test in self.measured.items()},
            self.fakes,
        )


def hold_out(
    trainer: Trainer,
    held_out: Sequence[HeldOut],
    systems: Mapping[str, tuple[System, tuple[str, ...]]],
    swaps: tuple[System, tuple[str, ...]],
) -> list[Contender]:
    """Test each system on each training database, trained on the others' photographs, or on swaps of them.

    `systems` and `swaps` hold the system and its answers. The test set of the task plays no part.
    """
    contenders = []
    plan = [(SWAPS, *swaps), *((name, *system) for name, system in systems.items())]
    for name, system, answers in plan:
        label = f"{system.features} on synthetic swaps" if name == SWAPS else system.name
        contender = Contender(name, label, answers, fakes=name != SWAPS)
        for one in held_out:
            train = one.photographs if contender.fakes else one.swaps
            slug = f"held-out/{name}/{one.test.name.rpartition('/')[2]}"
            experiment = Experiment(3, slug, system, train.name, one.test.name, HELD_OUT)
            contender.tests[one.test.name] = run_experiment(experiment, trainer, train, one.test)
        contenders.append(contender)
    return contenders


def lead(first: Contender, second: Contender, databases: Sequence[str]) -> Difference:
    """Mean difference of two systems' AUCs over the databases, each by the paired test."""
    return mean_difference([difference(first.tests[name], second.tests[name]) for name in databases])
