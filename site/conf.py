"""Settings of Sphinx. `site/build.py` calls it on the pages that it gathered."""

import sys
from pathlib import Path

SITE = Path(__file__).resolve().parent
sys.path.insert(0, str(SITE / "extensions"))

project = "featurescope"
copyright = "the featurescope contributors, MIT OR Apache-2.0"

extensions = ["myst_parser", "sphinx_copybutton", "katex_math"]
source_suffix = {".md": "markdown"}
root_doc = "index"
html_math_renderer = "katex"
# Indented blocks are commands, trees of files and formulas in Unicode.
highlight_language = "text"

# GitHub shows the same: formulas in dollars, and an anchor for every heading.
myst_enable_extensions = ["dollarmath"]
myst_dmath_double_inline = False
myst_heading_anchors = 4
# A page may begin with a second-level heading, as the pages of files and lists do not.
suppress_warnings = ["misc.highlighting_failure"]

# Beside every page: the lab, which build.py lays into the site.
templates_path = ["templates"]
html_theme = "pydata_sphinx_theme"
html_title = "featurescope"
# build.py names the folder of styles.
html_css_files = ["katex/katex.min.css", "site.css"]
# These pages stand in no list of pages.
html_sidebars = {"reference/glossary": [], "search": []}
html_show_sourcelink = False
html_copy_source = False
pygments_style = "default"
html_theme_options = {
    "logo": {"text": "featurescope"},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navbar_end": ["lab-link", "theme-switcher"],
    "header_links_before_dropdown": 7,
    "show_nav_level": 1,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

copybutton_exclude = ".linenos, .gp, .go"
