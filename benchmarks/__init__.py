"""Registered games times phases, timed side by side with peers: ``python -m benchmarks``."""
