# The ways into kne.  Needs make and Python 3.11 or newer, nothing else.
#
#   PYTHON=…     the interpreter to build the virtual environment with
#   VENV=…       where that environment is, .venv unless told
#   MANIFESTS=…  what `make up` runs, manifests/ unless told

VENV      ?= .venv
MANIFESTS ?= manifests/
PYTHONS   := $(if $(PYTHON),$(PYTHON),python3.11 python3 python3.14 python3.13 python3.12 python)
BIN       := $(VENV)/bin
PIP       := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Stamps: what was installed, and not again until the files it follows from change.
MADE      := $(VENV)/.made
RUNTIME   := $(VENV)/.runtime
DEV       := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help up test check bench docs lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(RUNTIME)  ## install kne into .venv and run manifests/ on 127.0.0.1:8080
	@$(BIN)/kne up $(MANIFESTS)

test: $(DEV)  ## run the tests
	$(BIN)/pytest

check: $(DEV)  ## format, lint, types, import contracts, tests: all that must hold
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest

bench: $(DEV)  ## measure the start of kne
	$(BIN)/python benchmarks/startup.py

docs: $(DEV)  ## run the console examples of README.md and docs/, and check the map
	$(BIN)/pytest tests/test_docs.py tests/test_house.py

lock: $(DEV)  ## choose the versions of requirements*.lock anew
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --output-file requirements-dev.lock --extra dev --constraint requirements.lock pyproject.toml

clean:  ## remove all that make and the tools made
	rm -rf $(VENV) dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# No address, host or path of the machine that chose them may stand in a lock.
LOCK = CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --upgrade --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --annotation-style line

$(MADE):
	@for python in $(PYTHONS); do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "$(VENV) with $$($$python --version)"; $$python -m venv $(VENV) && touch $@; exit; \
	    fi; \
	done; \
	echo 'kne needs Python 3.11 or newer; none of "$(PYTHONS)" is. Say which: make PYTHON=…' >&2; exit 1

$(RUNTIME): pyproject.toml requirements.lock | $(MADE)
	$(PIP) install --requirement requirements.lock
	$(PIP) install --no-deps --editable .
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	$(PIP) install --requirement requirements-dev.lock
	@touch $@
