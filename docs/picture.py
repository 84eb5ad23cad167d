"""Draw the README's picture: the key judgements of the founding case, from a fresh solve."""

import io
from pathlib import Path

from PIL import Image

import bystander
from bystander.files import write_whole
from bystander.report.figures import figures

COLOURS = 48


def main() -> None:
    """Write ``docs/picture.png``, reduced to few colours so that it stays small."""
    scenario = bystander.read_scenario("crises/ferghana-2022")
    figure = figures(bystander.assess(scenario, starts=0, measures=False), scenario)["likelihoods"]
    picture = Image.open(io.BytesIO(figure.png(scale=1.5))).convert("RGB")
    reduced = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    out = io.BytesIO()
    reduced.save(out, format="PNG", optimize=True)
    write_whole(Path(__file__).parent / "picture.png", out.getvalue())


if __name__ == "__main__":
    main()
