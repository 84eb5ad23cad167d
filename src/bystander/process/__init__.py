"""What then happens, exactly: the process that behaviour makes, and what a scenario asks of it.

Reading order: `chain` (rates, killed processes, what accumulates), `passage` (first times, onset, the long
run), `announced` (dates that everybody knows), `totals` (how they are spread by chance); then the
scenario's questions: `clocks`, `outcomes`; and `export` (for other programs). Derivatives in parameters are
`bystander.derivatives`.
"""
