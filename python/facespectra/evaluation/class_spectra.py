"""Radial spectra of real and fake faces side by side: mean, spread, and AUC of each feature and band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.intervals import delong_interval

Floats = NDArray[np.float64]


class BandAuc(NamedTuple):
    """AUC of the mean over a band of features, with its 95 % interval."""

    auc: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ClassSpectra:
    """Spectra of the real and of the fake faces of one database."""

    name: str
    real_mean: Floats  # (n_features,), as are the next four
    real_sd: Floats
    fake_mean: Floats
    fake_sd: Floats
    auc: Floats  # of each feature on its own, fake being the positive class
    bands: tuple[BandAuc, ...]

    @property
    def pooled_sd(self) -> Floats:
        """Standard deviation of each feature within a class."""
        return np.sqrt((self.real_sd**2 + self.fake_sd**2) / 2)


def measure_class_spectra(
    matrix: NDArray[np.floating], labels: NDArray[np.int64], *, name: str = "", n_bands: int = 0
) -> ClassSpectra | None:
    """Mean, spread and AUCs of ``(n, n_features)`` spectra labelled 0 (real) or 1 (fake).

    None where a class has fewer than two samples. The features are divided into `n_bands` equal bands.
    """
    spectra = matrix.astype(np.float64)
    real, fake = spectra[labels == 0], spectra[labels == 1]
    if min(len(real), len(fake)) < 2:
        return None
    bands = []
    for columns in np.array_split(np.arange(spectra.shape[1]), n_bands) if n_bands else ():
        means = spectra[:, columns].mean(axis=1, keepdims=True)
        (auc,) = _aucs(means[labels == 0], means[labels == 1]).tolist()
        bands.append(BandAuc(auc, *delong_interval(labels, means[:, 0])))
    return ClassSpectra(
        name,
        real.mean(axis=0),
        real.std(axis=0, ddof=1),
        fake.mean(axis=0),
        fake.std(axis=0, ddof=1),
        _aucs(real, fake),
        tuple(bands),
    )


def _aucs(real: Floats, fake: Floats) -> Floats:
    """AUC of each column, by the Mann-Whitney statistic."""
    from scipy.stats import rankdata

    # The ranks of fakes among all, less their ranks among themselves: pairs won, a tie counting half.
    won = rankdata(np.concatenate([fake, real]), axis=0)[: len(fake)].sum(axis=0)
    aucs: Floats = (won - len(fake) * (len(fake) + 1) / 2) / (len(fake) * len(real))
    return aucs
