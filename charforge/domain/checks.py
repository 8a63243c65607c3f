"""What a photographer would say of a reference picture: each rule with its number, its limit and the fix."""

from __future__ import annotations

from typing import Literal

from charforge.domain.assets import Step
from charforge.domain.value import Text, Value

Outcome = Literal["ok", "warn", "fail"]


class Rule(Value):
    """What one rule found in one picture."""

    name: str
    outcome: Outcome
    number: float | None = None
    """As measured; None where it could not be."""
    unit: str = ""
    limit: Text = ""
    """What is wanted, in words, such as `-8 to 8`."""
    fix: Text = ""
    """What to do; empty when the rule is kept."""

    def __str__(self) -> str:
        """Return the rule as one line for people."""
        number = "not measured" if self.number is None else f"{self.number:.4g} {self.unit}".strip()
        told = f"{self.name}: {number} (wanted {self.limit})"
        return f"{told}; {self.fix}" if self.fix else told


class Checked(Value):
    """A picture and what every rule found in it."""

    file: str
    step: Step
    rules: tuple[Rule, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no rule fails; it may still be warned about."""
        return not self.failed()

    def failed(self) -> tuple[Rule, ...]:
        """Return the rules that refuse the picture."""
        return tuple(rule for rule in self.rules if rule.outcome == "fail")

    def warned(self) -> tuple[Rule, ...]:
        """Return the rules that make it less useful than it could be."""
        return tuple(rule for rule in self.rules if rule.outcome == "warn")

    def rule(self, name: str) -> Rule | None:
        """Return what a rule found, or None where it was not asked."""
        return next((rule for rule in self.rules if rule.name == name), None)


class Alike(Value):
    """Two characters of one library whom the first judge takes for one person."""

    one: str
    other: str
    value: float
    """How alike their masters are."""
    limit: float
    """From here on the judge says `the same person`."""
