"""The compiled core from Python: its FFT libraries, instruction sets, threads, and stubs."""

from __future__ import annotations

import ast
import inspect
import os
import shutil
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.errors import BackendError
from facespectra.spectrum import providers
from required import FREE_THREADED, require


@pytest.fixture(autouse=True)
def native(plain_environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    require("native")
    return plain_environment


@pytest.fixture
def images() -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.integers(0, 256, (60 + 9 * i, 90 - 4 * i), dtype=np.uint8) for i in range(10)]


def test_every_level_and_provider_agrees(
    native: pytest.MonkeyPatch, images: list[np.ndarray], dtype: str
) -> None:
    import facespectra._core as core

    assert core.simd_levels()[0] == "baseline"
    expected = fs.radial_spectrum(images, backend="numpy", dtype="float64")
    for provider in providers.available():
        native.setenv("FACESPECTRA_FFT", provider)
        for level in core.simd_levels():
            native.setenv("FACESPECTRA_SIMD", level)
            got = fs.radial_spectrum(images, backend="native", dtype=dtype)
            np.testing.assert_allclose(
                got, expected, atol=1e-5 if dtype == "float32" else 1e-12, err_msg=f"{provider} {level}"
            )


def test_an_unknown_level_is_refused(native: pytest.MonkeyPatch, images: list[np.ndarray]) -> None:
    native.setenv("FACESPECTRA_SIMD", "mmx")
    with pytest.raises(ValueError, match=r"FACESPECTRA_SIMD: no instruction set 'mmx'.*baseline"):
        fs.radial_spectrum(images, backend="native")


def test_a_provider_by_path(native: pytest.MonkeyPatch, images: list[np.ndarray]) -> None:
    expected = fs.radial_spectrum(images, backend="native")
    fftw = providers.find("fftw")
    for file in (fftw.single_file, fftw.double_file):
        native.setenv("FACESPECTRA_FFT", file)
        for dtype in ("float32", "float64"):
            got = fs.radial_spectrum(images, backend="native", dtype=dtype)
            np.testing.assert_allclose(got, expected, atol=1e-5)


def test_what_is_no_provider_is_named(
    native: pytest.MonkeyPatch, images: list[np.ndarray], tmp_path: Path
) -> None:
    text = tmp_path / "libfftw.so"
    text.write_text("not a library")
    for value, message in [
        ("cufft", "FACESPECTRA_FFT must be one of fftw, mkl or an absolute path; got 'cufft'"),
        (str(tmp_path / "missing.so"), "missing.so: no file at that absolute path"),
        ("./libfftw.so", "no file at that absolute path"),
        (str(text), "cannot load FFT library .*libfftw.so"),
    ]:
        native.setenv("FACESPECTRA_FFT", value)
        with pytest.raises(BackendError, match=message):
            fs.radial_spectrum(images, backend="native")


def test_an_absent_provider_says_how_to_get_it(native: pytest.MonkeyPatch, images: list[np.ndarray]) -> None:
    native.setitem(providers.FINDERS, "mkl", lambda: None)
    native.setenv("FACESPECTRA_FFT", "mkl")
    providers.find.cache_clear()
    try:
        with pytest.raises(
            BackendError, match=r"'mkl' not found; install it with pip install \"facespectra\[mkl\]\""
        ):
            fs.radial_spectrum(images, backend="native")
    finally:
        providers.find.cache_clear()


