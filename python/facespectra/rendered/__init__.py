"""Rendered faces of people who do not exist: data to try everything on."""
