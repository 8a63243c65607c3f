"""Judges what is heard: whose voice, which words, how clean, and whether lips move with it."""
