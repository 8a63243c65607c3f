#!/usr/bin/env bash
# Rebuilds the pilot's library from its seeds and scripts; needs charforge on PATH and, in BLENDER_PYTHON, a Python with bpy.
set -euo pipefail
cd "$(dirname "$0")/.."
recipe() { python -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "library/characters/$1/rig/recipe.json" "$2"; }
poses() { python -c 'import pathlib, sys; print(",".join(sorted(f.stem for d in ("angles", "expressions") for f in pathlib.Path("library/characters", sys.argv[1], d).glob("*"))))' "$1"; }
for name in mia theo; do
    apart=$(recipe "$name" apart_from)
    charforge library cast "$name" --pick "$(recipe "$name" seed)" ${apart:+--apart-from "$apart"} --force
    charforge library lock "$name"
    charforge library build "$name" --only "$(poses "$name")" --again --force
done
python library/voices.py
python library/music/compose.py
"$BLENDER_PYTHON" library/sets/render.py
charforge library lock
