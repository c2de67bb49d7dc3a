.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENGINES := plain prefect airflow
# A worker that crashes is not replaced: pytest-xdist 3.8 may then wait for ever, and what had crashed is never told.
PARALLEL := -n 4 --dist loadfile --no-loadscope-reorder --max-worker-restart 0
# For Python 3.10 to 3.12: some of the lowest versions have no wheels for 3.13.
LOWEST := $(addprefix ml_assets_tests/,test_run_id.py test_canonical_skops.py test_training.py test_formats.py test_landing.py \
  test_artifact_store.py test_settings.py test_definitions.py test_renderings.py \
  test_parallel.py::test_a_process_that_is_ended_once_fails_no_task \
  test_output.py::test_a_run_whose_progress_nobody_reads_succeeds \
  test_output.py::test_a_progress_bar_on_an_ascii_terminal_is_ascii)
export DAGSTER_HOME ?= $(CURDIR)/.dagster_home
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Else each of the many processes of a test would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these commands
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-16s %s\n", $$1, $$2}'

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt --config-settings editable_mode=compat -e '.[dev]'
	@touch $@

$(DAGSTER_HOME)/dagster.yaml: ml_assets/cli/dagster.yaml
	@mkdir -p $(DAGSTER_HOME) && cp $< $@

setup: $(VENV)/.installed $(DAGSTER_HOME)/dagster.yaml ## create .venv with the pinned packages, and a local Dagster home

run: setup ## train, evaluate and document one model; print where it is
	@$(BIN)/ml-assets run

dev: setup ## serve Dagster's pages, and forms and runs beside them, on http://127.0.0.1:3000
	@$(BIN)/ml-assets ui --port $${PORT:-3000}

test: setup ## run the whole test suite
	@$(BIN)/python -m pytest $(or $(PYTEST_ARGS),$(PARALLEL))

.engines/%/.installed: examples/requirements.txt examples/requirements-%.txt examples/constraints-%.txt
	$(PYTHON) -m venv .engines/$*
	.engines/$*/bin/python -m pip install --quiet --upgrade pip
	.engines/$*/bin/python -m pip install --quiet -c examples/constraints-$*.txt -r examples/requirements-$*.txt
	@touch $@

.engines/plain/.installed: examples/requirements.txt constraints.txt
	$(PYTHON) -m venv .engines/plain
	.engines/plain/bin/python -m pip install --quiet -c constraints.txt -r examples/requirements.txt
	@touch $@

test-engines: setup $(ENGINES:%=.engines/%/.installed) ## run the same run in Dagster, Prefect, Airflow and plain Python
	@TEST_ENGINES=1 $(BIN)/python -m pytest -ra ml_assets_tests/test_engines.py

lint: setup ## check style, formatting and the rings
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports --config setup.cfg

types: setup ## check the types
	@$(BIN)/mypy

$(VENV)/.quality: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[quality]' --config-settings editable_mode=compat
	@touch $@

coverage: setup $(VENV)/.quality ## run the whole test suite, and tell which lines and branches it never takes
	@$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term:skip-covered

mutation: setup $(VENV)/.quality ## change the core in thousands of small ways, and tell which changes no test notices
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(BIN)/mutmut run --max-children $${JOBS:-2}
	@$(BIN)/python -m ml_assets_tests.mutation

.venv-lowest/.installed: pyproject.toml ml_assets_tests/lowest.py | setup
	$(PYTHON) -m venv .venv-lowest
	$(BIN)/python -m ml_assets_tests.lowest > .venv-lowest/pins.txt
	.venv-lowest/bin/python -m pip install --quiet --prefer-binary -r .venv-lowest/pins.txt
	@touch $@

test-lowest: .venv-lowest/.installed ## run a small set of tests with the lowest versions that pyproject.toml allows
	@PYTHONPATH=. .venv-lowest/bin/python -m pytest -q -W ignore::DeprecationWarning $(LOWEST)

torture: setup ## try faults of every kind at random instants, and count what is lost
	@$(BIN)/python -m ml_assets_tests.torture

demo-production: setup ## train, promote, compare, switch, score and roll back, with an S3 server on this machine
	@$(BIN)/python examples/production.py

bench: setup ## measure against plain scripts that do the same work
	@$(BIN)/python benchmarks/run_all.py

clean: ## remove the environment, caches, the local Dagster home and the artifacts of dev
	rm -rf $(VENV) .venv-lowest .engines .dagster_home artifacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* mutants *.egg-info

.PHONY: help setup run dev test test-engines lint types test-lowest coverage mutation torture demo-production bench clean
