"""How Task 3 is answered, on plain figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from facespectra.lab.choice import (
    BEST,
    NOT_MEASURED,
    NOTHING_FOUND,
    PREFERRED,
    Auc,
    Candidate,
    Choice,
    choose,
    mean_auc,
)
from facespectra.lab.paired import Difference, difference_of_intervals, mean_difference


def auc(value: float, half: float = 0.03) -> Auc:
    return Auc(value, value - half, value + half)


def candidates(**aucs: Sequence[float | Auc]) -> list[Candidate]:
    """Systems in order of preference, with AUCs on Task 1 and on the extra set; shorter where unmeasured."""
    return [
        Candidate(
            name,
            {
                database: one if isinstance(one, Auc) else auc(one)
                for database, one in zip(("task1", "extra"), values, strict=False)
            },
            fakes=name not in ("default", "swaps"),
        )
        for name, values in aucs.items()
    ]


def leading(p: float = 0.001) -> Callable[..., Difference]:
    return lambda first, second, databases: Difference(0.1, 0.02, p)


def chosen(choice: Choice | None) -> tuple[str, str]:
    assert choice is not None
    return choice.name, choice.why


def test_what_does_best_on_databases_that_it_has_not_seen_is_chosen() -> None:
    systems = candidates(default=(0.6, 0.62), swaps=(0.8, 0.86), texture=(0.7, 0.9), spectrum=(0.9, 0.55))
    choice = choose(systems, leading())
    assert chosen(choice) == ("swaps", BEST)
    assert choice.means["swaps"].value == pytest.approx(0.83)
    assert choice.databases == ("task1", "extra")
    # However it did inside one of them: the mean decides.
    assert choice.means["spectrum"].value == pytest.approx(0.725)


def test_an_earlier_one_is_kept_where_the_best_is_not_significantly_better() -> None:
    systems = candidates(default=(0.6, 0.6), swaps=(0.8, 0.8), texture=(0.84, 0.84), spectrum=(0.83, 0.83))

    def lead(first: str, second: str, databases: Sequence[str]) -> Difference:
        assert databases == ("task1", "extra")
        return Difference(0.04, 0.03, {"default": 0.001, "swaps": 0.25}[second])

    choice = choose(systems, lead)
    assert chosen(choice) == ("swaps", PREFERRED)
    assert (choice.best, choice.ahead.p) == ("texture", 0.25)
    # Later ones are not asked about: they are not preferred to the best.
    assert chosen(choose(systems[2:], lead)) == ("texture", BEST)


def test_what_finds_nothing_is_not_kept_for_want_of_samples() -> None:
    few = {"default": (auc(0.5, 0.2),) * 2, "texture": (auc(0.75, 0.2),) * 2}
    assert chosen(choose(candidates(**few), leading(p=0.2))) == ("texture", BEST)


def test_one_that_is_above_chance_comes_before_a_higher_one_that_is_not() -> None:
    systems = candidates(default=(0.6, 0.6), texture=(auc(0.7, 0.4), auc(0.7, 0.4)))
    assert chosen(choose(systems, leading())) == ("default", BEST)


def test_where_nothing_carries_over_the_first_is_kept() -> None:
    systems = candidates(default=(0.48, 0.5), texture=(0.51, 0.52), spectrum=(0.5, 0.5))
    choice = choose(systems, leading(p=0.6))
    assert chosen(choice) == ("default", NOTHING_FOUND)
    assert choice.best == "texture"


def test_with_one_training_database_only_what_has_not_seen_it_is_measured() -> None:
    systems = candidates(default=(0.8,), swaps=(), texture=(), spectrum=())
    assert chosen(choose(systems, leading())) == ("default", BEST)
    # No swaps there, so what is trained on swaps is not the answer either.
    systems = candidates(default=(0.5,), swaps=(), texture=(), spectrum=())
    assert chosen(choose(systems, leading())) == ("texture", NOT_MEASURED)


def test_one_that_was_measured_on_some_databases_only_is_not_ranked() -> None:
    systems = candidates(default=(0.7, 0.7), texture=(0.95,))
    choice = choose(systems, leading())
    assert chosen(choice) == ("default", BEST)
    assert list(choice.means) == ["default"]


def test_nothing_to_choose_from() -> None:
    assert choose([], leading()) is None
    assert chosen(choose(candidates(default=(), texture=()), leading())) == ("texture", NOT_MEASURED)


def test_intervals_that_are_not_known_are_not_above_chance() -> None:
    assert not Auc(0.9).above_chance
    assert chosen(choose(candidates(default=(0.6,), texture=(Auc(0.9),)), leading())) == ("default", BEST)
    record = choose(candidates(default=(Auc(0.9),)), leading()).to_dict()
    assert record["mean_auc"] == {"default": {"auc": 0.9, "auc_ci95": [None, None]}}


def test_mean_over_databases() -> None:
    mean = mean_auc([auc(0.8, 0.03), auc(0.6, 0.04)])
    assert (mean.value, mean.low, mean.high) == pytest.approx((0.7, 0.675, 0.725))
    assert mean_auc([auc(0.8)]) == auc(0.8)


def test_mean_difference_is_tested_by_the_errors_of_both() -> None:
    two = mean_difference([Difference(0.04, 0.03, 0.18), Difference(0.08, 0.04, 0.05)])
    assert (two.value, two.error) == pytest.approx((0.06, 0.025))
    assert two.p == pytest.approx(0.0164, abs=1e-4)
    alone = Difference(0.04, 0.03, 0.18)
    assert mean_difference([alone]) is alone
    assert np.isnan(mean_difference([alone, Difference(0.1)]).p)


def test_words_of_a_difference() -> None:
    assert Difference(0.046, 0.04, 0.25).in_words() == "not significantly higher (p = 0.25)"
    assert Difference(0.2, 0.04, 1e-6).in_words("lower") == "significantly lower (p < 0.001)"
    assert Difference(0.2).in_words() == "too few samples to test"
    unpaired = difference_of_intervals((0.9, (0.87, 0.93)), (0.8, (0.77, 0.83)))
    assert not unpaired.paired
    assert unpaired.significant
    assert difference_of_intervals((0.9, (0.8, 1.0)), (0.8, (np.nan, np.nan))).in_words() == (
        "too few samples to test"
    )
