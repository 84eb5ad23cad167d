"""What every study of many scenarios shares.

A `Case` is a scenario with its game, equilibrium and answers; a `Change` is a named alteration of it
(`changes`); a verdict says what one number does to one judgement (`verdicts`); `jobs` is the one door to many
cores, and `store` keeps what was solved.
"""
