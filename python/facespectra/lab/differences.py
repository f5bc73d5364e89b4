"""Why a system fails on another database: where in the spectrum the classes differ, in each of the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation import delong_interval
from facespectra.lab.subsets import Subset

BANDS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Separation:
    """How the spectra of real and fake faces of one database lie to each other.

    Attributes
    ----------
    name : str
        Of the database's part.
    real_mean, real_sd, fake_mean, fake_sd : (n_features,) float64
        Of each feature, within each class.
    auc : (n_features,) float64
        Of each feature on its own, higher meaning fake; 0.5 where the classes do not differ.
    bands : list of (auc, low, high)
        The same for the mean over each of :data:`BANDS` equal bands, with its 95 % interval.
    """

    name: str
    real_mean: Floats
    real_sd: Floats
    fake_mean: Floats
    fake_sd: Floats
    auc: Floats
    bands: list[tuple[float, float, float]]

    @property
    def sd(self) -> Floats:
        """Spread within the classes."""
        return np.sqrt((self.real_sd**2 + self.fake_sd**2) / 2)


def separation(part: Subset) -> Separation | None:
    """Compare the spectra of the classes.

    Parameters
    ----------
    part : Subset
        With its spectra.

    Returns
    -------
    Separation or None
        None if one of the classes has fewer than two.
    """
    table = part.table("spectrum")
    matrix, labels = table.matrix[table.ok].astype(np.float64), part.labels[table.ok]
    real, fake = matrix[labels == 0], matrix[labels == 1]
    if min(len(real), len(fake)) < 2:
        return None
    bands = []
    for block in np.array_split(np.arange(matrix.shape[1]), BANDS):
        means = matrix[:, block].mean(axis=1)
        bands.append((_auc(means[labels == 0], means[labels == 1]), *delong_interval(labels, means)))
    return Separation(
        part.name,
        real.mean(axis=0),
        real.std(axis=0, ddof=1),
        fake.mean(axis=0),
        fake.std(axis=0, ddof=1),
        np.array([_auc(one, other) for one, other in zip(real.T, fake.T, strict=True)]),
        bands,
    )


def _auc(real: Floats, fake: Floats) -> float:
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([fake, real]))[: len(fake)]
    return float((ranks.sum() - len(fake) * (len(fake) + 1) / 2) / (len(fake) * len(real)))


def compared(own: Separation, other: Separation) -> dict[str, Any]:
    """Put what two databases have in common, and what not, into figures.

    Parameters
    ----------
    own, other : Separation
        What was learnt from, and what was tested on.

    Returns
    -------
    dict
        ``best_band`` of the own database (number from 0, and AUC there and in the other); ``correlation`` of
        the AUCs of single features, and ``agreeing``, the share of these on the same side of 0.5; in units
        of the own spread within a class, mean over the features: ``gap_own`` and ``gap_other``, between the
        classes, and ``shift``, between the real faces of both.
    """
    index = int(np.argmax([abs(auc - 0.5) for auc, _, _ in own.bands]))
    one, two = own.auc - 0.5, other.auc - 0.5
    vary = np.std(one) > 0 and np.std(two) > 0
    # The first feature is 1 by definition, and has no spread.
    used = own.sd > 1e-9
    unit = own.sd[used]

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
