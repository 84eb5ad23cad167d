"""What then happens, exactly: the process that behaviour makes, and what a scenario asks of it.

Reading order: `process` (rates, killed processes), `passage` (first times, onset), `rewards` (what
accumulates), `eventual` (without a deadline); then the scenario's questions: `questions`, `clocks`,
`batch`, `outcomes`, `responses`; then `sensitivity` with `adjoints` and `ends` (derivatives in
parameters), and `export` (for other programs).
"""
