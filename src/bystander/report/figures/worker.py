"""A process that only draws.

Reads bare specifications, one JSON document a line, and writes SVG, one JSON string a line.

Run by `bystander.report.figures.drafting` as a file, with the path to import from as its argument; not meant
for people.
"""

from __future__ import annotations

import json
import sys

PRACTICE = {
    "data": {"values": [{"x": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "x", "type": "quantitative"}},
}


def main() -> None:
    """Draw until there is nothing more to read; the first drawing, which takes longest, is for practice."""
    from bystander.report.figures.figure import DIALECT, SCHEMA, converter

    draw = converter().vegalite_to_svg
    draw({"$schema": SCHEMA, **PRACTICE}, vl_version=DIALECT)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(draw(json.loads(line), vl_version=DIALECT)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    main()
