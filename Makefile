# Rayscope's entry points; CI calls the same ones. `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Rayscope is developed with Python 3.11 or later; set PYTHON=" >&2; exit 1; }
	@echo "== Python environment in $(VENV) (from requirements.lock)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(STAMP) # Install Rayscope and its tools into .venv; every other target does

check: tools rules-test ## Lint, types, import contracts, dead code; the chart, and what is generated
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/pytest tests/chart

format: $(STAMP) ## Format the code, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

generate: tools ## Make anew what is made from code: CRD, dashboards, rules, chart README and schema, docs
	$(BIN)/python -m rayscope.render.crd > crds/rayscope.dev_vllmmonitors.yaml
	$(BIN)/python -m rayscope.render.rules.installation > charts/rayscope/files/rules.yaml
	$(BIN)/python -m rayscope.dashboards.source operator/rayscope/dashboards/json charts/rayscope/files/dashboards
	$(BIN)/python -m rayscope.cli.document > docs/cli.md
	$(BIN)/python -m tests.licenses > docs/licenses.md
	$(BIN)/python -m tests.chart
	$(BIN)/python -m tests.dashboards.layout

assets: $(STAMP) ## Fetch or build what tests and demo run: Kubernetes, etcd, KubeRay (cached)
	$(BIN)/python -m tests.plane assets

tools: $(STAMP)
	$(BIN)/python -m tests.plane assets --tools

test: tools ## All tests, on a real control plane
	$(BIN)/pytest -m "not e2e" --ignore=tests/chart --ignore=tests/rules

rules-test: tools # Rules: promtool checks them, and sees every alert fire, keep silent and resolve
	$(BIN)/pytest tests/rules

e2e: tools ## End to end on a kind cluster (KEEP=1 keeps it, KUBECONFIG=... takes another): Ray, KubeRay, Prometheus
	$(BIN)/pytest --capture=tee-sys -m e2e tests/kind tests/e2e

unit: $(STAMP) ## The tests that need no control plane
	$(BIN)/pytest tests/unit

demo: assets ## The main job, visibly: label a RayService, see it monitored
	$(BIN)/python -m tests.demo

bench: assets ## Measure, as ratios: one JSON object a line
	$(BIN)/python -m tests.bench

COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --python-version 3.11

lock: $(STAMP) ## Resolve requirements.lock anew
	$(BIN)/pip install --quiet uv
	$(COMPILE) --extra dev --extra operator pyproject.toml -o requirements.lock
	$(COMPILE) --no-annotate -c requirements.lock --extra operator pyproject.toml -o requirements-operator.lock
	echo 'hatchling>=1.27' | $(COMPILE) --no-annotate -c requirements.lock - -o requirements-build.lock

clean: ## Remove what make made here (the cache of built parts stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist e2e-evidence

.PHONY: help install check format generate assets tools test rules-test e2e unit demo bench lock clean
