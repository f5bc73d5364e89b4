"""What every benchmark prints: the machine and the versions its figures belong to."""

from __future__ import annotations

import platform

import pytest


def cpu_model() -> str:
    try:
        with open("/proc/cpuinfo") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        return platform.processor() or "unknown processor"
    return platform.processor() or "unknown processor"


def pytest_report_header() -> list[str]:
    from facespectra.cli.info import collect

    state = collect()
    native = state["native"] or {}
    provider = native.get("provider") or {}
    return [
        f"machine: {cpu_model()}, {state['processors']} processors, {state['system']}",
        f"native core: {native.get('instruction_set')}, {provider.get('name')} {provider.get('version')}",
        "packages: " + ", ".join(f"{name} {version}" for name, version in state["packages"].items()),
    ]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACESPECTRA_THREADS", "1")
