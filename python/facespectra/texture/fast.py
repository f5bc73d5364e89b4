"""Texture features by ONNX Runtime: the network, the regions and their statistics in one graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra.deep.efficientnet import session
from facespectra.texture.inputs import normalised_face, region_masks

if TYPE_CHECKING:
    from facespectra.faces import Face


def texture_features(rgb: NDArray[np.uint8], landmarks: ArrayLike | None = None) -> NDArray[np.float32]:
    """Compute the texture features of one face, as defined in :mod:`facespectra.texture.definition`.

    Parameters
    ----------
    rgb : (h, w, 3) uint8 array
        Crop of the face's box in colour, at native resolution.
    landmarks : (5, 2) array_like, optional
        Both eyes, nose and both corners of the mouth, ``(x, y)`` in pixels from the upper left corner of the
        crop. Default: their typical positions.

    Returns
    -------
    (1632,) float32
        In the order of :func:`feature_names`, within 2e-3 of the definition. The same numbers alone and among
        others, in any number of threads.

    Raises
    ------
    ValueError
        If `rgb` is no colour picture, or too flat or too tall for a face.
    MissingExtraError
        If ONNX Runtime, the weights or Pillow are not installed.
    """
    inputs = {"picture": normalised_face(rgb), "regions": region_masks(rgb.shape, landmarks)}
    (rows,) = session("texture").run(None, inputs)
    features: NDArray[np.float32] = rows[0]
    return features


def face_features(rgb: NDArray[np.uint8], face: Face, left: int = 0, top: int = 0) -> NDArray[np.float32]:
    """The (1632,) features of a face in a picture, or in a part of it that starts at (left, top)."""
    x0, y0, x1, y1 = face.box
    part = rgb[y0 - top : y1 - top, x0 - left : x1 - left]
    return texture_features(part, np.array(face.landmarks) - (x0, y0))
