"""Builds what a film needs of a cast character: angles, wardrobes, expressions, the ID photo; in this order."""
