.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
UV := $(shell command -v uv)
VENV := .venv
BIN := $(VENV)/bin
# What tests need as well has an environment of its own: scikit-learn loads dask, pandas and pytest where they are.
TESTS := .venv-test
TESTS_BIN := $(TESTS)/bin
ENGINES := plain prefect airflow
WORKERS ?= 2
# A worker that crashes is not replaced: pytest-xdist 3.8 may then wait for ever, and what had crashed is never told.
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
# For Python 3.10 to 3.12: some of the lowest versions have no wheels for 3.13.
LOWEST := $(addprefix ml_assets_tests/,test_run_id.py test_canonical_skops.py test_training.py test_formats.py test_landing.py \
  test_artifact_store.py test_settings.py test_definitions.py test_renderings.py \
  test_parallel.py::test_a_process_that_is_ended_once_fails_no_task \
  test_output.py::test_a_run_whose_progress_nobody_reads_succeeds \
  test_output.py::test_a_progress_bar_on_an_ascii_terminal_is_ascii)
# What pip does, in one line on a terminal, and in a few elsewhere; its errors come as they are.
TOLD = awk -v tty="$$([ -t 2 ] && echo 1)" '\
  /^ *Collecting / { if (tty) printf "\r\033[K  %d found: %s", ++n, $$2; else if (++n % 50 == 0) printf "  %d found\n", n } \
  /^Installing collected/ { if (tty) printf "\r\033[K"; printf "  %d found; installing them\n", n } { fflush() }'
BY_UV = rm -rf $(@D) && $(UV) venv --quiet --seed --python $(PYTHON) $(@D) && $(UV) pip install --python $(@D)/bin/python $(1) 2>&1 | awk '!/^ [-+~] / { print "  " $$0; fflush() }'
BY_PIP = rm -rf $(@D) && $(PYTHON) -m venv $(@D) && $(@D)/bin/python -m pip install --no-compile --prefer-binary $(1) | $(TOLD)
# $(call INSTALL,WHAT): the target's folder as a new environment. What runs import is compiled when it first is, and the rest never.
define INSTALL
@echo "Installing pinned packages into $(@D) with $(if $(UV),uv,pip), once"
@set -o pipefail; $(if $(UV),{ $(BY_UV); } || { echo "uv could not. Trying pip"; $(BY_PIP); },$(BY_PIP))
@touch $@
endef
PROJECT = -c constraints.txt --config-settings editable_mode=compat -e
WITH_TESTS = '.[dev,quality]'
export DAGSTER_HOME ?= $(CURDIR)/.dagster_home
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Else each of the many processes of a test would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## list these commands
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-16s %s\n", $$1, $$2}'

$(VENV)/.installed: pyproject.toml constraints.txt
	$(call INSTALL,$(PROJECT) .)

$(TESTS)/.installed: pyproject.toml constraints.txt
	$(call INSTALL,$(PROJECT) $(WITH_TESTS))

$(DAGSTER_HOME)/dagster.yaml: ml_assets/cli/dagster.yaml
	@mkdir -p $(DAGSTER_HOME) && cp $< $@

setup: $(VENV)/.installed $(DAGSTER_HOME)/dagster.yaml ## create .venv with what runs need, pinned, and a local Dagster home

setup-tests: $(TESTS)/.installed $(DAGSTER_HOME)/dagster.yaml ## create .venv-test with what tests and tools need as well

run: setup ## train, evaluate and document one model; print where it is
	@echo "Running $(BIN)/ml-assets run"
	@$(BIN)/ml-assets run

dev: setup ## serve Dagster's pages, and forms and runs beside them, on http://127.0.0.1:3000
	@$(BIN)/ml-assets ui --port $${PORT:-3000}

test: setup-tests ## run the tests, but for slow ones
	@$(TESTS_BIN)/python -m pytest -m "not slow" $(or $(PYTEST_ARGS),$(PARALLEL))
	@echo "Slow tests (deployments, browsers, kills and the like) were left out; make test-slow runs them"

# They wait for deployments, so that one worker more than there are cores helps.
test-slow: WORKERS = 3
test-slow: setup-tests ## run the tests that take more than some seconds each
	@$(TESTS_BIN)/python -m pytest -m slow $(or $(PYTEST_ARGS),$(PARALLEL))

.engines/%/.installed: examples/requirements.txt examples/requirements-%.txt examples/constraints-%.txt
	$(call INSTALL,-c examples/constraints-$*.txt -r examples/requirements-$*.txt)

.engines/plain/.installed: examples/requirements.txt constraints.txt
	$(call INSTALL,-c constraints.txt -r examples/requirements.txt)

test-engines: setup-tests $(ENGINES:%=.engines/%/.installed) ## run the same run in Dagster, Prefect, Airflow and plain Python
	@TEST_ENGINES=1 $(TESTS_BIN)/python -m pytest -ra ml_assets_tests/test_engines.py

lint: setup-tests ## check style, formatting and the rings
	@$(TESTS_BIN)/ruff check . && $(TESTS_BIN)/ruff format --check . && $(TESTS_BIN)/lint-imports --config setup.cfg

types: setup-tests ## check the types
	@$(TESTS_BIN)/mypy

definitions: setup-tests ## check that Dagster's own tool loads the definitions
	@DAGSTER_HOME= $(TESTS_BIN)/dg check defs

coverage: setup-tests ## run the whole test suite, and tell which lines and branches it never takes
	@$(TESTS_BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term:skip-covered

mutation: setup-tests ## change the core in thousands of small ways, and tell which changes no test notices
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 $(TESTS_BIN)/mutmut run --max-children $${JOBS:-2}
	@$(TESTS_BIN)/python -m ml_assets_tests.mutation

.venv-lowest/.installed: pyproject.toml ml_assets_tests/lowest.py | $(TESTS)/.installed
	$(call INSTALL,-r <($(TESTS_BIN)/python -m ml_assets_tests.lowest))

test-lowest: .venv-lowest/.installed ## run a small set of tests with the lowest versions that pyproject.toml allows
	@PYTHONPATH=. .venv-lowest/bin/python -m pytest -q -W ignore::DeprecationWarning $(LOWEST)

torture: setup-tests ## try faults of every kind at random instants, and count what is lost
	@$(TESTS_BIN)/python -m ml_assets_tests.torture

demo-production: setup-tests ## train, promote, compare, switch, score and roll back, with an S3 server on this machine
	@$(TESTS_BIN)/python examples/production.py

bench: setup-tests ## measure against plain scripts that do the same work
	@$(TESTS_BIN)/python benchmarks/run_all.py

clean: ## remove the environments, caches, the local Dagster home and the artifacts of dev
	rm -rf $(VENV) $(TESTS) .venv-lowest .engines .dagster_home artifacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .coverage* mutants *.egg-info

.PHONY: help setup setup-tests run dev test test-slow test-engines lint types definitions test-lowest coverage mutation torture demo-production bench clean
