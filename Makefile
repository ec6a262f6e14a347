# Everything sets itself up: a virtual environment in .venv with the locked, hashed dependencies.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
BENCH  := .venv-bench
WORKERS ?= auto

.PHONY: demo test check format lint types imports slow torture month bench bench-quick lock samples screenshots clean

demo: $(STAMP)            ## import the sample lists into the sandbox
	$(BIN)/leadbyte-import demo

test: $(STAMP)            ## the whole quick test suite
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

check: lint types imports test   ## what CI runs: format, lint, types, imports, tests

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

slow: $(STAMP)            ## the tests that take longer than a developer waits
	$(BIN)/python -m pytest -n $(WORKERS) -m slow

torture: $(STAMP)         ## killed, cut off, started twice: the figures of docs/reliability.md (half an hour)
	$(BIN)/python -m benchmarks.torture kills --kills 1000 --launches 40
	$(BIN)/python -m benchmarks.torture boundaries
	$(BIN)/python -m benchmarks.torture pairs --times 20
	$(BIN)/python -m benchmarks.torture faults --rows 100000
	$(BIN)/python -m benchmarks.torture commits
	$(BIN)/python -m benchmarks.torture naive --kills 300 --rows 2000

month: $(STAMP)           ## thirty simulated nights with faults and kills, and their judge (docs/reliability.md)
	$(BIN)/python -m benchmarks.month

bench: $(STAMP) $(BENCH)/.installed   ## measure beside the usual ways, and write docs/performance.md (an hour)
	$(BENCH)/bin/python -m benchmarks.run --size full --write docs/performance.md
	$(BIN)/python -m benchmarks.page

bench-quick: $(STAMP) $(BENCH)/.installed   ## the same on lists of a tenth of the length, written nowhere
	$(BENCH)/bin/python -m benchmarks.run --size quick --runs 1

samples: $(STAMP)         ## write sample_data/ anew, from its fixed seed
	$(BIN)/python sample_data/make_samples.py

screenshots: $(STAMP)     ## take the documents' pictures of the page anew, where a browser is there
	$(BIN)/python -m tests.browser.screenshots docs/images

lock: $(STAMP)            ## renew requirements/*.lock from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra sandbox --extra remote --extra keyring --group dev --universal --generate-hashes \
	    --python-version 3.11 --no-config --quiet --output-file requirements/dev.lock
	$(BIN)/uv pip compile pyproject.toml --extra sandbox --universal --generate-hashes \
	    --constraint requirements/dev.lock \
	    --python-version 3.11 --no-config --quiet --output-file requirements/run.lock
	$(BIN)/uv pip compile pyproject.toml --extra sandbox --group bench --universal --generate-hashes \
	    --constraint requirements/dev.lock \
	    --python-version 3.11 --no-config --quiet --output-file requirements/bench.lock

clean:
	rm -rf $(VENV) $(BENCH) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist

# The stamp is younger than the lock: the second run installs nothing.
$(STAMP): requirements/dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

# The peers have an environment of their own: none of them is needed to run or to work on the importer.
$(BENCH)/.installed: requirements/bench.lock pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.lock
	@touch $(BENCH)/.installed
