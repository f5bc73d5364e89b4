"""Why a system fails on another database: how much the databases and their classes differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from facespectra.evaluation.class_spectra import ClassSpectra, Floats

BANDS = 10


def compare_databases(own: ClassSpectra, other: ClassSpectra) -> dict[str, Any]:
    """Compare the database that was trained on with the one that was tested on.

    ``best_band`` is the band, numbered from 0, that separates the classes of the first best, with its AUC in
    both. ``correlation`` is that of the AUCs of single features, and ``agreeing`` the share of features whose
    AUCs are on the same side of 0.5. ``gap_own`` and ``gap_other``, between the classes, and ``shift``,
    between the real faces of both, are means over the features in units of the first's spread within a class.
    """
    index = int(np.argmax([abs(auc - 0.5) for auc, _, _ in own.bands]))
    one, two = own.auc - 0.5, other.auc - 0.5
    vary = np.std(one) > 0 and np.std(two) > 0
    # The first feature is 1 by definition, and has no spread.
    used = own.pooled_sd > 1e-9
    unit = own.pooled_sd[used]

    def gap(first: Floats, second: Floats) -> float:
        return float(np.mean(np.abs(first - second)[used] / unit))

    return {
        "best_band": {"band": index, "auc_own": own.bands[index][0], "auc_other": other.bands[index][0]},
        "correlation": float(np.corrcoef(one, two)[0, 1]) if vary else None,
        "agreeing": float(np.mean(np.sign(one[used]) == np.sign(two[used]))),
        "gap_own": gap(own.real_mean, own.fake_mean),
        "gap_other": gap(other.real_mean, other.fake_mean),
        "shift": gap(own.real_mean, other.real_mean),
    }
