"""How Task 3 was answered, in words, and the table of what was held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facespectra.evaluation.figures_table import interval_in_words
from facespectra.lab.choice import BEST, NOT_MEASURED, Auc, Choice
from facespectra.lab.held_out import DEFAULT, Contender
from facespectra.lab.paired import difference

# From here on a system finds fakes, and below here none, each with the whole interval.
FOUND, NOTHING = 0.6, 0.65
# Cross-validated inside its own training database: whether it has learned anything at all.
LEARNED = 0.7


def choice_in_words(choice: Choice, contenders: Sequence[Contender]) -> str:
    """Say why a system was chosen."""
    labels = {one.name: _named(one) for one in contenders}
    chosen, best = labels[choice.name], labels.get(choice.best, "")
    unmeasured = [labels[one.name] for one in contenders if one.name not in choice.means]
    if not choice.databases:
        return f"no training database could be held out; {chosen} comes first in the order fixed beforehand"
    alone = len(choice.databases) == 1
    which = choice.databases[0] if alone else f"each training database ({' and '.join(choice.databases)})"
    held_out = f"by what carries over, with {which} held out{'' if alone else ' in turn'}"
    kind = "AUC" if alone else "mean AUC"

    def figures(name: str) -> str:
        return f"{kind} of {_with_interval(choice.means[name])}"

    if choice.why == NOT_MEASURED:
        return (
            f"{held_out}: {best} finds nothing there ({figures(choice.best)}), and {chosen} could not be "
            f"measured ({_reasons(contenders)}); it comes first of those in the order fixed beforehand"
        )
    if len(choice.means) == 1:
        return (
            f"{held_out}: {chosen} has an {figures(choice.name)}, and no other could be measured "
            f"({_reasons(contenders)})"
        )
    nothing = "" if choice.means[choice.best].above_chance else "no system is significantly above 0.5; "
    if choice.name == choice.best:
        highest = f"{nothing}{chosen} has the highest {figures(choice.name)}"
    else:
        p = choice.ahead.p_in_words if choice.ahead else ""
        highest = (
            f"{nothing}{best} has the highest {figures(choice.best)}, not significantly higher ({p}) than "
            f"{chosen} with {_with_interval(choice.means[choice.name])}, which comes earlier in the order "
            "fixed beforehand"
        )
    left = f"; not measured: {'; '.join(unmeasured)}" if unmeasured and choice.why == BEST else ""
    return f"{held_out}: {highest}{left}"


def kinds_of_fakes(contenders: Sequence[Contender]) -> str:
    """Say so where two training databases have different kinds of fakes; empty where nothing shows it."""
    shipped = next((one for one in contenders if not one.fakes), None)
    if shipped is not None and len(tests := list(shipped.measured.values())) == 2:
        high, low = sorted(tests, key=lambda one: -one.auc)
        if high.auc_ci95[0] > FOUND and low.auc_ci95[1] < NOTHING and difference(high, low).significant:
            return (
                f"{low.test} has another kind of fake than {high.test}: the default model, which looks for "
                f"swaps, finds those of {high.test} (AUC {high.auc:.3f}) and not those of {low.test} "
                f"({low.auc:.3f})."
            )
    across = [one for contender in contenders if contender.fakes for one in contender.measured.values()]
    names = list(dict.fromkeys(one.test for one in across))
    learned = {one.train for one in across if (one.held_out_auc or 0) >= LEARNED}
    if len(names) == 2 and len(learned) == 2 and all(one.auc_ci95[1] < NOTHING for one in across):
        highest = max(one.auc for one in across)
        return (
            f"{names[0]} and {names[1]} have different kinds of fakes: no system that is trained on those of "
            f"one finds those of the other, in either direction (AUC at most {highest:.3f})."
        )
    return ""


def held_out_rows(choice: Choice | None, contenders: Sequence[Contender]) -> list[dict[str, Any]]:
    """Rows of the table of held-out databases: a system each, with an AUC for each database."""
    if choice is None:
        return []
    rows = []
    for one in contenders:
        if not one.measured:
            continue
        mean = choice.means.get(one.name)
        rows.append(
            {
                "system": one.label,
                "aucs": [_cell(one, name) for name in choice.databases],
                "mean": "" if mean is None else _with_interval(mean),
                "final": one.name == choice.name,
            }
        )
    return rows


def choice_record(choice: Choice, contenders: Sequence[Contender], reason: str) -> dict[str, Any]:
    """Content of ``choice.json``."""
    systems = {
        one.name: {
            "system": one.label,
            "held_out": {
                name: {
                    "train": test.train,
                    "auc": None if test.evaluation is None else test.auc,
                    "auc_ci95": None if test.evaluation is None else test.evaluation.to_dict()["auc_ci95"],
                    "reason": test.reason or None,
                }
                for name, test in one.tests.items()
            },
        }
        for one in contenders
    }
    more = {"reason": reason, "kinds_of_fakes": kinds_of_fakes(contenders) or None}
    return choice.to_dict() | more | {"order": [one.name for one in contenders], "systems": systems}


def _cell(contender: Contender, database: str) -> str:
    test = contender.measured.get(database)
    return "" if test is None else _with_interval(Auc(test.auc, *test.auc_ci95))


def _named(contender: Contender) -> str:
    return "the default model" if contender.name == DEFAULT else contender.label


def _reasons(contenders: Sequence[Contender]) -> str:
    """Why systems could not be measured, each reason once."""
    reasons = (test.reason for one in contenders for test in one.tests.values() if test.reason)
    return "; ".join(dict.fromkeys(part for reason in reasons for part in reason.split("; ")))


def _with_interval(auc: Auc) -> str:
    return f"{auc.value:.3f} ({interval_in_words((auc.low, auc.high))})"
