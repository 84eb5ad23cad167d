"""How the documentation is built: Sphinx, MyST Markdown, MathML; nothing is fetched, then or later."""

import sys
from pathlib import Path
from typing import Any

import latex2mathml.converter
from docutils import nodes

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import almaty  # noqa: E402
import generate  # noqa: E402
import tutorial_answer  # noqa: E402

project = "Bystander"
author = "The Bystander authors"
copyright = "The Bystander authors, Apache-2.0"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "reference/_generated"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "fieldlist", "colon_fence"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_rtype = False
html_theme = "furo"
html_title = "Bystander"
html_static_path = ["_static"]
html_css_files = ["bystander.css"]
html_copy_source = False
html_show_sphinx = False
html_math_renderer = "mathml"
suppress_warnings = ["ref.ref"]


def _inline(translator: Any, node: nodes.math) -> None:
    """Write inline mathematics as MathML, which browsers show without a script."""
    translator.body.append(latex2mathml.converter.convert(node.astext()))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    """Write displayed mathematics as MathML."""
    mathml = latex2mathml.converter.convert(node.astext(), display="block")
    translator.body.append(f'<div class="math">{mathml}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Register the MathML writer, write the generated reference pages and the tables of solved crises."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.connect("builder-inited", lambda _: generate.write_all(HERE / "reference" / "_generated"))
    app.connect("builder-inited", lambda _: almaty.write_all(HERE / "reference" / "_generated"))
    app.connect("builder-inited", lambda _: tutorial_answer.write(HERE / "reference" / "_generated"))
