# Every command of this project. `make drill` and `make test` need nothing but Debian 12, make and sudo (or root).
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help setup drill test scenarios kill-matrix stop-matrix check lab-up lab-down bench deploy lock clean

BIN := .venv/bin
RUNS ?= 10
# Tests and their libraries leave nothing outside the checkout.
KEPT := $(CURDIR)/.cache/tests
PYTEST := TMPDIR=$(KEPT)/tmp MPLCONFIGDIR=$(KEPT)/matplotlib PREFECT_HOME=$(KEPT)/prefect $(BIN)/pytest -q

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: .cache/debian .cache/python .cache/prefect.db ## Install what is missing; in seconds once that is done

drill: setup ## Play disasters in a lab, there and back: 0 only if all pass. SCENARIOS=all, or some of docs/testing.md
	@$(BIN)/dr lab drill $(SCENARIOS)

test: setup ## Run all tests but the scenarios, those on real servers included
	@mkdir -p $(KEPT)/tmp
	@# More of them than processors: they wait in real time. Whoever is done takes over from who has the long ones
	@$(PYTEST) -n 4 --dist worksteal -m "not lab"
	@$(PYTEST) -m lab --ignore=tests/scenarios

scenarios: setup ## Play each disaster of tests/scenarios in a lab of its own, and judge what comes of it: 45 minutes
	@mkdir -p $(KEPT)/tmp
	@$(PYTEST) tests/scenarios

kill-matrix: setup ## Kill each procedure at each of its points in a lab: two hours. PROCEDURES="failback repair"
	@# The checkout first: what is called `recovery` below tests must not be taken for ours by what the lab starts
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tests:$(CURDIR)/tests/flows:$(CURDIR)/tests/scenarios $(BIN)/python -m kill_matrix $(PROCEDURES)

stop-matrix: setup ## Stop a test in the middle of each scenario in a lab, and see that the estate is as it was: 20 minutes
	@PYTHONPATH=$(CURDIR):$(CURDIR)/tests:$(CURDIR)/tests/flows:$(CURDIR)/tests/scenarios $(BIN)/python -m kill_matrix.stopped $(SCENARIOS)

check: setup ## Format, lint, types, and who imports whom
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

lab-up: setup ## Start the two regions, and leave them running
	@$(BIN)/dr lab up

lab-down: ## End them
	@$(BIN)/dr lab down

bench: setup ## Measure: RUNS=10 losses of a region by hand, as many by alerts, the intake, a restore of 1 GB, comparisons
	@$(BIN)/python benchmarks/failover.py --runs $(RUNS)
	@$(BIN)/python benchmarks/alerts.py --runs $(RUNS)
	@$(BIN)/python benchmarks/intake.py --runs 3
	@$(BIN)/python benchmarks/restore.py --runs 3
	@$(BIN)/python benchmarks/compare.py --runs 3
	@$(BIN)/python benchmarks/drift_under_load.py
	@$(BIN)/python benchmarks/compare_cache.py --runs 3

deploy: setup ## Register the flows of prefect.yaml on the Prefect server of estate.yaml
	@$(BIN)/dr deploy

lock: ## Pin every dependency again, with hashes (needs uv)
	@uv pip compile -q --all-extras --upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
		--python-version 3.11 -o requirements.lock pyproject.toml

clean: ## Remove what set-up and runs made, but the reports
	@rm -rf .venv .cache .lab *.egg-info

.cache/debian: lab/packages.txt lab/install-packages
	@mkdir -p .cache
	@lab/install-packages lab/packages.txt
	@touch $@

.cache/python: requirements.lock pyproject.toml .cache/debian
	@echo "Python packages: installing $$(grep -c '^[a-z].*==' requirements.lock) pinned ones (about a minute)"
	@python3 -m venv .venv
	@# The lock is whole, so nothing is resolved again: pip would look for newer versions of what one package asks for in two ways
	@$(BIN)/pip install -q --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@$(BIN)/pip check -q --disable-pip-version-check
	@touch $@

.cache/prefect.db: .cache/python
	@echo "Prefect: making a migrated database for the lab's server"
	@$(BIN)/dr lab prepare
	@touch $@
