"""What every benchmark prints: the machine and the versions its figures belong to."""

from __future__ import annotations

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What is timed runs alone."""
    return 0


def pytest_report_header() -> list[str]:
    from facespectra.environment import describe, processor_name

    state = describe()
    native = state["native"] or {}
    provider = native.get("provider") or {}
    return [
        f"machine: {processor_name()}, {state['processors']} processors, {state['system']}",
        f"native core: {native.get('instruction_set')}, {provider.get('name')} {provider.get('version')}",
        "packages: " + ", ".join(f"{name} {version}" for name, version in state["packages"].items()),
    ]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACESPECTRA_THREADS", "1")
