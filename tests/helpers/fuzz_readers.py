"""Gives the readers of files what nobody would write, for as long as wanted. Not a test of itself: see below.

python tests/helpers/fuzz_readers.py [READER]... [--seconds N] [--corpus FOLDER] [--random]
python tests/helpers/fuzz_readers.py READER --replay FILE...

With atheris (pip install atheris), inputs are kept that reach code that none before them reached; without
it, or with --random, inputs are seeds changed at random. What breaks a promise of fuzz_guard.py ends the run,
and is left in crash-READER. Several readers share the time, each in a process of its own. What was found is
replayed by test_fuzz_readers.py, which tries some inputs of each reader wherever the tests run.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent))

FINDINGS = Path(__file__).parents[1] / "data" / "fuzz_findings"
LONGEST = 2**17
# Of what a reader may take more than it has when it begins, in bytes of memory and in seconds.
MEMORY, PATIENCE = 3 * 2**30, 60
# Python code that reads what comes out of files, in whose branches the fuzzer looks for news.
OBSERVED = ["facespectra", "PIL", "zipfile", "skops", "torch.serialization", "torch._weights_only_unpickler"]
WORDS = (
    b"0",
    b"-1",
    b"999999999999999999999",
    b"nan",
    b"\xff",
    b"\0",
    b"\n",
    b'"',
    b",",
    b"[",
    b"{",
    b"\x1b[2J",
)


def main() -> int:
    """Run one reader here, or several in turn."""
    options = _options()
    from fuzz_targets import MAX_PIXELS, TARGETS

    os.environ["FACESPECTRA_MAX_PIXELS"] = str(MAX_PIXELS)
    names = options.readers or list(TARGETS)
    if len(names) == 1:
        return _run(names[0], options)
    failed = []
    shares = sum(TARGETS[name].share for name in names)
    for name in names:
        seconds = max(1, round(options.seconds * TARGETS[name].share / shares))
        command = [sys.executable, __file__, name, "--seconds", str(seconds), *["--random"] * options.random]
        if options.corpus:
            command += ["--corpus", str(options.corpus)]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print(f"{len(names)} readers, {len(failed)} failed: {' '.join(failed) or 'none'}", flush=True)
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readers", nargs="*", metavar="READER")
    parser.add_argument("--seconds", type=int, default=60, help="of all together")
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was found worth keeping")
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--replay", nargs="+", type=Path, metavar="FILE")
    return parser.parse_args()


def _run(name: str, options: argparse.Namespace) -> int:
    from fuzz_guard import folder

    atheris = None
    if not (options.random or options.replay):
        try:
            import atheris
        except ImportError:
            print(f"{name}: no atheris here, so at random")
    if atheris is not None:
        with atheris.instrument_imports(include=OBSERVED), folder() as place:
            run = Runner(name, Path(place))
            seeds = run.seeds()
    else:
        place = folder()
        run = Runner(name, Path(place.name))
        seeds = run.seeds()
    if options.replay:
        for file in options.replay:
            run(file.read_bytes())
        print(f"{name}: {run.done} inputs, no promise broken")
        return 0
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY, resource.RLIM_INFINITY))
    if atheris is None:
        with place:
            return _at_random(run, seeds, options.seconds)
    with folder() as place:
        run.move(Path(place))
        return _guided(atheris, run, seeds, options)


class Runner:
    """One reader and the file that its inputs stand in."""

    def __init__(self, name: str, place: Path) -> None:
        from fuzz_targets import TARGETS

        self.name, self.target = name, TARGETS[name]
        self.done = self.refused = 0
        self.move(place)

    def move(self, place: Path) -> None:
        """Work in another folder."""
        for beside in (*self.target.beside, self.target.file):
            (place / beside).parent.mkdir(parents=True, exist_ok=True)
            (place / beside).touch()
        self.path = place / self.target.file

    def seeds(self) -> list[bytes]:
        """Make the inputs to begin with, and read each: what is imported on first use is imported then."""
        with warnings.catch_warnings():
            # Of Pillow, about formats that it will drop, and the like.
            warnings.simplefilter("ignore")
            made = list(self.target.seeds())
        found = [
            *made,
            b"",
            *(file.read_bytes() for file in sorted((FINDINGS / self.name).glob("*"))),
        ]
        for seed in found:
            self(seed)
        return found

    def __call__(self, data: bytes) -> None:
        """Read one input; BrokenPromiseError and whatever is no error of ours come out."""
        from fuzz_guard import hold

        self.path.write_bytes(data)
        begin = time.monotonic()
        self.refused += bool(hold(self.target.read, self.path))
        self.done += 1
        if time.monotonic() - begin > PATIENCE:
            raise TimeoutError(f"{time.monotonic() - begin:.0f} seconds for {len(data)} bytes")


def changed(seeds: list[bytes], draw: random.Random) -> Iterator[bytes]:
    """Change seeds at random, a little or much, without an end."""
    while True:
        data = bytearray(draw.choice(seeds))
        for _ in range(draw.choice((1, 1, 2, 4, 16))):
            at, how = draw.randrange(len(data) + 1), draw.randrange(6)
            if how == 0:
                data[at : at + 1] = bytes([draw.randrange(256)])
            elif how == 1 and at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            elif how == 2:
                del data[at : at + draw.choice((1, 4, 64, len(data)))]
            elif how == 3:
                data[at:at] = draw.choice(WORDS) * draw.choice((1, 1, 3, 5000))
            elif how == 4:
                other = draw.choice(seeds)
                start = draw.randrange(len(other) + 1)
                data[at : at + 64] = other[start : start + draw.choice((4, 64, 1000))]
            else:
                data[at : at + 4] = draw.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)).to_bytes(
                    4, draw.choice(("little", "big"))
                )
        yield bytes(data[:LONGEST])


def _at_random(run: Runner, seeds: list[bytes], seconds: int) -> int:
    end = time.monotonic() + seconds
    for data in changed(seeds, random.Random(0)):
        try:
            run(data)
        except BaseException:  # noqa: BLE001 - a broken promise, or anything else that is no error of ours
            Path(f"crash-{run.name}").write_bytes(data)
            traceback.print_exc()
            print(f"{run.name}: input {run.done + 1} is in crash-{run.name}")
            return 1
        if time.monotonic() > end:
            break
    print(f"{run.name}: {run.done} inputs in {seconds} s, {run.refused} refused, no promise broken")
    return 0


def _guided(atheris: object, run: Runner, seeds: list[bytes], options: argparse.Namespace) -> int:
    from fuzz_guard import folder

    with folder() as place:
        corpus = options.corpus / run.name if options.corpus else Path(place, "kept")
        start = Path(place, "seeds")
        for into in (corpus, start):
            into.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (start / str(number)).write_bytes(seed)
        flags = (
            f"-max_total_time={options.seconds}", f"-max_len={LONGEST}", f"-timeout={PATIENCE}",
            "-rss_limit_mb=0", f"-artifact_prefix=crash-{run.name}-", "-print_final_stats=1",
        )  # fmt: skip
        atheris.Setup([sys.argv[0], *flags, str(corpus), str(start)], run)
        # It ends the process.
        atheris.Fuzz()
    return 0


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    sys.exit(main())
