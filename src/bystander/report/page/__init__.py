"""The page: one self-contained HTML file.

Reading order: `rows` (tables, citations), `parts` (what is said), `write` (how it is set).
"""
