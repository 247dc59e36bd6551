# `make demo` and `make test` need nothing but Python 3.11 or newer and a network for the first installation.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
# Sessions of the real client mostly wait, so three go on at a time, and two of everything else. What measures a cost,
# or has processes run against each other, runs alone afterwards.
PYTEST := $(RUN) -m pytest
TESTS = $(PYTEST) -n 3 tests/e2e && $(PYTEST) -n 2 --dist worksteal -m "not alone" --ignore tests/e2e && $(PYTEST) -m alone

.PHONY: demo test lint soak bench clean

demo: $(VENV)/.installed
	@$(RUN) -m tractguard.demo

test: lint
	$(TESTS)

lint: $(VENV)/.developing
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

soak: $(VENV)/.developing
	TRACTGUARD_SOAK=1 && export TRACTGUARD_SOAK && $(TESTS)

bench: $(VENV)/.installed
	@$(RUN) -m tractguard bench

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("tractguard needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(RUN) -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.developing: $(VENV)/bin/python pyproject.toml
	$(RUN) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed
