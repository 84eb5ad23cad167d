"""What would change it, and why it is as it is: questions asked of a solved scenario.

Cases, changes, verdicts and kept answers are the room before (`bystander.cases`). Here: `reasons` (why one
acts or stands by), `what_if` (one change), `measures` (`packages` and their `opposition`), `turning` (what
would flip it; `targets`), `inverse` (which smallest set of changes does), `sensitivity` (and gradients),
`surface` (the assumptions that matter most, tabulated), `sweep`, `robustness` (over draws from
the priors), `compare` (two scenarios; `inputs`).
"""
