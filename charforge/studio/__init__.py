"""Conducts the stages: one short function per verb; the only room that knows every stage."""
