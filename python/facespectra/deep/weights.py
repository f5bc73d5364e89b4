"""Weights of ResNet-50: found, downloaded from torch's site, read without running anything in them."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import pickle
import re
import sys
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from urllib.request import urlopen

from facespectra._extras import require
from facespectra._files import one_line, writing_atomically
from facespectra._torch_files import check_names
from facespectra.errors import ModelError

Weights: TypeAlias = "str | os.PathLike[str] | None"

# torchvision's files, IMAGENET1K_V1 and V2. The first is what the report had: the second came half a
# year later. Said here, since torchvision takes seconds to be asked; a test asks it.
_FIRST, _SECOND = "resnet50-0676ba61.pth", "resnet50-11ad3fa6.pth"
PUBLISHED = {"imagenet": _FIRST, "imagenet-v1": _FIRST, "imagenet-v2": _SECOND}
_SITE = "https://download.pytorch.org/models/"

# In float64 the network takes 205 MB. What a file unpacks to is looked at before it is unpacked.
LARGEST = 512 * 2**20
DOWNLOAD_TIMEOUT = 30.0

# The names that torchvision gives its files end in the first digits of their SHA-256.
_HASH_IN_NAME = re.compile(r"^resnet50-([0-9a-f]{8,64})\.pth$")
_HINT = "give a file that holds them (--resnet-weights FILE)"


def find_weights(weights: Weights = None, *, download: bool = True) -> Path:
    """Find the file that weights are in, and download it where it is one of torchvision's and not there yet.

    Parameters
    ----------
    weights : path-like or str, optional
        A file, or one of :data:`PUBLISHED`. None is ``"imagenet"``.
    download : bool
        Whether the network may be asked.

    Returns
    -------
    Path

    Raises
    ------
    ModelError
        If there is no such file, or it cannot be downloaded.
    """
    name = "imagenet" if weights is None else weights
    if not isinstance(name, str) or name not in PUBLISHED:
        file = Path(name)
        if not file.is_file():
            raise ModelError(f"{file}: no such file of ResNet-50 weights")
        return file
    file = _hub() / "checkpoints" / PUBLISHED[name]
    if file.is_file():
        return file
    if not download:
        raise ModelError(f"ResNet-50's ImageNet weights are not at {file}; {_HINT}")
    return _download(_SITE + file.name, file)


def named_like(sha256: str) -> str | None:
    """Tell which of torchvision's published weights a hash belongs to.

    Parameters
    ----------
    sha256 : str
        Of a whole file, in hexadecimal digits.

    Returns
    -------
    str or None
        A name that :func:`find_weights` takes; None if torchvision did not publish these.
    """
    for name, file in PUBLISHED.items():
        match = _HASH_IN_NAME.match(file)
        if match and sha256.startswith(match[1]):
            return name
    return None


def sha256_of(file: Path) -> str:
    """Compute the SHA-256 of a file.

    Parameters
    ----------
    file : Path
        The file.

    Returns
    -------
    str
        In hexadecimal digits.

    Raises
    ------
    ModelError
        If the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(file, error) from error


def read_weights(file: Path) -> tuple[dict[str, Any], str]:
    """Read a state dict of torchvision's ResNet-50; nothing in the file is run.

    Parameters
    ----------
    file : Path
        As ``torch.save(model.state_dict(), file)`` writes it. The last layer (``fc``) is not used: it may be
        of any size, or missing.

    Returns
    -------
    state : dict of str to torch.Tensor
        What the network without its last layer needs, in float32.
    sha256 : str
        Of the file.

    Raises
    ------
    ModelError
        If the file cannot be read, is cut, is damaged, does not have the hash that its name promises, or
        holds anything but the weights of a ResNet-50. One line that names the file.
    MissingExtraError
        If torch or torchvision is not installed.
    """
    require("faces", "torch", "torchvision")
    try:
        size = file.stat().st_size
        data = file.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise _unreadable(file, error) from error
    # Read once: what is hashed is what is loaded, whatever happens to the file in between.
    sha256 = hashlib.sha256(data).hexdigest()
    if size > LARGEST or _unpacked(data) > LARGEST:
        raise ModelError(f"{file}: too large to be ResNet-50 weights")
    promised = _HASH_IN_NAME.match(file.name)
    if promised and not sha256.startswith(promised[1]):
        raise ModelError(
            f"{file}: damaged, or not what its name says (its SHA-256 begins with {sha256[:8]}); "
            "download it again"
        )
    return _checked(file, _load(file, data)), sha256


