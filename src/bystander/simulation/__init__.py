"""Whole histories: sampled (`paths`), and those in which something comes about (`given`)."""
