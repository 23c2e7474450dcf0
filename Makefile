# Everything runs inside .venv; `make test` is what CI calls.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test lint bench pictures clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup
	$(BIN)/ghostnote demo --out demo

lint: setup
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal src tests

bench: setup
	$(BIN)/python -m benchmarks

# What the journeys through the console looked like in this run, for the README and docs/console.md.
pictures: setup
	$(BIN)/python -m pytest tests/console/test_screens.py
	cp build/console/readme/console-*.jpg docs/images/

clean:
	rm -rf $(VENV) demo
