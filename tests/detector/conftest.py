"""Textures, their features, and a detector trained on them. Nobody may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import facespectra as fs
from textures import save_textures, whole_image_detector

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.features import FeatureTable


@pytest.fixture(scope="session")
def textures(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """16 real and 16 fake whole images, in groups of two."""
    return save_textures(tmp_path_factory.mktemp("textures"))


@pytest.fixture(scope="session")
def table(textures: pd.DataFrame) -> FeatureTable:
    return whole_image_detector().extract(textures["path"].tolist())


@pytest.fixture(scope="session")
def trained(textures: pd.DataFrame) -> fs.Detector:
    return whole_image_detector().fit(textures)
