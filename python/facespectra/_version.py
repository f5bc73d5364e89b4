"""The version, written once; the build checks that pyproject.toml says the same."""

__version__ = "0.1.0"
