"""Which system answers Task 3: the one that does best on training databases that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from facespectra.evaluation.intervals import Z_95
from facespectra.lab.paired import Difference, standard_error

# Why a system was chosen.
BEST = "best"
PREFERRED = "preferred"  # none is significantly better, and it comes earlier
NOTHING_FOUND = "nothing-found"  # of those measured, none is above chance; it is the first of them
NOT_MEASURED = "not-measured"  # the others were not measured, or found nothing


@dataclass(frozen=True, slots=True)
class Auc:
    """An AUC with its 95 % interval; NaN where there are too few samples for one."""

    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def above_chance(self) -> bool:
        """Whether it is significantly above 0.5."""
        return self.low > 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A system that may answer the task, with its AUC on each training database that was held out."""

    name: str
    aucs: Mapping[str, Auc]
    fakes: bool = True  # whether it is trained on the databases' own fakes, and so on any kind of them


@dataclass(frozen=True, slots=True)
class Choice:
    """The system that was chosen, and what speaks for it."""

    name: str
    why: str
    best: str = ""  # with the highest mean; empty where nothing was measured
    databases: tuple[str, ...] = ()  # held out in turn
    means: dict[str, Auc] = field(default_factory=dict)  # over these databases, of each system measured
    ahead: Difference | None = None  # of the best before the chosen one, where they are two

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        ahead = None
        if self.ahead is not None:
            ahead = {"difference": self.ahead.value, "p": _plain(self.ahead.p)}
        means = {
            name: {"auc": mean.value, "auc_ci95": [_plain(mean.low), _plain(mean.high)]}
            for name, mean in self.means.items()
        }
        return {
            "chosen": self.name,
            "why": self.why,
            "best": self.best or None,
            "held_out": list(self.databases),
            "mean_auc": means,
            "best_before_chosen": ahead,
        }


def choose(
    candidates: Sequence[Candidate], lead: Callable[[str, str, Sequence[str]], Difference]
) -> Choice | None:
    """Choose one of the candidates, which are in order of preference; None where there are none.

    Those measured on every held-out database are ranked by their mean AUC. Those that are significantly above
    0.5 come before the others, however the others rank. The best is chosen, or the first in order of
    preference that the best does not significantly beat. ``lead(first, second, databases)`` is the mean
    difference of their AUCs. Where none is above 0.5, one that could not be measured is chosen if there is
    one, and if so one that is trained on the databases' own fakes: nothing is known against it.
    """
    if not candidates:
        return None
    databases = tuple(dict.fromkeys(name for one in candidates for name in one.aucs))
    means = {one.name: mean_auc([one.aucs[name] for name in databases]) for one in _measured(candidates)}
    finding = [name for name, mean in means.items() if mean.above_chance]
    unmeasured = [one for one in candidates if one.name not in means]
    if not finding and unmeasured:
        best = max(means, key=lambda name: means[name].value, default="")
        chosen = next((one for one in unmeasured if one.fakes), unmeasured[0])
        return Choice(chosen.name, NOT_MEASURED, best, databases, means)
    pool = finding or list(means)
    best = max(pool, key=lambda name: means[name].value)
    for name in pool[: pool.index(best)]:
        ahead = lead(best, name, databases)
        if not ahead.significant:
            return Choice(name, PREFERRED if finding else NOTHING_FOUND, best, databases, means, ahead)
    return Choice(best, BEST if finding else NOTHING_FOUND, best, databases, means)


def mean_auc(aucs: Sequence[Auc]) -> Auc:
    """Mean over databases, which are independent of each other, with its interval."""
    if len(aucs) == 1:
        return aucs[0]
    value = sum(one.value for one in aucs) / len(aucs)
    half = Z_95 * math.hypot(*(standard_error(one.low, one.high) for one in aucs)) / len(aucs)
    return Auc(value, value - half, min(1.0, value + half))


def _measured(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those with an AUC on every database that any of them was measured on."""
    databases = {name for one in candidates for name in one.aucs}
    return [one for one in candidates if one.aucs and set(one.aucs) == databases]


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else value
