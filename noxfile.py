"""Daily work: ``nox`` runs the fast checks, ``nox -l`` lists all sessions.

Sessions run in the environment that ``pip install -e ".[dev]"`` put nox into: torch takes gigabytes.
``nox -fb venv`` makes one for each session, and uses it again the next time.
"""

from __future__ import annotations

import sys

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "none"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["fast"]


def run(session: nox.Session, *arguments: str) -> None:
    """Run a Python module of the session's environment."""
    own = not isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv)
    session.run("python" if own else sys.executable, "-m", *arguments, external=not own)


def install(session: nox.Session) -> None:
    """Install the package with all that developers need, where the session has an environment of its own."""
    if not isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        session.install("-e", ".[dev]")


@nox.session
def fast(session: nox.Session) -> None:
    """Check style and types and run the fast tests: before every commit."""
    install(session)
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")
    run(session, "mypy")
    run(session, "pytest", "-q", "-m", "not slow", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Correct the style where ruff can, and say where it cannot."""
    install(session)
    run(session, "ruff", "check", "--fix", ".")
    run(session, "ruff", "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    install(session)
    run(session, "mypy", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, or those that are named: ``nox -s tests -- tests/features``."""
    install(session)
    run(session, "pytest", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks."""
    install(session)
    run(session, "pytest", "benchmarks", *session.posargs)


@nox.session(venv_backend="none")
def ci(session: nox.Session) -> None:
    """Check all that must hold before a change lands, or single steps: ``nox -s ci -- lint core``."""
    session.run(".ci/run", *session.posargs, external=True)
