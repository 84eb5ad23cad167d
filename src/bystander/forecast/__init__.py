"""What will happen, written down before it does, and who was right.

scores     proper scores of probabilities and distributions, calibration, a mean with its error
baselines  what someone who has only counted would have said: base rate, last value, conflictology
ledger     forecasts and how they were decided: append-only, chained by hashes, atomic
"""
