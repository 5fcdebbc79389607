# What a newcomer needs: `make run`, `make test`. Python 3.11, make and git are enough.
.DELETE_ON_ERROR:
.SUFFIXES:
SHELL := bash
PYTHON ?= python3.11
PORT ?= 8000
BIN := .venv/bin
READY := .venv/ready
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Three for two cores: servers and browsers are waited for. worksteal keeps a file together, and with it its fixtures.
PYTEST := $(BIN)/pytest -n 3 --dist worksteal
# Compiled catalogues are not kept in git: they follow from the .po files.
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard registry/translations/*/LC_MESSAGES/*.po))
export REGISTRY_EXAMPLES ?= 40
SHORT := not long and not drill and not postgresql
# The bars of branch coverage: rooms that must not be wrong, and the whole.
SAFE_ROOMS := workflows registry/ledger registry/services registry/permissions.py

.PHONY: setup run test test-long test-safety drill check coverage bench pictures wheel lock translations clean

setup: $(READY) $(CATALOGUES) ## the environment in .venv, with the `registry` command

# uv from PyPI is ten times as fast; where it cannot be had, or cannot fetch, pip installs the same hashes.
$(READY): requirements.lock setup.cfg pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed; name another with PYTHON="; exit 1; }
	$(PYTHON) -m venv .venv
	{ $(PIP) install uv && UV_SYSTEM_CERTS=1 $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock; } \
	    || $(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

translations: $(CATALOGUES)

%.mo: %.po | $(READY)
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

run: setup ## an SQLite register with the bundled records, on http://127.0.0.1:$(PORT)
	$(BIN)/registry run --port $(PORT)

test: setup ## everything but the long tests, on SQLite and on a real PostgreSQL
	$(PYTEST) -m "$(SHORT)"

# Whole processes are tested without: their branches are not counted.
coverage: setup ## the branches that the tests go through, on SQLite; of the ledger, which speaks to each in its own words, on both
	@rm -f .coverage .coverage.*
	REGISTRY_TEST_DATABASES=sqlite $(PYTEST) -m "$(SHORT) and not browser" --ignore=tests/setup --ignore=tests/commands/test_time.py --cov --cov-report=
	REGISTRY_TEST_DATABASES=postgresql $(PYTEST) -m "$(SHORT)" tests/ledger --cov --cov-report= --cov-append
	$(BIN)/coverage report --fail-under=92 --format=total
	@for room in $(SAFE_ROOMS); do \
	    if [ -d $$room ]; then files="$$room/*"; else files=$$room; fi; \
	    echo "$$room:"; $(BIN)/coverage report --include="$$files" --fail-under=98 || exit 1; \
	done

test-long: setup ## the tests of safety, at a fifth of the counts of `make drill`; the rest on PostgreSQL
	REGISTRY_EXAMPLES=100 $(PYTEST) -m "(long or postgresql) and not drill" --timeout=1200

test-safety: setup ## history, acts and races alone: what another version of a database must also hold
	$(PYTEST) tests/ledger tests/services -m "not long and not drill"

drill: setup ## the same at full counts; mutation of workflows/ meanwhile, its log in build/mutmut.log
	@mkdir -p build
	REGISTRY_EXAMPLES=8 CI=true nohup nice $(BIN)/mutmut run > build/mutmut.log 2>&1 &
	REGISTRY_EXAMPLES=500 $(PYTEST) -m "long or drill" --timeout=7200

check: setup ## form, types, imports, languages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --quiet tests/architecture/test_languages.py

bench: setup ## ratios on this machine; see benchmarks/README.md
	$(BIN)/python -m benchmarks.act
	$(BIN)/python -m benchmarks.step
	$(BIN)/python -m benchmarks.check
	$(BIN)/python -m benchmarks.sweep
	$(BIN)/python -m benchmarks.clocks
	$(BIN)/python -m benchmarks.force
	$(BIN)/python -m benchmarks.package
	$(BIN)/python -m benchmarks.pages
	$(BIN)/python -m benchmarks.search
	$(BIN)/python -m benchmarks.search postgresql

pictures: setup ## the pictures of README and docs, made by the app
	$(BIN)/python -m docs.make_pictures

wheel: setup ## dist/*.whl, which runs without the checkout
	rm -rf build dist
	$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .

lock: setup ## write requirements.lock anew from setup.cfg
	$(BIN)/uv pip compile setup.cfg --extra test --generate-hashes --universal --python-version 3.11 \
	    --no-emit-index-url --no-header --upgrade --quiet -o requirements.lock

clean:
	rm -rf .venv build dist *.egg-info .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache mutants
