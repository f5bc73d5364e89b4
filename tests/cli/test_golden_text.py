"""What is seen in a terminal of 80 columns, word for word: each command's help, and what it prints.

``FACESPECTRA_WRITE_GOLDEN=1 pytest tests/cli/test_golden_text.py`` writes all that is in ``golden/`` anew,
with ``-k bench`` what concerns one command. Look at what has changed before you commit it.

Figures are replaced by ``#``, digit by digit, and so is what an installation or a machine has of its own.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

import pytest

from facespectra.cli import COMMANDS
from terminals import COLUMNS, Shown, show

GOLDEN = Path(__file__).parent / "golden"
WRITE = "FACESPECTRA_WRITE_GOLDEN"
PROGRAM = "facespectra"
ANEW = f"if it is meant to be so, {WRITE}=1 pytest tests/cli/test_golden_text.py -k {{}} writes it anew"

# What is typed, in a folder with faces/ (a data set) and photos/ (portraits, a video, a broken file, a text).
SCENES = {
    "info": ["info"],
    "dataset": ["dataset faces", "dataset faces -o manifest.csv --quick"],
    "extract": ["extract photos -o spectra.npz"],
    "crop": ["crop photos -o crops"],
    "synth": ["synth photos -o swaps"],
    "train": ["train faces -o own.model"],
    "evaluate": ["evaluate faces -m own.model -o report --robustness 0 --alarms photos"],
    "compare": ["score faces/evaluation -q -o scores.csv", "compare report scores.csv"],
    "score": [
        "score photos/person_0.png",
        "score photos",
        "score photos/person_0.png photos/person_1.png -v",
        "score photos/person_1.png -q",
        "score photos/clip.mp4 -m own.model --per-frame --frames 2",
        "score photos -o verdicts.csv",
        "score photos > verdicts.txt",
        "score photos/broken.png",
    ],
    "explain": [
        "explain photos/person_1.png -o why.html",
        "explain photos/person_1.png -m own.model -o why.svg",
        "explain photos/clip.mp4 -o why.html",
    ],
    "demo": ["demo --people 12 -o demo"],
    "lab": ["lab --task1 demo/data/Task_1 --task23 demo/data/Task_2_3 -o demo"],
    "errors": [
        "scroe photos",
        "score",
        "score photos --form csv",
        "score photos -o verdicts.xml",
        "score nowhere.png",
        "score photos -m nowhere.model",
        "score photos --faces smallest",
        "dataset photos",
        "train nowhere -o own.model",
        "train faces -o own.model --classifier forest",
        "evaluate faces -o report --threshold 0.5",
        "explain photos/person_0.png -o why.doc",
        "compare nowhere faces",
        "serve --host 0.0.0.0",
        "bench 8 --plot out.doc",
    ],
}
# Scenes whose results others take.
NEEDS = {"evaluate": "train", "compare": "evaluate", "score": "train", "explain": "train", "lab": "demo"}
SLOW = {*NEEDS, "demo", "errors", "dataset"}
# Of info: what a machine has; of the other commands: where a face is, how long it takes.
OF_THE_MACHINE = re.compile(
    r"^(facespectra|python|  also ready|native core|instruction sets|FFT library|also found|packages)( +).*"
    r"(\n {10,}.*)*$",
    re.MULTILINE,
)
# Where the model card lies: in a line of its own, which the terminal breaks where it is too long.
OF_THE_PACKAGE = re.compile(r" +\S+model_card\.md")
CARD = re.compile(r"(?<=is in\n)( +)\S+(\n\S+$)*", re.MULTILINE)
VARIES = re.compile(
    r"(?<![\d.])\d+\.\d+(?!\.?\d)|e[+-]\d+|\d+,\d+,\d+,\d+"
    r"|(?<=\[Errno )-?\d+"
)
COUNTS = re.compile(r"\d+(?= seconds| results reused| computed)")


class Stage:
    """A folder in which scenes are played, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._played: dict[str, list[tuple[str, Shown]]] = {}

    def play(self, scene: str) -> list[tuple[str, Shown]]:
        """What is typed in a scene and its answers, after the scene that it needs."""
        if scene in NEEDS:
            self.play(NEEDS[scene])
        if scene not in self._played:
            self._played[scene] = [(line, self._answer(line)) for line in SCENES[scene]]
        return self._played[scene]

    def _answer(self, line: str) -> Shown:
        # Whatever weights this machine has or could have, no ResNet-50 takes part.
        return show(f"TORCH_HOME=none https_proxy=http://127.0.0.1:9 {PROGRAM} {line}", self.folder)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    for package in ("sklearn", "skops", "matplotlib", "pandas", "av", "torch"):
        pytest.importorskip(package, reason="needs the detect and torch extras")
    import numpy as np

    from clips import write_clip
    from facespectra.rendered.database import render_database, render_face

    folder = tmp_path_factory.mktemp("stage")
    render_database(folder / "faces", "Task_1", n_people=12, seed=0)
    photos = folder / "photos"
    photos.mkdir()
    for seed in range(3):
        render_face(np.random.default_rng(seed), 176).save(photos / f"person_{seed}.png")
    write_clip(photos / "clip.mp4", 20, picture_file=photos / "person_0.png", size=(176, 176))
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    (photos / "notes.txt").write_text("no picture")
    return Stage(folder)


