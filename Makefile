# The verbs of the project. Each sets up .venv by itself when it has to; `make` alone lists them.

PYTHON ?= python3
PORT ?= 8080
ARGS ?=
JOBS ?= auto
VENV := .venv
BIN := $(VENV)/bin
# For every Python from 3.11 on and every system. The practice engine is installed by path.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-package essaim-practice $(ARGS)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help run test lint format clients bench docs screenshots lab-check lock clean

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/ready ## start the dashboard on http://localhost:8080 (PORT=9000 for another port)
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

test: $(VENV)/ready-dev ## run the tests, then say what was skipped and why (ARGS='-k scale' for some, JOBS=0 for one process)
	$(BIN)/python -m pytest --numprocesses=$(JOBS) --dist=worksteal $(ARGS)

lint: $(VENV)/ready-dev node_modules/ready ## check style, format, types and texts
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	npm run --silent lint
	$(BIN)/python -m pymarkdown scan '*.md' docs practice/*.md
	$(site)

format: $(VENV)/ready-dev node_modules/ready ## put the code in the format that lint asks for
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .
	npm run --silent format

clients: $(VENV)/ready-dev ## install others' clients into build/clients, and play them here (ARGS='ansible dockerode' for some)
	$(BIN)/python -m clients $(ARGS)

bench: $(VENV)/ready-dev ## measure what must stay fast
	$(BIN)/python -m bench $(ARGS)

docs: $(VENV)/ready-dev ## draw the architecture, build the documentation's site into build/site, check its links
	$(BIN)/python -m docs.architecture
	$(site)

screenshots: $(VENV)/ready-dev ## take pictures of every page into build/screenshots (ARGS=lab for some)
	$(BIN)/python -m docs.screenshots $(ARGS)

lab-check: $(VENV)/ready ## read a lab's folder and play it on a practice cluster (DIR=path of the folder)
	$(BIN)/python -m core.lessons.rehearsal $(DIR)

lock: $(BIN)/python ## write the lock files anew, after a change of requirements*.txt (ARGS=--upgrade)
	$(BIN)/python -m pip install --quiet uv==0.13.9
	$(COMPILE) --output-file requirements.lock requirements.txt
	$(COMPILE) --constraint requirements.lock --output-file requirements-dev.lock requirements-dev.txt

clean: ## forget .venv, node_modules and every cache
	rm -rf $(VENV) build node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than what it was made from; nothing is fetched while it is.
$(VENV)/ready: requirements.lock practice/pyproject.toml | $(BIN)/python
	$(call install,requirements.lock)
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock practice/pyproject.toml | $(BIN)/python
	$(call install,requirements-dev.lock)
	@touch $(VENV)/ready $@

# What is locked, by its hashes; then the practice engine, to be edited in place.
define install
	$(BIN)/python -m pip install --quiet --require-hashes --requirement $(1)
	$(BIN)/python -m pip install --quiet --no-deps --editable practice
endef

# The texts as they lie here, built strictly: a link or an anchor that leads nowhere fails.
define site
	rm -rf build && mkdir -p build/docs/practice build/docs/core/ui
	cp *.md build/docs && cp practice/*.md build/docs/practice && cp -r docs build/docs && cp -r core/ui/face build/docs/core/ui
	$(BIN)/python -m mkdocs build --strict
endef

node_modules/ready: package.json package-lock.json
	@node -e 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 \
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
