"""The only room that differentiates.

push      how responses move with values and parameters, forwards (`push`), and backwards (`pull`)
implicit  derivatives of an equilibrium through its equations
outcomes  derivatives of answers of the process (`deadlines`, `eventual`, `assembling`)

All of them joined, outcomes and judgements in every parameter, are `bystander.policy.gradients`.
"""
