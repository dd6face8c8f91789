# Piepowder: `make demo` to see it, `make test` to prove it.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
SIZE ?= small
PORT ?= 8000
JOBS ?= 2

.PHONY: demo test setup check test-sqlite test-postgres benchmarks crash-study docs messages screenshots clean

demo: setup
	$(RUN)/piepowder demo --size $(SIZE) --port $(PORT)

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml tools/setup.sh
	PYTHON=$(PYTHON) VENV=$(VENV) sh tools/setup.sh run
	touch $@

$(VENV)/.ready-dev: pyproject.toml tools/setup.sh
	PYTHON=$(PYTHON) VENV=$(VENV) sh tools/setup.sh dev
	touch $(VENV)/.ready $@

test: $(VENV)/.ready-dev check test-sqlite test-postgres

check:
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports
	PIEPOWDER_HOME=$(VENV)/check $(RUN)/python -m django makemigrations --check --dry-run --settings piepowder.settings
	PIEPOWDER_HOME=$(VENV)/check $(RUN)/python -m django check --fail-level WARNING --settings piepowder.settings
	$(RUN)/python tools/messages.py --check
	PIEPOWDER_HOME=$(VENV)/check $(RUN)/python tools/reference.py --check

test-sqlite:
	DATABASE_URL= $(RUN)/python -m pytest -q -n $(JOBS) --dist worksteal

test-postgres:
	$(RUN)/python tools/with_postgres.py -- $(RUN)/python -m pytest -q -n $(JOBS) --dist worksteal

benchmarks: $(VENV)/.ready-dev
	$(RUN)/python -m benchmarks --record

crash-study: $(VENV)/.ready-dev
	DATABASE_URL= $(RUN)/python -m studies.crash --record
	$(RUN)/python tools/with_postgres.py -- $(RUN)/python -m studies.crash --record

docs: $(VENV)/.ready-dev
	PIEPOWDER_HOME=$(VENV)/check $(RUN)/python tools/reference.py

messages:
	$(RUN)/python tools/messages.py

screenshots:
	PIEPOWDER_SCREENSHOTS=1 $(RUN)/python -m pytest -q -m browser

clean:
	rm -rf $(VENV) var build .mypy_cache .ruff_cache .pytest_cache
