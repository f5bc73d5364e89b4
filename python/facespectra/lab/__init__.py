"""The three tasks of the reference study: within a database, on another one, and what helps there."""

from __future__ import annotations

from facespectra.lab.output import write_lab
from facespectra.lab.result import LabResult, LabSettings
from facespectra.lab.run import run_lab

__all__ = ["LabResult", "LabSettings", "run_lab", "write_lab"]
