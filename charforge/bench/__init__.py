"""Measures every figure that the README shows."""
