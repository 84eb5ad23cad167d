"""The page: one self-contained HTML file.

Reading order: `rows` (tables, citations), `parts` (what is said), `write` (how it is set).
"""

from bystander.report.page.write import render, write_report

__all__ = ["render", "write_report"]
