"""The only room that differentiates.

value_equations  how equations and behaviour hang on values and numbers (`pull`)
implicit         derivatives of an equilibrium through its equations
outcomes         derivatives of what the process answers (`answers`, `assembling`)

All of them joined, outcomes and judgements in every parameter, are `bystander.policy.sensitivity`.
"""
