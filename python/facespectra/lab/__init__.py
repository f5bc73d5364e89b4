"""The report's three tasks: inside a database, on another one, and what was tried to do better there."""

from __future__ import annotations

from facespectra.lab.output import rows_of, write_lab
from facespectra.lab.run import LabResult, LabSettings, run_lab

__all__ = ["LabResult", "LabSettings", "rows_of", "run_lab", "write_lab"]
