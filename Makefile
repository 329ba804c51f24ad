PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ISSUER := tests/oidc/node_modules/.package-lock.json
AXE := tests/browser/node_modules/.package-lock.json
FEBRL := .febrl/.installed
PEERS := .venv-bench/.installed
ENGINES := .venv-scale/.installed
CODE := domain application projections api infra tests
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help setup run test test-scale lint format bench lock clean issuer \
	browser compiled

help:
	@echo 'Karguzar: the register behind a reception, appeals and press department.'
	@echo
	@echo '  make run         start it here with demo data; prints what to open and a token for each role'
	@echo '  make test        every check and test'
	@echo '  make test-scale  the exports, read with Spark and pm4py (wants Java 17 or later)'
	@echo '  make bench       the benchmark beside its peers; options: make bench ARGS=--help'
	@echo
	@echo '  make setup       only the environment, in $(VENV)'
	@echo '  make lint        ruff and mypy'
	@echo '  make format      rewrite the code in the house format'
	@echo '  make issuer      the certified issuer that sign-in is tested with (needs npm)'
	@echo '  make browser     what the pages are tested with: chromium (as root, by apt) and axe (needs npm)'
	@echo '  make lock        choose package versions anew (needs uv)'
	@echo '  make clean       remove the environment and the caches; the data in .karguzar stays'
	@echo
	@echo 'All of it needs make and Python 3.11 or later: make run PYTHON=python3.12 names another one.'
	@echo 'After setup, $(BIN)/karguzar --help lists the commands of the register itself.'

setup: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all: -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

run: setup
	$(BIN)/karguzar run

# Dozens of servers and commands are started: without bytecode each of them compiles everything.
test: export PYTHONDONTWRITEBYTECODE :=
test:
	@$(MAKE) --no-print-directory --jobs 4 lint compiled issuer browser $(FEBRL)
	$(BIN)/python -m pytest --ignore tests/scale --numprocesses 4 --dist loadfile --no-loadscope-reorder --timeout 180

test-scale: setup $(ENGINES)
	@command -v java > /dev/null || echo 'Java is missing: the exports are not read with Spark. Install a runtime of Java 17 or later, such as openjdk-17-jre-headless.'
	$(BIN)/python -m pytest tests/scale --timeout 180

# What each of the test processes would else do for itself at the same time.
compiled: setup
	@$(BIN)/python -m pytest --ignore tests/scale --collect-only -qq > /dev/null || true

issuer: $(ISSUER)

$(ISSUER): tests/oidc/package-lock.json
	@if command -v npm > /dev/null; \
	then npm ci --prefix tests/oidc --omit dev --no-audit --no-fund --loglevel error && touch $@; \
	else echo 'npm is missing: sign-in is not tested with a real issuer. Install Node.js 20 or later with npm for that.'; \
	fi || echo 'oidc-provider could not be installed: sign-in is not tested with a real issuer.'

browser: $(AXE)
	@for name in chromium chromium-browser google-chrome; do command -v $$name > /dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; \
	then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium fonts-dejavu-core > /dev/null; \
	else echo 'chromium is missing: the pages are not tested in a browser. Install chromium or google-chrome for that.'; \
	fi || echo 'chromium could not be installed: the pages are not tested in a browser. Install chromium or google-chrome for that.'

$(AXE): tests/browser/package-lock.json
	@if command -v npm > /dev/null; \
	then npm ci --prefix tests/browser --omit dev --no-audit --no-fund --loglevel error && touch $@; \
	else echo 'npm is missing: what the pages give to all readers is not checked. Install Node.js 20 or later with npm for that.'; \
	fi || echo 'axe-core could not be installed: what the pages give to all readers is not checked.'

# Only the lists that come with it are read, so that pandas needn't be there.
$(FEBRL): requirements-febrl.lock | setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps --upgrade --target .febrl -r requirements-febrl.lock && touch $@ \
	|| echo 'FEBRL could not be fetched: matching of people is not tested on it.'

$(PEERS): requirements-bench.lock
	@$(PYTHON) -m venv .venv-bench && .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all: -r requirements-bench.lock && touch $@ \
	|| echo 'The peers that find repeats could not be installed: ours is measured alone.'

# pyspark comes as source alone: it is built with the setuptools of the lock, which go in first, into
# a wheel that is not compressed, since it is unpacked at once.
$(ENGINES): requirements-scale.lock
	$(PYTHON) -m venv .venv-scale
	sed -n '/^setuptools==/,/[^\\]$$/p' $< > .venv-scale/setuptools.lock
	.venv-scale/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all: -r .venv-scale/setuptools.lock
	.venv-scale/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all: --no-binary pyspark --no-build-isolation --config-settings=--build-option=--compression=stored -r $<
	@touch $@

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup $(PEERS)
	$(BIN)/python -m tests.benchmarks $(ARGS)

lock:
	$(LOCK) --upgrade requirements.in -o requirements.lock
	$(LOCK) --upgrade requirements-dev.in -o requirements-dev.lock
	$(LOCK) --upgrade requirements-bench.in -o requirements-bench.lock
	$(LOCK) --upgrade requirements-scale.in -o requirements-scale.lock

clean:
	rm -rf tests/oidc/node_modules tests/browser/node_modules .screenshots
	rm -rf $(VENV) .venv-bench .venv-scale .febrl build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
