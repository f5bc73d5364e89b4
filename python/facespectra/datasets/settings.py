"""How a data set is to be read where its names do not say it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER, NAME, FILE = "folder", "name", "file"
GROUPINGS = (FOLDER, NAME, FILE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What :func:`facespectra.read_dataset` was asked for."""

    group: str | None = None
    positive: str | None = None
    real: tuple[str, ...] = ()
    fake: tuple[str, ...] = ()
    path_column: str | None = None
    label_column: str | None = None
    root: Path | None = None
    asks_yes_or_no: bool = False  # whether the column of labels asks a question, such as is_fake

    @property
    def names_folders(self) -> bool:
        """Whether real and fake have other names here."""
        return bool(self.real or self.fake)

    def named(self, name: str) -> int | None:
        """Give the class that a name was said to be of."""
        plain = name.strip().casefold()
        for label, names in ((0, self.real), (1, self.fake)):
            if plain in {one.strip().casefold() for one in names}:
                return label
        return None
