"""Which numbers region features consist of, and what each is called."""

from __future__ import annotations

WIDTH = 112
"""Width in pixels that every face is brought to."""

HEIGHTS = (56, 448)
"""Least and greatest height at that width; a box that is flatter or taller holds no face."""

BANDS = ("highpass3", "highpass5", "diff2-h", "diff2-v", "dog0.8", "dog1.6", "dog3.2", "dog6.4")
"""Bands of luma. The last four are differences of Gaussians: the picture minus its blur by 0.8 pixels, that
minus the blur by 1.6, and so on."""

REGIONS = ("inner", "ring", "eyes", "mouth", "skin")

STATISTICS = ("rms", "p90")
"""Root of the mean square, and 90th percentile of the absolute value; the logarithm of each."""

QUANTILE = 0.9

RINGS = 16
"""Radial bins of the sector powers, equal steps from 0 to 0.5 cycles per pixel."""

SECTORS = ("horizontal", "diagonal", "vertical")
"""30 degrees each, of the angle between the frequency and the rows of the picture, folded to 0 to 90."""

RELATIVE_REGIONS = ("inner", "eyes", "mouth", "skin")
"""Regions whose logarithms are also given minus those of the ring: what the picture's quality does to both
cancels out."""

FLOOR = 0.1
"""Grey levels that are added to every amplitude before its logarithm, far below the step of 8 bits: regions
without any detail are all alike."""

BLACK = 4
"""Pixels this dark are corners that a warp left empty, or say nothing: they are in no region."""

FEWEST = 24
"""Pixels that a region must have left for black ones to be taken out of it."""

N_BANDS = len(REGIONS) * len(BANDS) * len(STATISTICS)
N_SECTORS = RINGS * len(SECTORS)
N_RELATIVE = len(RELATIVE_REGIONS) * len(BANDS) * len(STATISTICS)


def feature_names() -> list[str]:
    """Name every number, in the order of the features.

    Returns
    -------
    list of str
        192 names: ``"inner dog0.8 rms"`` and the like, 80 of them (region, band, statistic);
        ``"power horizontal 0.031"``, 48 (sector, upper end of the radial bin in cycles per pixel);
        ``"inner-ring dog0.8 rms"``, 64 (region, band, statistic), the relative ones.
    """
    bands = [f"{region} {band} {kind}" for region in REGIONS for band in BANDS for kind in STATISTICS]
    powers = [f"power {sector} {0.5 * (k + 1) / RINGS:.3f}" for sector in SECTORS for k in range(RINGS)]
    relative = [
        f"{region}-ring {band} {kind}" for region in RELATIVE_REGIONS for band in BANDS for kind in STATISTICS
    ]
    return [*bands, *powers, *relative]
