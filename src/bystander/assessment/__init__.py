"""The questions of a scenario, answered in one result object."""