@pytest.mark.parametrize(
    ("processor", "first"), [("GenuineIntel", "mkl"), ("AuthenticAMD", "fftw"), ("", "fftw")]
)
def test_the_default_is_the_faster_one_on_this_processor(
    native: pytest.MonkeyPatch, tmp_path: Path, processor: str, first: str
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nvendor_id\t: {processor}\n")
    native.setattr(providers, "_CPUINFO", tmp_path / "cpuinfo")
    fftw = providers.find("fftw")
    native.setitem(providers.FINDERS, "mkl", lambda: providers.Provider("mkl", "/m", "/m", separate=False))
    providers._on_intel.cache_clear()
    providers.find.cache_clear()
    try:
        assert list(providers.available()) == [first, "fftw" if first == "mkl" else "mkl"]
        assert providers.find(None).name == first
        native.setitem(providers.FINDERS, "mkl", lambda: None)
        providers.find.cache_clear()
        assert providers.find(None) == fftw
    finally:
        providers._on_intel.cache_clear()
        providers.find.cache_clear()


def test_the_measured_plans_fit_the_library_of_pyfftws_wheel() -> None:
    from facespectra.spectrum.backends import native as backend

    library = backend.library(providers.find("fftw"))
    if library.version != "fftw-3.3.5-sse2-avx":
        pytest.skip(f"{library.version} plans by estimates")
    assert library.has_saved_plans
    lines = backend._PLANS.read_text("ascii").splitlines()
    lengths = [int(line.split(" ", 1)[0]) for line in lines[1:]]
    assert lengths == sorted(set(lengths))
    # What face crops need most, themselves and through the convolutions of their sides.
    assert {96, 128, 160, 224, 256, 320, 384, 400, 512, 640} <= set(lengths)


def test_static_libraries_beside_the_shared_ones_are_passed_over(tmp_path: Path) -> None:
    names = ["libfftw3.a", "libfftw3.la", "libfftw3.so.3", "libfftw3f.a", "libfftw3f.so.3"]
    for name in names:
        (tmp_path / name).touch()
    for name in ("libfftw3.so.3", "libfftw3f.so.3"):
        found = providers.by_path(tmp_path / name)
        assert (found.single_file, found.double_file) == (
            str(tmp_path / "libfftw3f.so.3"),
            str(tmp_path / "libfftw3.so.3"),
        )


def test_a_library_in_the_working_directory_is_not_picked(tmp_path: Path) -> None:
    fftw = providers.find("fftw")
    for name in ("libfftw3.so.3", "libfftw3f.so.3", "libmkl_rt.so", "libmkl_rt.so.2"):
        shutil.copy(fftw.single_file, tmp_path / name)
    code = (
        "import facespectra.spectrum.providers as p;"
        "print([q.single_file for q in p.available().values()] + [str(p.find(None).single_file)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert str(tmp_path) not in done.stdout
    assert fftw.single_file in done.stdout


def test_it_plans_beside_pyfftw_in_one_process(images: list[np.ndarray]) -> None:
    pyfftw = pytest.importorskip("pyfftw")
    expected = fs.radial_spectrum(images, backend="native", threads=1)
    wrong: list[str] = []
    start = threading.Barrier(4)

    def plan_with_pyfftw(seed: int) -> None:
        start.wait()
        for n in range(20, 120):
            data = np.random.default_rng(n + seed).normal(size=n).astype("f4")
            planned = pyfftw.builders.rfft(data, planner_effort="FFTW_ESTIMATE")()
            if not np.allclose(planned, np.fft.rfft(data), atol=1e-3):
                wrong.append(f"pyfftw {n}")

    def extract(seed: int) -> None:
        from facespectra.spectrum.backends import native as backend

        start.wait()
        for n in range(20, 60):
            rng = np.random.default_rng(n + seed)
            fs.radial_spectrum(rng.integers(0, 256, (n, n + seed), dtype=np.uint8), backend="native")
            if n % 10 == 0:
                # A new extractor has planned nothing yet.
                backend._extractor.cache_clear()
        if not np.array_equal(fs.radial_spectrum(images, backend="native", threads=2), expected):
            wrong.append("facespectra")

    jobs = [(plan_with_pyfftw, 0), (extract, 7), (plan_with_pyfftw, 1), (extract, 90)]
    threads = [threading.Thread(target=job, args=(seed,)) for job, seed in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_it_works_in_a_forked_child(images: list[np.ndarray]) -> None:
    expected = fs.radial_spectrum(images, backend="native", threads=2)
    child = os.fork()
    if child == 0:
        same = np.array_equal(fs.radial_spectrum(images, backend="native", threads=2), expected)
        os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(FREE_THREADED, reason="there is no GIL")
def test_the_gil_is_released() -> None:
    stack = np.random.default_rng(0).integers(0, 256, (40, 512, 512), dtype=np.uint8)
    ticks = 0
    done = threading.Event()

    def work() -> None:
        fs.radial_spectrum(stack, backend="native", threads=1)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.wait(0.001):
        ticks += 1
    thread.join()
    # Holding the GIL the call would let this thread run once, at its end.
    assert ticks > 3


def test_the_binding_checks_what_it_is_given() -> None:
    import facespectra._core as core
    from facespectra.spectrum.backends import native as backend

    extractor = backend.extractor("float32")
    image = np.zeros((16, 16), np.uint8)
    out = np.empty((1, 10), np.float32)
    good = {"convention": "durall", "n_features": 10, "epsilon": 1e-8, "normalize": True, "threads": 1}
    extractor.extract([image], out=out, **good)
    for images, keywords, message in [
        ([image], {"out": np.empty((2, 10), np.float32)}, "one row for each image"),
        ([image], {"out": np.empty((1, 11), np.float32)}, "rows of the wrong length"),
        ([image], {"n_features": 0}, "rows of the wrong length"),
        ([image], {"convention": "polar"}, "no such convention"),
        ([image], {"threads": 0}, "threads must be at least 1"),
        ([image[0]], {}, "two dimensions"),
        (image, {}, "three dimensions"),
    ]:
        with pytest.raises(ValueError, match=message):
            extractor.extract(images, **{"out": out, **good, **keywords})
    for images, keywords in [
        ([image], {"out": np.empty((1, 10), np.float64)}),
        ([image], {"out": np.empty((10, 1), np.float32).T[:, ::-1]}),
        ([[1, 2]], {}),
        ([image.astype("i4")], {}),
    ]:
        with pytest.raises(TypeError):
            extractor.extract(images, **{"out": out, **good, **keywords})
    assert isinstance(core.compiler(), str)


def test_stubs_tell_the_truth() -> None:
    import facespectra._core as core

    stub = Path(inspect.getfile(fs)).with_name("_core.pyi")
    public = {name for name in vars(core) if not name.startswith("_")}
    declared: dict[str, ast.AST] = {
        node.name: node
        for node in ast.parse(stub.read_text()).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    assert set(declared) == public
    for name, node in declared.items():
        if isinstance(node, ast.ClassDef):
            methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            actual = {m for m in vars(getattr(core, name)) if not m.startswith("_") or m == "__init__"}
            assert methods | {"__init__"} == actual | {"__init__"}, name
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and method.name != "version":
                    documented = getattr(getattr(core, name), method.name).__doc__
                    for argument in method.args.args[1:]:
                        assert f"{argument.arg}:" in documented, f"{name}.{method.name}: {argument.arg}"


def test_it_is_built_where_it_must_be() -> None:
    assert find_spec("facespectra._core") is not None


@pytest.mark.parametrize("module", ["facespectra", "facespectra._core"])
def test_sub_interpreters_are_refused_in_one_line(module: str) -> None:
    code = (
        "try:\n    import _interpreters as i\nexcept ImportError:\n    import _xxsubinterpreters as i\n"
        f"code = 'try:\\n    import {module}\\nexcept ImportError as e:\\n    print(e, flush=True)'\n"
        "(i.exec if hasattr(i, 'exec') else i.run_string)(i.create(), code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "facespectra runs in the main interpreter only" in done.stdout
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.skipif(not FREE_THREADED, reason="needs an interpreter without a GIL")
def test_an_interpreter_without_a_gil_stays_so() -> None:
    # Importing an extension that does not say that it can do without turns the GIL on, with a warning.
    code = (
        "import sys, numpy as np, facespectra as fs\n"
        "fs.radial_spectrum(np.ones((9, 9)), backend='native')\n"
        "print(sys._is_gil_enabled())"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def test_the_core_sees_the_environment_as_python_does(native: pytest.MonkeyPatch) -> None:
    import facespectra._core as core

    for value in ("", "fftw", "/käse/libfftw3f.so.3", "/\udcff.so"):
        native.setenv("FACESPECTRA_FFT", value)
        assert core.environment("FACESPECTRA_FFT") == value
    native.delenv("FACESPECTRA_FFT")
    assert core.environment("FACESPECTRA_FFT") == ""
