"""Calibration drawn: bands where they lie, counts, and intervals by another formula."""

import csv

import numpy as np
import pytest
from scipy.integrate import quad

from bystander.forecast.scores import CalibrationRow, calibration
from bystander.report.figures.figure import write_figure
from bystander.report.figures.outcomes import calibration_figure, likely_shares


@pytest.mark.parametrize(("came", "count"), [(0, 1), (1, 1), (3, 10), (0, 15), (40, 41)])
def test_whiskers_hold_nine_in_ten_of_jeffreys_posterior(came, count):
    low, high = likely_shares(came, count)

    def density(angle):
        """Jeffreys' prior is flat in the angle whose squared sine is the share."""
        return np.sin(angle) ** (2 * came) * np.cos(angle) ** (2 * (count - came))

    whole = quad(density, 0, np.pi / 2)[0]
    below, above = (quad(density, *ends)[0] / whole for ends in _outside(low, high))
    assert below == pytest.approx(0.0 if came == 0 else 0.05, abs=1e-8)
    assert above == pytest.approx(0.0 if came == count else 0.05, abs=1e-8)
    assert low <= came / count <= high


def _outside(low, high):
    return (0, np.arcsin(np.sqrt(low))), (np.arcsin(np.sqrt(high)), np.pi / 2)


def test_bands_stand_where_they_lie_with_counts():
    said = np.array([0.01, 0.02, 0.3, 0.35, 0.4, 0.9, 0.9])
    came = np.array([0, 0, 1, 0, 1, 0, 1])
    figure = calibration_figure(calibration(said, came), hindcast=True)
    assert [row["shown"] for row in figure.rows] == ["0 of 2", "2 of 3", "1 of 2"]
    assert [row["said"] for row in figure.rows] == pytest.approx([0.015, 0.35, 0.9])
    assert figure.title == "Hindcasts on 7 questions: in 3 of 3 bands it came about as often as was said"
    assert "said 35%, came 2 of 3" in figure.alt
    assert "0 of 2" in figure.svg()


def test_a_band_beyond_its_whiskers_is_counted():
    bands = (CalibrationRow(0.8, 0.95, 12, 0.9, 0.25), CalibrationRow(0.0, 0.05, 30, 0.02, 0.0))
    assert "on 42 questions: in 1 of 2 bands" in calibration_figure(bands).title


def test_it_is_written_as_picture_or_table(tmp_path):
    drawn = calibration_figure((CalibrationRow(0.2, 0.45, 4, 0.3, 0.25),))
    assert write_figure(drawn, tmp_path / "c.svg").read_text(encoding="utf-8").startswith("<svg")
    assert write_figure(drawn, tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    with write_figure(drawn, tmp_path / "c.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["shown"], float(row["said"]), float(row["came"])) == ("1 of 4", 0.3, 0.25)
