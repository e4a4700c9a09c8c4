# Everything a person types here. `make` alone lists it; ARGS="..." goes to the command behind a target.
# Needs: Python 3.11 and make. Whatever else a target needs, it installs below this folder or names.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
FULL := $(VENV)/.everything-installed
KAFKA := .cache/.kafka-fetched
NPM := .cache/npm/.fetched
BACKEND := .cache/build-backend
ARGS ?=
# How many processes share the tests that start no server.
JOBS ?= auto
# And those that do: they wait for half of their time.
SERVER_JOBS ?= $(shell n=$$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN); echo $$((n + 1)))
# Where those are: each process reads all tests that it is shown before it chooses.
SERVED := tests/browser tests/chaos tests/integration tests/ops

# A file's tests share what they set up. By number of tests, as is usual, files of few long ones would come last.
BY_FILE := --dist loadfile --no-loadscope-reorder

# The first interpreter that is new enough, or a faster one of its release; `make PYTHON=/path/to/python3.11 ...`
# names another. Asked for once, and only by what makes the environment.
PYTHON ?= $(eval PYTHON := $(shell sh .ci/interpreter))$(PYTHON)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate --no-config \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
BUILD_DEPS := --build-deps-for wheel --build-deps-for editable

# Tests start hundreds of processes, and each would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup check lint house test demo chaos score-alerts sim bench bench-tallies bench-comments bench-alerts bench-views docs wheel lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(FULL) $(KAFKA) $(NPM) ## Make .venv with everything, and fetch what the tests run
	@sh .ci/system-packages servers
	@echo "Ready: $(BIN)/streamproc is the command line, and the tests have their servers"

check: lint house ## Format, lint, types, import contracts and the house rules

lint: $(FULL)
	$(BIN)/ruff format --check streamproc tests
	$(BIN)/ruff check streamproc tests
	$(BIN)/mypy
	$(BIN)/lint-imports

house: $(FULL)
	$(BIN)/python -m pytest tests/house

test: setup lint ## Everything: check, unit, laws, integration on real servers, a short chaos and benchmark
	$(BIN)/python -m tests.bench --quick
	@status=0; set -x; \
	$(BIN)/python -m pytest -m "not (integration or chaos or alone or bench)" -n $(JOBS) $(BY_FILE) $(ARGS) || status=1; \
	$(BIN)/python -m pytest -m "integration and not (chaos or alone or bench)" $(SERVED) -n $(SERVER_JOBS) $(BY_FILE) $(ARGS) || status=1; \
	$(BIN)/python -m pytest -m "(chaos or alone) and not bench" $(SERVED) -n 2 $(BY_FILE) $(ARGS) || status=1; \
	exit $$status

demo: $(RUNTIME) ## Live tallies of a simulated contest on an embedded broker
	@$(BIN)/streamproc demo $(ARGS)

chaos: setup ## Kill, pause and move real workers, their Kafka and their Redis, then compare ledger, log and state
	@$(BIN)/python -m tests.chaos --faults 42 $(ARGS)

score-alerts: $(FULL) ## Score alerts on 200 seeded broadcasts against what is true of them; 1 if below the bounds
	@$(BIN)/python -m tests.alerts.score $(ARGS)

sim: $(FULL) ## Simulate 20,000 random schedules of faults against the state protocol
	@$(BIN)/python -m tests.laws.simulate --schedules 20000 $(ARGS)

bench: setup ## Measure the worker beside an idiomatic Faust app; reports, asserts nothing
	@$(BIN)/python -m tests.bench $(ARGS)

bench-tallies: setup ## Measure the tallies: fold, publishing, memory; reports, asserts nothing
	@$(BIN)/python -m tests.bench.tallies $(ARGS)

bench-comments: $(FULL) ## Measure reading comments: both backends, many aliases; reports, asserts nothing
	@$(BIN)/python -m tests.bench.comments $(ARGS)

bench-alerts: setup ## Measure folding with alerts, and judging; reports, asserts nothing
	@$(BIN)/python -m tests.bench.alerts $(ARGS)

bench-views: setup ## Measure views: from an event to the board, followers, requests, scrapes
	@$(BIN)/python -m tests.bench.views $(ARGS)

docs: $(FULL) ## Write the generated pages again
	$(BIN)/python -m tests.house.exit_codes > docs/exit-codes.md
	$(BIN)/python -m tests.house.settings_page > docs/settings.md
	$(BIN)/python -m tests.house.figures_page > docs/figures.md
	$(BIN)/python -m tests.house.alerts_page > docs/alerts.md
	$(BIN)/python -m tests.house.metrics_page > docs/metrics.md
	$(BIN)/python -m tests.ops.written
	$(BIN)/python -m tests.house.asyncapi > topics/asyncapi.json

wheel: $(FULL) ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

lock: $(FULL) ## Pin what pyproject.toml asks for, with hashes, into requirements/
	$(COMPILE) -o requirements/runtime.txt pyproject.toml
	$(COMPILE) --only-build-deps $(BUILD_DEPS) -c requirements/runtime.txt -o requirements/build.txt pyproject.toml
	$(COMPILE) --extra dev $(BUILD_DEPS) -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml

clean: ## Remove everything that make made, .venv and downloads too
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find streamproc tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@PYTHON="$(PYTHON)" sh .ci/system-packages python
	@echo "Making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the worker needs into $(VENV) (a few seconds)"
	@$(PIP) install --quiet --require-hashes -r requirements/runtime.txt
	@rm -rf $(BACKEND)
	@$(PIP) install --quiet --require-hashes --target $(BACKEND) -r requirements/build.txt
	@PYTHONPATH=$(BACKEND) $(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(FULL): requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing everything into $(VENV) (half a minute)"
	@$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $(RUNTIME) $@

$(KAFKA): tests/kafka_jars.py tests/kafka/pom.xml | $(FULL)
	@sh .ci/system-packages kafka
	@echo "Fetching Kafka for the tests (once)"
	@$(BIN)/python -c 'from tests.servers import share_classes; share_classes()'
	@touch $@

$(NPM): tests/npm/package.json tests/npm/package-lock.json
	@sh .ci/system-packages npm
	@mkdir -p $(@D) && cp $^ $(@D)
	@npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --silent
	@touch $@
