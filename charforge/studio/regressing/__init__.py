"""Pins shots with who is seen in them and how surely, and says when a later machine makes or judges them otherwise."""
