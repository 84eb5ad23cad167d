"""The only room that differentiates.

value_equations  how responses move with values and numbers, forwards (`push`) and backwards (`pull`)
implicit         derivatives of an equilibrium through its equations
outcomes         derivatives of what the process answers (`answers`, `assembling`)

All of them joined, outcomes and judgements in every parameter, are `bystander.policy.gradients`.
"""
