"""Bands, regions and statistics of the region features, and the features' names."""

from __future__ import annotations

WIDTH = 112
"""Width in pixels to which faces are resized."""

HEIGHTS = (56, 448)
"""Least and greatest height at that width; a flatter or taller box is not a face."""

BANDS = ("highpass3", "highpass5", "diff2-h", "diff2-v", "dog0.8", "dog1.6", "dog3.2", "dog6.4")
"""Bands of luma. The last four are differences of Gaussians: the picture minus its blur by 0.8 pixels, that
minus the blur by 1.6, and so on."""

REGIONS = ("inner", "ring", "eyes", "mouth", "skin")

STATISTICS = ("rms", "p90")
"""Root mean square, and 90th percentile of the absolute value; the logarithm of each."""

QUANTILE = 0.9

RINGS = 16
"""Radial bins of the sector powers, equal steps from 0 to 0.5 cycles per pixel."""

SECTORS = ("horizontal", "diagonal", "vertical")
"""30 degrees each, of the angle between the frequency vector and the rows, folded to 0 to 90."""

RELATIVE_REGIONS = ("inner", "eyes", "mouth", "skin")
"""Regions whose logarithms are also given minus those of the ring, which cancels the picture's quality."""

FLOOR = 0.1
"""Grey levels added to every amplitude before its logarithm, well below one step of 8 bits: regions without
detail get the same value."""

BLACK = 4
"""Darker pixels are in no region: they are corners left empty by a warp, or carry no information."""

MIN_PIXELS = 24
"""Black pixels are left out of a region only if this many others remain."""

N_BANDS = len(REGIONS) * len(BANDS) * len(STATISTICS)
N_SECTORS = RINGS * len(SECTORS)
N_RELATIVE = len(RELATIVE_REGIONS) * len(BANDS) * len(STATISTICS)


def feature_names() -> list[str]:
    """Name every feature, in order.

    Returns
    -------
    list of str
        192 names: 80 of (region, band, statistic), such as ``"inner dog0.8 rms"``; 48 of (sector, upper end
        of the radial bin in cycles per pixel), such as ``"power horizontal 0.031"``; 64 of (region, band,
        statistic) relative to the ring, such as ``"inner-ring dog0.8 rms"``.
    """
    bands = [f"{region} {band} {kind}" for region in REGIONS for band in BANDS for kind in STATISTICS]
    powers = [f"power {sector} {0.5 * (k + 1) / RINGS:.3f}" for sector in SECTORS for k in range(RINGS)]
    relative = [
        f"{region}-ring {band} {kind}" for region in RELATIVE_REGIONS for band in BANDS for kind in STATISTICS
    ]
    return [*bands, *powers, *relative]