def _hub() -> Path:
    """Where torch keeps what it downloads."""
    if torch := sys.modules.get("torch"):
        return Path(torch.hub.get_dir())
    # By the rule that its documentation gives, which does not take as long as importing it.
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return Path(os.environ.get("TORCH_HOME", f"{cache}/torch")).expanduser() / "hub"


def _download(url: str, file: Path) -> Path:
    """Download a file under its name in the cache, if it has the hash that the name promises.

    As torch's own downloader does, but it gives up on a network that is silent, and does not import torch.
    """

    def failed(reason: object) -> ModelError:
        return ModelError(f"cannot download ResNet-50's weights from {url} ({one_line(reason)}); {_HINT}")

    def asked(ask: Callable[[], Any]) -> Any:
        # Within the block that writes, an OSError would count as one of the file's.
        try:
            return ask()
        except (OSError, http.client.HTTPException) as error:
            raise failed(error) from error

    promised = _HASH_IN_NAME.match(file.name)
    digest, size = hashlib.sha256(), 0
    answer = asked(lambda: urlopen(url, timeout=DOWNLOAD_TIMEOUT))  # noqa: S310 - of ours, and no user's
    try:
        with answer, writing_atomically(file) as target:
            while piece := asked(lambda: answer.read(2**20)):
                digest.update(piece)
                size += target.write(piece)
                if size > LARGEST:
                    raise failed("it is too large to be them")
            if promised and not digest.hexdigest().startswith(promised[1]):
                raise failed(f"what came has SHA-256 {digest.hexdigest()[:16]}..., not what was published")
    except OSError as error:
        raise failed(error) from error
    return file


def _unreadable(file: Path, error: OSError) -> ModelError:
    return ModelError(f"{file}: cannot read the ResNet-50 weights ({error.strerror or error})")


def _unpacked(data: bytes) -> int:
    """Size of what is in an archive; torch stores without compression, and others need not."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(member.file_size for member in archive.infolist())
    except Exception:  # noqa: BLE001 - not an archive (torch before 1.6) or a broken one: torch will tell
        return len(data)


def _load(file: Path, data: bytes) -> Any:
    import torch

    try:
        check_names(data)
        with warnings.catch_warnings():
            # About storage types of old files.
            warnings.simplefilter("ignore")
            return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"{file}: refused, because it is no plain state dict (torch.save of model.state_dict())"
        ) from error
    except Exception as error:
        # A cut or damaged file can fail anywhere inside torch and zipfile.
        raise ModelError(f"{file}: not a file of ResNet-50 weights, or damaged") from error


def _checked(file: Path, state: Any) -> dict[str, Any]:
    import torch
    from torchvision.models import resnet50

    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        raise ModelError(f"{file}: not a state dict of ResNet-50")
    with torch.device("meta"):
        expected = {key: value for key, value in resnet50().state_dict().items() if not _is_last(key)}
    # Counters of training steps came with torch 0.4.1 and say nothing about features.
    needed = {key: value for key, value in expected.items() if not key.endswith("num_batches_tracked")}
    if missing := [key for key in needed if key not in state]:
        raise ModelError(f"{file}: not the weights of a ResNet-50: {missing[0]} is missing")
    if foreign := [key for key in state if key not in expected and not _is_last(key)]:
        raise ModelError(f"{file}: not the weights of a ResNet-50: it has no {one_line(foreign[0])}")
    for key, value in needed.items():
        found = state[key]
        if not isinstance(found, torch.Tensor) or found.shape != value.shape:
            shape = tuple(found.shape) if isinstance(found, torch.Tensor) else type(found).__name__
            raise ModelError(
                f"{file}: not the weights of a ResNet-50: {key} is {shape}, not {tuple(value.shape)}"
            )
        if not found.is_floating_point() or found.layout != torch.strided or not found.isfinite().all():
            raise ModelError(f"{file}: damaged: {key} does not hold finite numbers")
        if key.endswith("running_var") and (found < 0).any():
            raise ModelError(f"{file}: damaged: {key} holds negative variances")
    return {key: state[key].to(torch.float32) for key in needed}


def _is_last(key: str) -> bool:
    return key.startswith("fc.")
