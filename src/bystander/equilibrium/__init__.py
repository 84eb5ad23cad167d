"""Who chooses what, how sure that is, and why.

    Game        --solve-->    Equilibrium   tracing, accelerated sweeps        `solve`, `tracing`, `iteration`
    Equilibrium --certify-->  Certificate   recomputed from the game alone     `certificate`, `best_response`
    Equilibrium --respond-->  Response      gains, choices, ballots            `response`

and from the response, with behaviour held: what values are made of (`decompose`), why someone acts or votes
(`explain`, `reasons`), what stands in an institution's way (`blocking`). With behaviour free: the `jacobian`;
derivatives in parameters are the next room but one, `bystander.derivatives`.
"""
