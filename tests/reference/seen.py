"""A record of a border, for the app that is served beside it."""

RECORD = """record: 1
title: What was seen on the border
from: 2022-01-01
until: 2022-12-31
observations:
  fought: {on: 2022-03-03, level: {front: battle}, says: Both sides shelled}
  calm: {on: 2022-09-01, level: {front: quiet}, says: The line was quiet}
"""
