"""One line that names the extra, wherever a package of an extra is missing."""

from __future__ import annotations

from importlib.util import find_spec

from facespectra.errors import MissingExtraError

PROJECT_OF = {"PIL": "pillow", "sklearn": "scikit-learn", "facenet_pytorch": "facenet-pytorch"}


def require(extra: str, *modules: str) -> None:
    """Raise where a package of an extra is absent.

    Parameters
    ----------
    extra : str
        The extra that brings the packages, such as ``"detect"``.
    *modules : str
        Top-level modules, by the name they are imported by.

    Raises
    ------
    MissingExtraError
        Names the packages and the command that installs them.
    """
    missing = [PROJECT_OF.get(module, module) for module in modules if find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtraError(
            f'{" and ".join(missing)} {verb} not installed: pip install "facespectra[{extra}]"'
        )
