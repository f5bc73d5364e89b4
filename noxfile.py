"""Daily work in environments that are made once: ``nox`` runs the fast checks, ``nox -l`` lists all sessions.

``nox -R -s fast`` reuses the environment without installing anything again: enough until the C++ core or
pyproject.toml changes, for the Python code is taken from the checkout.
"""

from __future__ import annotations

import nox

nox.needs_version = ">=2024.4.15"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["fast"]


def install(session: nox.Session) -> None:
    """Install the package with what developers need; Python files stay where they are."""
    session.install("-e", ".[dev]")


@nox.session(tags=["style"])
def lint(session: nox.Session) -> None:
    """Check style and layout of the code."""
    session.install("ruff>=0.6")
    session.run("ruff", "check", ".", *session.posargs)
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Check the types."""
    install(session)
    session.run("mypy", *session.posargs)


@nox.session
def fast(session: nox.Session) -> None:
    """Style, types and the tests that are fast: before every commit."""
    install(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("pytest", "-q", "-m", "not slow", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, or those that are named: ``nox -s tests -- tests/features``."""
    install(session)
    session.run("pytest", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Benchmarks, and their bars."""
    install(session)
    session.run("pytest", "benchmarks", *session.posargs)


@nox.session(venv_backend="none")
def ci(session: nox.Session) -> None:
    """Everything that must hold before a change lands, or single steps: ``nox -s ci -- lint core``."""
    session.run(".ci/run", *session.posargs, external=True)
