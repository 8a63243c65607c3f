"""Judges files from any tool: who is expected, which files, one look at each, and the reports."""
