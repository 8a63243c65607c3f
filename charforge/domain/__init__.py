"""Frozen values for what is being made: no input or output, no clock, no randomness."""
