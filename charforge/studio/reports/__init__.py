"""What verbs of the studio come to, as values for tables, JSON and tests."""
