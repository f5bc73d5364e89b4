"""The exceptions that facespectra raises on purpose.

Each message is one line that names the input and says what to do; the command line prints it as it is. Wrong
arguments raise :class:`ValueError` or :class:`TypeError` as everywhere else in Python.
"""

from __future__ import annotations


class FacespectraError(Exception):
    """Base of all errors about the user's input or installation."""


class BackendError(FacespectraError):
    """A backend or FFT library that was requested by name cannot be used."""


class SettingError(FacespectraError, ValueError):
    """An option or an environment variable has an invalid value."""


class InvalidImageError(FacespectraError, ValueError):
    """An image has no spectrum: its shape is wrong, it is too small, or it has values that are not finite.

    Parameters
    ----------
    reason : str
        What is wrong, without the image's number.
    index : int, optional
        Which image of the call, from 0. None where the argument as a whole is wrong.
    message : str, optional
        Default: `reason`, after ``image 3:`` where there is an index.
    """

    def __init__(self, reason: str, index: int | None = None, message: str | None = None) -> None:
        if message is None:
            message = reason if index is None else f"image {index}: {reason}"
        super().__init__(message)
        self.reason = reason
        self.index = index


class MissingExtraError(FacespectraError, ImportError):
    """A package of an optional extra is needed and not installed."""


class UnreadableFileError(FacespectraError):
    """A file cannot be read; `reason` is the message without the file name, for tables."""

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = message if reason is None else reason


class UnreadableImageError(UnreadableFileError):
    """A file is not a readable image."""


class UnreadableVideoError(UnreadableFileError):
    """A file is not a readable video, or has no frame."""


class DatasetError(FacespectraError):
    """A folder or manifest cannot be read as a data set."""


class ModelError(FacespectraError):
    """A model file cannot be loaded, or does not fit its use."""


class ClusterError(FacespectraError):
    """A Ray cluster cannot be reached, is too small, or has workers that cannot do the work."""
