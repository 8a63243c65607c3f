"""Reads the catalogue and the prompt templates that lie in the package."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml
from jinja2 import BaseLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from charforge.planner.catalogue import Catalogue, Model

if TYPE_CHECKING:
    from jinja2 import Template

_VERSION = re.compile(r"version: (\d+)")


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A prompt's wording for one kind of model."""

    name: str
    version: int
    template: Template

    @property
    def id(self) -> str:
        """How a plan names it: ``plain@1``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that the planner knows besides the episode and the library."""

    catalogue: Catalogue
    templates: dict[str, PromptTemplate]


@cache
def load() -> Knowledge:
    """Return the shipped catalogue and templates."""
    home = files("charforge.planner")
    models = [
        Model.model_validate(yaml.load(entry.read_text("utf-8"), Loader=yaml.CSafeLoader))
        for entry in sorted(home.joinpath("catalogue").iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".yaml")
    ]
    sources = {
        e.name[:-3]: e.read_text("utf-8") for e in home.joinpath("templates").iterdir() if e.name.endswith(".j2")
    }
    return Knowledge(
        catalogue=Catalogue(models=tuple(models)),
        templates={name: _compile(name, text) for name, text in sources.items()},
    )


def _compile(name: str, text: str) -> PromptTemplate:
    """Compile a template; shot text reaches it as data, so template syntax in a shot list stays literal."""
    environment = SandboxedEnvironment(loader=BaseLoader(), undefined=StrictUndefined, autoescape=False)
    version = _VERSION.search(text)
    if version is None:
        message = f"prompt template {name} states no version"
        raise ValueError(message)
    return PromptTemplate(name, int(version[1]), environment.from_string(text))
