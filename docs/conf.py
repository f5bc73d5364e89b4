"""The site: ``python -m sphinx docs docs/_build/html``, see CONTRIBUTING.md."""

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path

from facespectra import __version__

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

project = "facespectra"
author = "The facespectra developers"
copyright = author  # noqa: A001 - Sphinx reads this name
version = release = __version__

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.doctest",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "site_directives",
]
exclude_patterns = ["_build"]
root_doc = "index"

# Every reference must lead somewhere, or name something of ours that has no page (site_directives.py).
nitpicky = True

# The API: types stand in the docstrings, in words.
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# scikit-learn makes these for every transformer; here there is no metadata to route.
autodoc_default_options = {"exclude-members": "set_transform_request, set_fit_request"}
numpydoc_show_class_members = False
doctest_test_doctest_blocks = "default"

# Markdown, and the pages that are run while the site is built.
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
nb_execution_mode = "auto"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_in_temp = True
nb_execution_timeout = 180
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"

html_theme = "furo"
html_title = "facespectra"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
copybutton_exclude = ".linenos, .gp, .go"

# Pages call ``facespectra``: the package that the site is built with, whatever else is on PATH.
_tools = tempfile.TemporaryDirectory(prefix="facespectra-site-")
_program = Path(_tools.name, "facespectra")
# Jupyter asks for colours and moving bars, which a page cannot show.
_program.write_text(
    "#!/bin/sh\nunset FORCE_COLOR CLICOLOR_FORCE CLICOLOR\n"
    f'TERM=dumb COLUMNS=80 exec "{sys.executable}" -m facespectra "$@"\n'
)
_program.chmod(_program.stat().st_mode | stat.S_IXUSR)
os.environ["PATH"] = os.pathsep.join([_tools.name, os.environ.get("PATH", "")])
_startup = Path(_tools.name, "profile_default", "startup")
_startup.mkdir(parents=True)
shutil.copy(HERE / "_ext" / "shell_cells.py", _startup)
os.environ["IPYTHONDIR"] = _tools.name
