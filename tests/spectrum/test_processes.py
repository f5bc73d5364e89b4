"""The extractor in processes that fork, spawn, end in mid-work, or plan beside users of pyfftw."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from facespectra import backends
from required import FREE_THREADED

pytestmark = pytest.mark.skipif("native" not in backends(), reason="needs the native core")
TIMEOUT = 120
PICTURES = """
import numpy as np

def picture(height, width=0):
    return np.random.default_rng(height).integers(0, 256, (height, width or height), np.uint8)
"""


def run(script: str, timeout: float = TIMEOUT) -> str:
    """What a script prints in a process of its own, so that what hangs or crashes there is a failure here."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PICTURES + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    return ran.stdout.strip()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.skipif(FREE_THREADED, reason="the locks of dictionaries and caches survive a fork without a GIL")
def test_a_child_extracts_whatever_the_parents_threads_were_doing() -> None:
    # New lengths all the time: forks come while plans are made, and a lock that was held then would be held
    # in the child for ever.
    said = run(
        """
        import itertools, os, signal, threading
        import facespectra as fs

        expected = fs.radial_spectrum(picture(301, 211), n_features=50, threads=2)
        lengths, over = itertools.count(2), threading.Event()

        def plan():
            while not over.is_set():
                side = next(lengths)
                fs.radial_spectrum(np.ones((16 + side % 7, 16 + side)), dtype="float64", threads=1)

        threads = [threading.Thread(target=plan) for _ in range(4)]
        for thread in threads:
            thread.start()
        failed = 0
        for number in range(60):
            child = os.fork()
            if child == 0:
                signal.alarm(20)
                found = fs.radial_spectrum(picture(301, 211), n_features=50, threads=2)
                fs.radial_spectrum(np.ones((16, 3001 + number)), dtype="float64", threads=1)
                os._exit(0 if np.array_equal(found, expected) else 1)
            failed += os.waitpid(child, 0)[1] != 0
        over.set()
        for thread in threads:
            thread.join()
        print(failed)
        """
    )
    assert said == "0"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_processes_give_the_same_bits(method: str) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} here")
    script = f"""
        from concurrent.futures import ProcessPoolExecutor
        from functools import partial
        from multiprocessing import get_context
        import facespectra as fs

        spectrum = partial(fs.radial_spectrum, n_features=40)
        images = [np.arange(side * side, dtype=np.uint8).reshape(side, side) for side in range(40, 60)]
        expected = [spectrum(image) for image in images]
        if __name__ == "__main__":
            with ProcessPoolExecutor(3, mp_context=get_context({method!r})) as pool:
                found = list(pool.map(spectrum, images))
            print(all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True)))
        """
    assert run(script) == "True"


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "import gc; gc.collect()"])
def test_the_interpreter_ends_while_threads_extract(end: str) -> None:
    assert (
        run(
            f"""
            import sys, threading, time
            import facespectra as fs

            def extract():
                for side in range(50, 10**6):
                    fs.radial_spectrum(np.ones((2, 50, side % 900 + 50), np.uint8), n_features=40, threads=2)

            for _ in range(3):
                threading.Thread(target=extract, daemon=True).start()
            time.sleep(0.3)
            print("over")
            {end}
            """
        )
        == "over"
    )


def test_pyfftw_plans_and_executes_beside_the_core() -> None:
    # Both plan all the time, each with many threads; neither may see the other's planner or wisdom.
    pytest.importorskip("pyfftw", reason="needs pyfftw")
    said = run(
        """
        import itertools, threading
        import pyfftw
        import facespectra as fs

        images = [picture(side, side + 9) for side in range(60, 84)]
        expected = [fs.radial_spectrum(image, n_features=40, threads=1) for image in images]
        wrong, lengths = [], itertools.count()
        start = threading.Barrier(8)

        def ours():
            start.wait()
            for image, spectrum in zip(images * 3, expected * 3, strict=True):
                if not np.array_equal(fs.radial_spectrum(image, n_features=40, threads=2), spectrum):
                    wrong.append("ours")
                fs.radial_spectrum(np.ones((16, 100 + next(lengths))), dtype="float64", threads=1)

        def theirs():
            start.wait()
            for image in images * 3:
                # pyfftw locks its own planner; ours must not come into it.
                grey = image.astype(float)
                transform = pyfftw.builders.rfft2(grey, planner_effort="FFTW_ESTIMATE", threads=1)
                if not np.allclose(transform(), np.fft.rfft2(image), rtol=1e-9, atol=1e-6):
                    wrong.append("theirs")

        # What we plan is nothing that their planner remembers, nor the other way round.
        pyfftw.builders.rfft2(np.ones((48, 40)), planner_effort="FFTW_MEASURE", threads=1)
        wisdom = pyfftw.export_wisdom()
        for side in range(900, 960):
            fs.radial_spectrum(np.ones((16, side)), dtype="float64", threads=1)
        if pyfftw.export_wisdom() != wisdom:
            wrong.append("wisdom")
        threads = [threading.Thread(target=task) for task in (ours, theirs) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(wrong)
        """
    )
    assert said == "[]"
