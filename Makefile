# make study: the quarterly account study on data/sample; make test: everything that must pass; make lab: JupyterLab.
# Needs Python 3.11 or newer, make, and a package index. Each target makes what it needs in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FOLDER ?= data/sample
AS_OF ?= 2026-09-30
OUT ?= build/study
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: study test lab lint unit notebooks notebook-outputs engines sample bench clean

study: $(VENV)/study.stamp
	$(BIN)/custvalue study $(FOLDER) --as-of $(AS_OF) --out $(OUT)

test: lint unit notebooks

lab: $(VENV)/test.stamp
	$(BIN)/jupyter lab notebooks

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: $(VENV)/test.stamp
	$(BIN)/python -m pytest -n 2 --dist loadfile

notebooks: $(VENV)/test.stamp
	PLOTLY_RENDERER=plotly_mimetype $(BIN)/python -m pytest --nbval --nbval-current-env \
	  --nbval-sanitize-with notebooks/sanitize.cfg -p no:cacheprovider -n 2 --dist loadfile notebooks

# Sales lines on PySpark: 500 MB to install, and Java 17.
engines: $(VENV)/test.stamp
	$(PIP) -e .[dev,spark]
	$(BIN)/python -m pytest tests/engines --override-ini "norecursedirs=.* build"

# Runs the notebooks and keeps their outputs, after a change that is meant to show.
notebook-outputs: $(VENV)/test.stamp
	PLOTLY_RENDERER=plotly_mimetype $(BIN)/jupyter nbconvert --to notebook --execute --inplace notebooks/*.ipynb

# Makes data/sample again, bit for bit.
sample: $(VENV)/study.stamp
	$(BIN)/python -m custvalue.samples data/sample

bench: $(VENV)/test.stamp
	$(BIN)/python -m tests.benchmarks

$(VENV)/study.stamp: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'custvalue needs Python 3.11 or newer: set PYTHON=')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e .
	touch $@

$(VENV)/test.stamp: pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'custvalue needs Python 3.11 or newer: set PYTHON=')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e .[dev]
	touch $(VENV)/study.stamp $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
