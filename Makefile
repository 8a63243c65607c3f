# charforge; `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EP ?= shotlists/pilot.yaml
STAMP := $(VENV)/.installed
BLENDER_VENV := .venv-blender

.DEFAULT_GOAL := help
.PHONY: help setup demo test check render bench library lint clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded]'
	touch $@

$(VENV)/.installed-dev: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded,diffusers,insightface,sign,transcript,tts,dev]'
	touch $@

setup: $(STAMP) ## make .venv, install charforge, fetch and verify the embedded model files
	$(BIN)/charforge weights pull

demo: setup ## render shotlists/pilot.yaml to build/pilot/pilot.mp4
	$(BIN)/charforge render shotlists/pilot.yaml

check: $(STAMP) ## find every problem of the episode EP=...
	$(BIN)/charforge check $(EP)

render: setup ## render the episode EP=...
	$(BIN)/charforge render $(EP)

lint: $(VENV)/.installed-dev ## ruff, mypy, the floors of the house
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy charforge
	$(BIN)/lint-imports

test: setup $(VENV)/.installed-dev lint ## run the linters and the whole test suite
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: setup $(VENV)/.installed-dev ## measure the figures that the README shows
	$(BIN)/charforge bench speed

library: setup ## rebuild the pilot's library from its seeds and scripts (needs Blender's Python module; about an hour)
	$(PYTHON) -m venv $(BLENDER_VENV)
	$(BLENDER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'bpy==4.5.15' numpy pillow
	BLENDER_PYTHON=$(BLENDER_VENV)/bin/python PATH="$(abspath $(BIN)):$$PATH" bash library/rebuild.sh

clean: ## remove what was built here; the shared cache of model files stays
	rm -rf build .charforge $(VENV) $(BLENDER_VENV)
