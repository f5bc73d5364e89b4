"""How many examples hypothesis tries: the same ones every time, so that a failure is the change's own."""

from hypothesis import settings

few = settings(derandomize=True, deadline=None, max_examples=30, database=None)
