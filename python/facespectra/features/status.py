"""What became of a sample, as data: a kind, and a reason where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of status, by the words that files and tables use."""

    OK = "ok"
    NO_FACE = "no-face"
    UNREADABLE = "unreadable"
    CANNOT_TELL = "cannot-tell"
    NO_SCORE = "no-score"  # of a sample that another system did not score


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a sample; its text, ``"unreadable: it is empty"`` say, stands in files and tables."""

    kind: Kind
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}" if self.reason else str(self.kind)

    @property
    def ok(self) -> bool:
        """Whether nothing stood in the way."""
        return self.kind is Kind.OK

    @property
    def unreadable(self) -> bool:
        """Whether the file is at fault, and not merely without a face."""
        return self.kind is Kind.UNREADABLE


OK = Status(Kind.OK)
NO_FACE = Status(Kind.NO_FACE)
NO_SCORE = Status(Kind.NO_SCORE)
NO_MEMORY = Status(Kind.UNREADABLE, "there is not enough memory for it")


def unreadable(reason: str) -> Status:
    """The status of a sample that cannot be read."""
    return Status(Kind.UNREADABLE, reason)