def check_fits(command: str, shown: Shown) -> None:
    """A line that is too wide is told before anything else: no golden text may have one."""
    # A path where the package lies may be of any length; it has a line of its own.
    wide = [line for line in shown.written if len(line) > COLUMNS and not OF_THE_PACKAGE.fullmatch(line)]
    assert not wide, f"{command}: wider than {COLUMNS} columns: {wide}"
    assert shown.ended, f"{command}: a prompt would stand behind its last line, {shown.lines[-1]!r}"
    assert not re.search("[━╸╺]", "".join(shown.lines)), f"{command}: a progress bar was left behind"


def check_golden(name: str, file: Path, text: str) -> None:
    """Compare a text with the golden one, or write that."""
    if WRITE in os.environ:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return
    golden = file.read_text(encoding="utf-8") if file.is_file() else ""
    if text != golden:
        lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), file.name, "now", lineterm="")
        pytest.fail("\n".join([*lines, "", ANEW.format(name)]), pytrace=False)


def masked(text: str) -> str:
    """Replace what varies between machines, figures by marks of the same width."""
    text = COUNTS.sub("#", OF_THE_MACHINE.sub(r"\1\2#", CARD.sub(r"\1#", text)))
    return VARIES.sub(lambda match: re.sub(r"\d", "#", match[0]), text)


@pytest.mark.parametrize("name", [PROGRAM, *COMMANDS])
def test_help(name: str, tmp_path: Path) -> None:
    command = f"{PROGRAM} {'' if name == PROGRAM else f'{name} '}--help"
    shown = show(command, tmp_path)
    assert shown.status == 0
    check_fits(command, shown)
    check_golden(name, GOLDEN / "help" / f"{name}.txt", "\n".join([f"$ {command}", *shown.lines, ""]))


@pytest.mark.parametrize(
    "scene", [pytest.param(scene, marks=[pytest.mark.slow] * (scene in SLOW)) for scene in SCENES]
)
def test_output(scene: str, stage: Stage) -> None:
    text = ""
    for line, shown in stage.play(scene):
        check_fits(line, shown)
        status = [f"[exit status {shown.status}]"] if shown.status else []
        text += f"$ {PROGRAM} {line}\n" + masked("\n".join([*shown.lines, *status, "", ""]))
    check_golden(scene, GOLDEN / f"{scene}.txt", text)


def test_no_golden_text_is_of_a_command_that_is_gone() -> None:
    assert {file.stem for file in (GOLDEN / "help").iterdir()} == {PROGRAM, *COMMANDS}
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(SCENES)
    # These two show nothing that stays the same, or go on until they are stopped.
    assert set(COMMANDS) - {"bench", "serve"} == set(SCENES) - {"errors"}


def test_what_varies_is_marked() -> None:
    assert masked("score 0.812, p = 3.5e-07, 12 faces; face at 1,20,300,4") == (
        "score #.###, p = #.#e-##, 12 faces; face at #,##,###,#"
    )
    assert (
        masked("more  is in\n      /a/long/mod\nel_card.md\npython  3") == "more  is in\n      #\npython  #"
    )
    assert masked("packages  numpy 2.1\n                  av 14\nmore  1") == "packages  #\nmore  1"
