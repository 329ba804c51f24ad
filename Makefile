PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ISSUER := tests/oidc/node_modules/.package-lock.json
FEBRL := .febrl/.installed
PEERS := .venv-bench/.installed
CODE := domain application projections api infra tests
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench lock clean issuer

help:
	@echo 'Karguzar: the register behind a reception, appeals and press department.'
	@echo
	@echo '  make run      start it here with demo data; prints what to open and a token for each role'
	@echo '  make test     every check and test'
	@echo '  make bench    the benchmark beside its peers; options: make bench ARGS=--help'
	@echo
	@echo '  make setup    only the environment, in $(VENV)'
	@echo '  make lint     ruff and mypy'
	@echo '  make format   rewrite the code in the house format'
	@echo '  make issuer   the certified issuer that sign-in is tested with (needs npm)'
	@echo '  make lock     choose package versions anew (needs uv)'
	@echo '  make clean    remove the environment and the caches; the data in .karguzar stays'
	@echo
	@echo 'All of it needs make and Python 3.11 or later: make run PYTHON=python3.12 names another one.'
	@echo 'After setup, $(BIN)/karguzar --help lists the commands of the register itself.'

setup: $(STAMP)

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

run: setup
	$(BIN)/karguzar run

test: lint issuer $(FEBRL)
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder --timeout 180

issuer: $(ISSUER)

$(ISSUER): tests/oidc/package-lock.json
	@if command -v npm > /dev/null; \
	then npm ci --prefix tests/oidc --omit dev --no-audit --no-fund --loglevel error && touch $@; \
	else echo 'npm is missing: sign-in is not tested with a real issuer. Install Node.js 20 or later with npm for that.'; \
	fi || echo 'oidc-provider could not be installed: sign-in is not tested with a real issuer.'

# Only the lists that come with it are read, so that pandas needn't be there.
$(FEBRL): requirements-febrl.lock | setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps --upgrade --target .febrl -r requirements-febrl.lock && touch $@ \
	|| echo 'FEBRL could not be fetched: matching of people is not tested on it.'

$(PEERS): requirements-bench.lock
	@$(PYTHON) -m venv .venv-bench && .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary :all: -r requirements-bench.lock && touch $@ \
	|| echo 'The peers that find repeats could not be installed: ours is measured alone.'

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

clean:
	rm -rf tests/oidc/node_modules
	rm -rf $(VENV) .venv-bench .febrl build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +
