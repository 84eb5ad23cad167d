"""Simulation-based calibration: parameters from the prior, records from them, ranks among posterior draws.

Talts, Betancourt, Simpson, Vehtari & Gelman (2018).
"""

from __future__ import annotations

import numpy as np

from bystander.evidence.coordinates import coordinates_of
from bystander.evidence.learning import fit
from bystander.evidence.likelihood import Likelihood
from bystander.evidence.reading import parse_record
from bystander.evidence.weighing import simulate_record
from evidence.chains import chain_scenario

FORM = """record: 1
title: A form to be filled
from: 0 days
until: 40 days
coverage: [{of: nature.go_off_on, from: 0 days, until: 40 days, listed: 60%}]
observations:
  a: {on: 10 days, level: {stage: on}, error: 10%}
  b: {on: 25 days, level: {stage: on}, error: 10%}
"""


def calibrate(records: int, seed: int, draws: int = 99) -> tuple[np.ndarray, int]:
    """Return the rank of each true parameter among thinned posterior draws."""
    random = np.random.default_rng(seed)
    rates = {("off", "on"): "0.3 per day", ("on", "off"): "0.5 per day"}
    priors = {("off", "on"): "lognormal(median=0.3, spread=2)"}
    scenario = chain_scenario(("off", "on"), rates, start="off", priors=priors)
    coordinates = coordinates_of(scenario)
    ranks = []
    for number in range(records):
        z = random.standard_normal(1)
        form = Likelihood(scenario, parse_record(FORM))
        made = simulate_record(form, form.equilibria(coordinates.values(z)), random)
        found = fit(Likelihood(scenario, made), coordinates, method="importance", draws=200, seed=number)
        sample = random.choice(found.sample()[:, 0], draws, replace=False)
        ranks.append(int((sample < z[0]).sum()))
    return np.array(ranks), draws
