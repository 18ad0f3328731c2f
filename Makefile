# The verbs of the project. Each sets up .venv by itself when it has to; `make` alone lists them.

PYTHON ?= python3
PORT ?= 8080
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test lint format bench clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/ready ## start the dashboard on http://localhost:8080 (PORT=9000 for another port)
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/ready-dev ## run the tests, then say what was skipped and why (ARGS='-k scale' for some)
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/ready-dev node_modules/ready ## check style, format and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy --strict core practice/src
	npm run --silent lint

format: $(VENV)/ready-dev node_modules/ready ## put the code in the format that lint asks for
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	npm run --silent format

bench: $(VENV)/ready-dev ## measure what must stay fast
	$(BIN)/python -m bench $(ARGS)

clean: ## forget .venv, node_modules and every cache
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than the requirements it was made from; nothing is fetched while it is.
$(VENV)/ready: requirements.txt practice/pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(VENV)/ready-dev: requirements.txt requirements-dev.txt practice/pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	@touch $(VENV)/ready $@

node_modules/ready: package.json package-lock.json
	@node -e 'process.exit(process.versions.node.split(".")[0] < 18)' && npm --version >/dev/null \
		|| { echo "The checks of the browser code need node 18 or later, with npm: on Debian and Ubuntu, apt install nodejs npm" >&2; exit 1; }
	npm ci --no-audit --no-fund --silent
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Essaim needs Python 3.11 or later: install it, or name one with make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python lacks its venv module: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV), once: this takes a minute or two."
	@$(PYTHON) -m venv $(VENV)
