"""What would change it, and why it is as it is: questions asked of a solved scenario.

    Scenario --solve_case--> Case      one scenario solved and answered                `cases`, `verdicts`
    Case --explain--> Reason           why someone acts or stands by                   `reasons`
    Change                             something changed, applied in a fixed order     `changes`
    Case, Changes --> Answers          many at once, kept, resumable                   `work`, `store`

and, on top of these: `what_if` (one change), `measures` (packages, the `efficient` set), `turning` (what
would flip it; `targets`), `inverse` (which smallest set of changes does), `sensitivity` and `gradients`,
`sweep`, `robustness` (over `draws` from the priors), `compare` (two scenarios; `inputs`).
"""
