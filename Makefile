# make run    the main job: from Kaggle (or sample faces) to a submission, in its own .venv
# make test   what the tests need, and all tests, on all cores
# make fast   the tests that take no processes and no long trainings: about a minute
# make check  lint and types
# make lowest the tests with the lowest versions of pyproject.toml, which Kaggle's image has
# make notebooks  execute notebooks/*.py and store them as .ipynb with their outputs
# make light  photographs with nothing but what they need, in an environment of their own
# make licences  write docs/licences.md from what is installed
# make audit  compare what is installed with PyPI's list of known vulnerabilities
# make wheel  dist/ with the wheel of this commit, and SHA256SUMS

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# One process per core, up to eight; the tests of a file stay together and share what they made, and
# slow files come first.
PARALLEL = --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder
PYTEST = $(BIN)/python -m pytest $(PARALLEL)

.PHONY: run test fast check notebooks light lowest licences audit wheel clean

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

notebooks: $(VENV)/installed-dev
	$(BIN)/python tools/make_notebooks.py

light:
	rm -rf $(VENV)-light
	$(PYTHON) -m venv $(VENV)-light
	$(VENV)-light/bin/python -m pip install --quiet .
	! $(VENV)-light/bin/python -c "import torch" 2>/dev/null
	$(VENV)-light/bin/kaggle-fkd photo astronaut --json --output $(VENV)-light/photo | grep -q keypoints

lowest:
	rm -rf $(VENV)-lowest
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet -r requirements-lowest.txt -r requirements-dev.txt
	$(VENV)-lowest/bin/python -m pytest $(PARALLEL)

licences: $(VENV)/installed-dev
	$(BIN)/python tools/list_licences.py

# PyPI does not know the local version of the CPU build of torch.
audit: $(VENV)/installed-dev
	rm -rf $(VENV)-audit
	$(PYTHON) -m venv $(VENV)-audit
	$(VENV)-audit/bin/python -m pip install --quiet pip-audit
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > $(VENV)-audit/installed.txt
	$(VENV)-audit/bin/pip-audit --strict --no-deps --disable-pip -r $(VENV)-audit/installed.txt

# The times in the wheel are those of the commit, so that two builds have the same digest.
wheel: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct)
wheel: $(VENV)/installed
	rm -rf build dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	cd dist && sha256sum *.whl | tee SHA256SUMS

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements.txt -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-light $(VENV)-lowest $(VENV)-audit build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
