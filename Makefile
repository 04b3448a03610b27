# make run    the main job: from Kaggle (or sample faces) to a submission, in its own .venv
# make test   what the tests need, and all tests, on all cores
# make fast   the tests that take no processes and no long trainings: about a minute
# make check  lint and types

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# One process per core, up to eight; the tests of a file stay together and share what they made.
PYTEST = $(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

.PHONY: run test fast check clean

run: $(VENV)/installed
	$(BIN)/python run_pipeline.py --stage all

test: $(VENV)/installed-dev
	$(PYTEST)

fast: $(VENV)/installed-dev
	$(PYTEST) -m "not slow"

check: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
