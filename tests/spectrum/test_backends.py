"""Which backend is taken, and what is said when it cannot be."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
import facespectra.spectrum.backends as table
from facespectra.errors import BackendError, InvalidImageError
from required import require

IMAGE = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter, where nothing is loaded yet."""
    import os

    inherited = {k: v for k, v in os.environ.items() if not k.startswith("FACESPECTRA_")}
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_states_of_all() -> None:
    states = fs.backends()
    assert list(states) == ["native", "numba", "pyfftw", "numpy", "torch"]
    assert states["numpy"] == "ready"


def test_the_variable_chooses_and_the_argument_wins(plain_environment: pytest.MonkeyPatch) -> None:
    plain_environment.setenv("FACESPECTRA_BACKEND", "numpy")
    assert table.get_backend()[0] == "numpy"
    assert table.get_backend(require("pyfftw"))[0] == "pyfftw"
    plain_environment.setenv("FACESPECTRA_BACKEND", "nonsense")
    with pytest.raises(ValueError, match="FACESPECTRA_BACKEND must be one of"):
        fs.radial_spectrum(IMAGE)
    plain_environment.setenv("FACESPECTRA_BACKEND", "")
    assert table.get_backend()[0] in table.AUTOMATIC


def test_the_variable_for_threads_is_checked(plain_environment: pytest.MonkeyPatch) -> None:
    plain_environment.setenv("FACESPECTRA_THREADS", "2")
    fs.radial_spectrum(IMAGE)
    plain_environment.setenv("FACESPECTRA_THREADS", "many")
    with pytest.raises(ValueError, match="FACESPECTRA_THREADS must be a whole number"):
        fs.radial_spectrum(IMAGE)


def test_the_first_that_loads_is_taken() -> None:
    for missing, expected in [([], "native"), (["_core"], "numba"), (["_core", "numba"], "pyfftw")]:
        require(expected)
        done = run(f"""
            import sys, warnings
            warnings.simplefilter("error")
            for name in {missing}:
                sys.modules["facespectra._core" if name == "_core" else name] = None
            from facespectra.spectrum.backends import get_backend
            print(get_backend()[0])
        """)
        assert done.stdout.strip() == expected, done.stderr


def test_a_broken_extension_warns_and_is_an_error_by_name(tmp_path: Path) -> None:
    broken = """
        import importlib.abc, importlib.machinery, sys, warnings

        class Broken(importlib.abc.MetaPathFinder, importlib.abc.Loader):
            def find_spec(self, name, path, target=None):
                if name == "facespectra._core":
                    return importlib.machinery.ModuleSpec(name, self)
            def create_module(self, spec):
                raise ImportError("undefined symbol: something")
            def exec_module(self, module): ...

        sys.meta_path.insert(0, Broken())
        import numpy as np, facespectra as fs
        image = np.eye(16, dtype=np.uint8)
    """
    automatic = run(textwrap.dedent(broken) + "print(fs.radial_spectrum(image).shape)")
    assert automatic.stdout.strip() == "(300,)"
    assert (
        "backend 'native' passed over: broken: ImportError: undefined symbol: something" in automatic.stderr
    )
    named = run(textwrap.dedent(broken) + "fs.radial_spectrum(image, backend='native')")
    assert (
        "BackendError: backend 'native' cannot be used: broken: ImportError: undefined symbol" in named.stderr
    )


def test_an_absent_backend_by_name_says_why() -> None:
    done = run("""
        import sys
        sys.modules["numba"] = None
        import numpy as np, facespectra as fs
        print(fs.backends()["numba"])
        fs.radial_spectrum(np.eye(16, dtype=np.uint8), backend="numba")
    """)
    assert done.stdout.strip() == "not installed (numba)"
    assert "BackendError: backend 'numba' cannot be used: not installed (numba)" in done.stderr


