"""The files for clusters that docs/scale.md shows are ones that their programs take."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "scale"

if not FOLDER.is_dir():
    pytest.skip("the documents are not here", allow_module_level=True)

yaml = pytest.importorskip("yaml", reason="needs the ray extra")


def options() -> set[str]:
    import typer

    from facespectra.cli import make_app

    group = typer.main.get_command(make_app(["score"]))
    return {name for one in group.commands["score"].params for name in one.opts}  # type: ignore[attr-defined]


def check(command: str) -> None:
    program, name, *arguments = command.split()
    assert (program, name) == ("facespectra", "score")
    assert {one for one in arguments if one.startswith("-")} <= options()


def test_the_autoscaler_takes_its_file() -> None:
    ray = pytest.importorskip("ray", reason="needs the ray extra")
    jsonschema = pytest.importorskip("jsonschema", reason="needs the test extra")
    text = (FOLDER / "autoscaler.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    schema = Path(ray.__file__).parent / "autoscaler" / "ray-schema.json"
    jsonschema.validate(content, json.loads(schema.read_text(encoding="utf-8")))
    assert content["head_node_type"] in content["available_node_types"]
    check(text.partition("autoscaler.yaml '")[2].partition("'")[0])


def test_the_job_for_kubernetes_is_whole() -> None:
    content = yaml.safe_load((FOLDER / "rayjob.yaml").read_text(encoding="utf-8"))
    assert (content["apiVersion"], content["kind"]) == ("ray.io/v1", "RayJob")
    cluster = content["spec"]["rayClusterSpec"]
    check(content["spec"]["entrypoint"])
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        (container,) = group["template"]["spec"]["containers"]
        assert container["image"]
        assert container["resources"]["requests"] == container["resources"]["limits"]


def test_the_script_for_slurm_is_one() -> None:
    file = FOLDER / "slurm.sh"
    subprocess.run(["bash", "-n", str(file)], check=True)
    text = file.read_text(encoding="utf-8")
    check(text.partition("-- \\\n")[2].strip())
