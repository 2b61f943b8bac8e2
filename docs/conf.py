"""How the documentation is built: ``sphinx-build -W docs docs/_build``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import ct_pandas  # noqa: E402

# The notebooks are pages of this site; Sphinx only sees what lies below its own folder, where a link to a
# guide is shorter.
shutil.copytree(
    HERE.parent / "notebooks",
    HERE / "notebooks",
    dirs_exist_ok=True,
    ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
)
for page in (HERE / "notebooks").glob("*.ipynb"):
    page.write_text(page.read_text("utf-8").replace("](../docs/", "](../"), "utf-8")

project = "ct_pandas"
author = "the ct_pandas developers"
copyright = "the ct_pandas developers"  # noqa: A001  (Sphinx's name)
release = ct_pandas.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]
myst_enable_extensions = ["deflist", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the saved outputs are shown; that they are right is tested elsewhere

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the sections "Parameters" and "Returns" say it in words
autosummary_generate = False
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "ct_pandas"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    # None beside a notebook: it is read from top to bottom, and its code needs the room.
    "secondary_sidebar_items": {page: ["page-toc"] for page in ("*", "guides/*", "reference/*")},
    "footer_start": ["copyright"],
    "footer_end": [],
}
