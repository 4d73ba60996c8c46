# One command each; every one does its own set-up. `make help` lists them.

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check
READY := $(VENV)/ready
BASE_PYTHON ?= python3

# Where a machine forbids it, every process reads all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format texts bench lock

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(READY) ## make .venv with everything in it, the `rilon` command too

# Everything comes with a hash, in two steps: the build backend, then the rest, so that the one
# dependency that is published as source only builds with the pinned backend.
$(READY): requirements.lock requirements-build.lock pyproject.toml
	@$(BASE_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'RILON needs Python 3.11 or later; name one with BASE_PYTHON=...'; exit 1; }
	$(BASE_PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements-build.lock
	$(PIP) install --quiet --require-hashes --only-binary :all: --no-binary atomicwrites \
		--use-pep517 --no-build-isolation -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

demo: setup ## start the network and play a short day on it (ARGS=--once to end by itself)
	$(VENV)/bin/rilon demo $(ARGS)

test: setup ## run every test (ARGS=tests/unit for some)
	$(PYTHON) -m pytest -n 2 --no-loadscope-reorder $(ARGS)

check: setup ## format, lint, types, imports, policy, migrations in step
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy rilon bots bench tests
	$(VENV)/bin/lint-imports
	$(VENV)/bin/rilon policy check
	$(PYTHON) -m rilon.embedded.migrations

format: setup ## write the code in the one form
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

texts: setup ## bring the catalogues of the texts in step with the code
	$(VENV)/bin/pybabel --quiet extract -k say -k say_many:1,2 -k translatable --no-location \
		--sort-output --project=rilon -o rilon/texts/locale/rilon.pot rilon/texts rilon/audit bots
	$(VENV)/bin/pybabel --quiet update -D rilon -i rilon/texts/locale/rilon.pot \
		-d rilon/texts/locale --no-fuzzy-matching
	$(VENV)/bin/pybabel --quiet compile -D rilon -d rilon/texts/locale

bench: setup ## measure, in pairs, with and without
	$(PYTHON) -m bench $(ARGS)

lock: setup ## pin the dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --no-annotate --quiet \
		--output-file requirements.lock
	sed -n '/^setuptools==/,/^[a-z]/p' requirements.lock | sed '$$d' > requirements-build.lock
