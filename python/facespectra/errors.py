"""The exceptions that facespectra raises on purpose.

Each message is one line that names the input and says what to do about it; the command line prints it as it
is. Wrong arguments raise :class:`ValueError` or :class:`TypeError` as everywhere else in Python.
"""

from __future__ import annotations


class FacespectraError(Exception):
    """Base of every error that is about the user's input or installation and not about our code."""


class BackendError(FacespectraError):
    """A backend or FFT library that was asked for by name cannot be used."""


class SettingError(FacespectraError, ValueError):
    """An option or an environment variable has a value that means nothing, whatever the input."""


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
    """A package from one of the optional extras is needed and not installed."""


class UnreadableFileError(FacespectraError):
    """A file cannot be read.

    Parameters
    ----------
    message : str
        One line that names the file and says why.
    reason : str, optional
        The same without the name, for tables where it stands in a column of its own. Default: `message`.
    """

    def __init__(self, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.reason = message if reason is None else reason


class UnreadableImageError(UnreadableFileError):
    """A file is not an image that can be read."""


class UnreadableVideoError(UnreadableFileError):
    """A file is not a video that can be read, or has no two frames."""


class DatasetError(FacespectraError):
    """A folder or manifest is not a data set that can be understood."""


class ModelError(FacespectraError):
    """A model file cannot be loaded, or does not fit what it is used for."""