class TestTorch:
    @pytest.fixture(autouse=True)
    def torch(self):
        require("torch")
        return pytest.importorskip("torch")

    def test_a_tensor_gives_a_tensor(self, torch) -> None:
        images = np.stack([IMAGE, IMAGE[::-1]])
        expected = fs.radial_spectrum(images, backend="torch")
        got = fs.radial_spectrum(torch.from_numpy(images.copy()))
        assert isinstance(got, torch.Tensor)
        assert got.dtype == torch.float32
        np.testing.assert_array_equal(got.numpy(), expected)
        single = fs.radial_spectrum(torch.from_numpy(IMAGE), dtype="float64", n_features=None)
        assert single.dtype == torch.float64
        assert single.shape == (30,)

    def test_on_cuda_it_stays_there(self, torch) -> None:
        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
        got = fs.radial_spectrum(torch.from_numpy(IMAGE).cuda())
        assert got.is_cuda
        np.testing.assert_allclose(got.cpu().numpy(), fs.radial_spectrum(IMAGE), atol=1e-4)

    def test_it_can_be_differentiated(self, torch) -> None:
        image = torch.from_numpy(IMAGE.astype("f8")).requires_grad_()
        fs.radial_spectrum(image, dtype="float64")[20].backward()
        assert torch.isfinite(image.grad).all()
        assert image.grad.abs().max() > 0

    @pytest.mark.parametrize("count", [1, 5])
    def test_gradients_are_those_of_the_numbers(self, torch, convention: str, count: int) -> None:
        """By finite differences, on both ways of summing: few images, and many."""
        images = np.random.default_rng(5).uniform(1, 9, (count, 12, 9))
        keywords = {"convention": convention, "n_features": 6, "normalize": False, "dtype": "float64"}
        assert torch.autograd.gradcheck(
            lambda given: fs.radial_spectrum(given, **keywords),
            torch.from_numpy(images).requires_grad_(),
            eps=1e-6,
            atol=1e-4,
        )

    def test_few_images_and_many_have_the_same_numbers(self, torch, convention: str, dtype: str) -> None:
        images = np.random.default_rng(6).integers(0, 256, (9, 31, 40), dtype=np.uint8)
        together = fs.radial_spectrum(images, backend="torch", convention=convention, dtype=dtype)
        alone = [
            fs.radial_spectrum(image, backend="torch", convention=convention, dtype=dtype) for image in images
        ]
        np.testing.assert_allclose(alone, together, atol=1e-12 if dtype == "float64" else 1e-6)

    def test_a_shape_is_worked_out_once(self, torch, monkeypatch: pytest.MonkeyPatch) -> None:
        from facespectra.spectrum import definition
        from facespectra.spectrum.backends import _torch_bins

        monkeypatch.setattr(_torch_bins, "_KEPT", kept := OrderedDict())
        made = []
        whole = definition.radial_bins

        def counted(shape, settings):
            made.append(shape)
            return whole(shape, settings)

        monkeypatch.setattr(definition, "radial_bins", counted)
        shapes = [(20, 20 + k) for k in range(40)]
        images = [np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
        first = fs.radial_spectrum(images, backend="torch")
        np.testing.assert_array_equal(fs.radial_spectrum(images, backend="torch"), first)
        assert made == shapes
        monkeypatch.setattr(_torch_bins, "MOST_BYTES", sum(bins.n_bytes for bins in kept.values()) // 2)
        fs.radial_spectrum(IMAGE, backend="torch")
        assert 10 < len(kept) < 30
        assert next(reversed(kept))[0] == IMAGE.shape

    def test_the_variable_names_the_device(self, torch, plain_environment: pytest.MonkeyPatch) -> None:
        from facespectra.spectrum.backends import torch as backend

        expected = fs.radial_spectrum(IMAGE, backend="torch")
        for name in ("", "cpu", "cpu:0"):
            plain_environment.setenv("FACESPECTRA_TORCH_DEVICE", name)
            assert backend.chosen_device().type == "cpu"
            np.testing.assert_array_equal(fs.radial_spectrum(IMAGE, backend="torch"), expected)
        for name in ("nonsense", "cuda:99"):
            plain_environment.setenv("FACESPECTRA_TORCH_DEVICE", name)
            with pytest.raises(
                ValueError, match=f"FACESPECTRA_TORCH_DEVICE: torch cannot compute on '{name}'"
            ):
                fs.radial_spectrum(IMAGE, backend="torch")

    def test_wrong_tensors_are_refused(self, torch) -> None:
        with pytest.raises(TypeError, match=r"images has dtype torch.int32"):
            fs.radial_spectrum(torch.zeros((16, 16), dtype=torch.int32))
        with pytest.raises(ValueError, match="images has 1 dimensions"):
            fs.radial_spectrum(torch.zeros(16))
        with pytest.raises(ValueError, match="colour"):
            fs.radial_spectrum(torch.zeros((16, 16, 3)))
        with pytest.raises(ValueError, match="backend 'native' takes NumPy arrays"):
            fs.radial_spectrum(torch.zeros((16, 16)), backend="native")
        with pytest.raises(InvalidImageError, match="image 1: NaN"):
            fs.radial_spectrum(torch.stack([torch.zeros(9, 9), torch.full((9, 9), torch.nan)]))
        assert fs.radial_spectrum(torch.zeros((0, 16, 16))).shape == (0, 300)

    def test_a_stack_larger_than_a_batch(self, torch, monkeypatch: pytest.MonkeyPatch) -> None:
        from facespectra.spectrum.backends import torch as backend

        stack = np.random.default_rng(1).integers(0, 256, (7, 20, 24), dtype=np.uint8)
        expected = fs.radial_spectrum(stack, backend="torch", dtype="float64")
        monkeypatch.setattr(backend, "PIXELS_ON_CPU", 1000)
        np.testing.assert_allclose(
            fs.radial_spectrum(stack, backend="torch", dtype="float64"), expected, rtol=1e-12
        )
        stack = stack.astype("f4")
        stack[5, 3, 3] = np.inf
        for images in (stack, torch.from_numpy(stack), [np.ones((9, 9)), *stack]):
            with pytest.raises(InvalidImageError, match=r"image [56]: NaN") as caught:
                fs.radial_spectrum(images, backend="torch")
            assert caught.value.index == len(images) - 2


def test_backend_errors_are_our_own() -> None:
    with pytest.raises(BackendError):
        raise table._AbsentError("not installed")
