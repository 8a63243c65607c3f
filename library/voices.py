"""Makes the characters' voices anew from their recipes, characters/*/voice/blend.yaml."""

from pathlib import Path

from charforge.backends.kokoro_voice import ingredients, make
from charforge.weights import LocalHome, pull

if __name__ == "__main__":
    for recipe in sorted(Path(__file__).parent.glob("characters/*/voice/blend.yaml")):
        pull(ingredients(recipe.parent))
        make(recipe.parent, LocalHome())
        print(recipe.parent)
