"""What the figures of an evaluation mean, in plain sentences."""

from __future__ import annotations

import numpy as np

from facespectra.evaluation import Evaluation

# From which AUC on, and what is said then.
GRADES = ((0.95, "very well"), (0.85, "well"), (0.7, "to a degree"), (0.0, "barely"))


def verdict(result: Evaluation, what: str) -> str:
    """Say what an AUC means to somebody who does not know what that is.

    Parameters
    ----------
    result : Evaluation
        Of a system.
    what : str
        The system, as the subject of a sentence.

    Returns
    -------
    str
        Two sentences.
    """
    low, high = result.auc_ci95
    pairs = (
        f"Shown one fake and one real face of this data set, {what} gives the fake one the higher score in "
        f"{100 * result.auc:.0f} of 100 cases"
    )
    if np.isnan(low):
        return f"{pairs}. There are too few samples to say how far that figure can be trusted."
    between = f"between {100 * low:.0f} and {100 * high:.0f}"
    span = f"{pairs}; with more data of this kind, {between} are to be expected."
    if low <= 0.5 <= high:
        return f"{span} That includes 50, a coin: nothing here shows that it can tell them apart."
    if high < 0.5:
        return f"{span} That is the wrong way round: check which class is called fake."
    grade = next(words for least, words in GRADES if result.auc >= least)
    return f"{span} It tells these fakes from these real faces {grade}."


def cards(result: Evaluation, caught: tuple[int, int, int, int]) -> list[dict[str, str]]:
    """Give the figures that stand at the top.

    Parameters
    ----------
    result : Evaluation
        Of a system.
    caught : (int, int, int, int)
        Real ones called real, and all of them; fake ones called fake, and all of them.

    Returns
    -------
    list of dict
        ``heading``, ``figure`` and ``detail``.
    """
    low, high = result.auc_ci95
    interval = "no interval" if np.isnan(low) else f"95 % interval {low:.3f} to {high:.3f}"
    method = "DeLong" if result.auc_ci95_method == "delong" else result.auc_ci95_method
    several = result.n_videos is not None or (result.n_groups is not None and result.n_groups < result.n)
    found = [
        {
            "heading": "AUC, per frame or image" if several else "AUC",
            "figure": f"{result.auc:.3f}",
            "detail": f"{interval} ({method}); 0.5 is chance, 1 is perfect",
        }
    ]
    for name, auc, n in (
        ("video", result.video_auc, result.n_videos),
        ("group", result.group_auc, result.n_groups),
    ):
        if auc is not None:
            found.append(
                {
                    "heading": f"AUC, per {name}",
                    "figure": f"{auc:.3f}",
                    "detail": f"{n} {name}s, each by the {result.aggregate} of its scores",
                }
            )
    right_real, n_real, right_fake, n_fake = caught
    at = "the threshold chosen in training" if result.threshold_source == "given" else "the best threshold"
    found += [
        {
            "heading": "Right at the threshold",
            "figure": f"{100 * result.accuracy:.0f} %",
            "detail": f"{right_real} of {n_real} real, {right_fake} of {n_fake} fake; {at}, "
            f"{result.threshold:.4g}",
        },
        {
            "heading": "Equal error rate",
            "figure": f"{result.eer:.3f}",
            "detail": "where as large a share of real faces is called fake as of fakes real",
        },
        {
            "heading": "Fakes found at 1 % false alarms",
            "figure": f"{100 * result.tpr_at_fpr[0.01]:.0f} %",
            "detail": f"at 10 %: {100 * result.tpr_at_fpr[0.1]:.0f} %",
        },
    ]
    if result.brier is not None and result.calibration_error is not None:
        found.append(
            {
                "heading": "Calibration error",
                "figure": f"{result.calibration_error:.3f}",
                "detail": f"Brier score {result.brier:.3f}, where always saying 0.5 gives 0.250",
            }
        )
    return found


def left_out(result: Evaluation) -> str:
    """Say what the samples without a score could do to the AUC.

    Parameters
    ----------
    result : Evaluation
        Of a system.

    Returns
    -------
    str
        Empty where every sample has a score.
    """
    if result.missing_effect is None:
        return ""
    aucs = result.missing_effect["auc"]
    low, high = min(aucs.values()), max(aucs.values())
    verb = "has" if result.n_no_score == 1 else "have"
    effect = (
        "Whatever one takes them for, the AUC stays the same to the third digit."
        if f"{low:.3f}" == f"{high:.3f}"
        else f"Whatever one takes them for, the AUC lies between {low:.3f} and {high:.3f}."
    )
    return f"{result.n_no_score} of {result.n + result.n_no_score} samples {verb} no score. {effect}"
