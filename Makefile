# Every target sets itself up: a virtual environment in .venv with pinned requirements. A stamp in it marks each finished
# step, so that a second run is instant and an interrupted one starts again from the last step that was finished.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TEST := $(BIN)/python -m pytest -n 2
GENERIC := OPENBLAS_CORETYPE=Haswell NUMBA_CPU_NAME=generic NUMBA_CACHE_DIR="$(CURDIR)/$(VENV)/generic"
AVX512 := $(shell grep -qs avx512f /proc/cpuinfo && echo OPENBLAS_CORETYPE=SkylakeX)
ANSWERS := PYTHONPATH=tests $(BIN)/python -P -m siege.settings
FILES ?= 20000
KILLS ?= 32

# An environment whose interpreter is gone (a moved checkout, an upgraded system) is made anew.
$(shell [ -e $(VENV) ] && ! $(BIN)/python -c '' 2>/dev/null && rm -rf $(VENV))

.PHONY: run test test-generic fuzz siege night check format docs bench agreement picture locks clean help

run: $(VENV)/run.stamp              ## solve Ferghana 2022, show the assessment, write the report
	@$(BIN)/bystander run

test: $(VENV)/dev.stamp             ## all tests except those that need the optional peers
	$(TEST)

test-generic: $(VENV)/dev.stamp     ## which equilibrium, and every answer that ships, as on another processor
	$(GENERIC) $(TEST) tests/equilibrium/test_tracing.py tests/equilibrium/test_multiplicity.py \
		tests/numerics/test_dense.py
	$(ANSWERS) >$(VENV)/answers.txt
	$(GENERIC) $(ANSWERS) >$(VENV)/answers-generic.txt
	BYSTANDER_THREADS=1 $(AVX512) $(ANSWERS) >$(VENV)/answers-alone.txt
	diff $(VENV)/answers.txt $(VENV)/answers-generic.txt
	diff $(VENV)/answers.txt $(VENV)/answers-alone.txt

fuzz: $(VENV)/dev.stamp             ## mutated files (FILES=1000000 for a night), properties with new examples, drawn games by every door
	PYTHONPATH=tests $(BIN)/python -P -m siege.fuzz --files $(FILES) --first $$(date +%s)000
	BYSTANDER_EXAMPLES=fuzz $(TEST) -m hypothesis
	PYTHONPATH=tests $(BIN)/python -P -m siege.doors --games 200 --first $$(date +%s)000

siege: $(VENV)/dev.stamp            ## runs killed and interrupted, caches damaged (KILLS=200 for a night)
	PYTHONPATH=tests $(BIN)/python -P -m siege.siege --kills $(KILLS) --interrupts $(KILLS) --ledgers $(KILLS)

night: $(VENV)/dev.stamp            ## calibration by 200 records, a file of two million events, 2,000 observations
	BYSTANDER_NIGHT=1 $(TEST) tests/evidence/test_learning.py tests/evidence/test_events.py
	$(BIN)/python -m benchmarks.evidence --large

agreement: $(VENV)/gambit.stamp     ## compare with Storm, QuantEcon and Gambit (first run: minutes)
	$(TEST) tests/agreement

check: $(VENV)/dev.stamp            ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini

format: $(VENV)/dev.stamp           ## write the formatting that `check` wants
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/docs.stamp            ## the documentation, into docs/_build/html
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/peers.stamp          ## benchmarks beside peers, as tables and as JSON
	$(BIN)/python -m benchmarks

picture: $(VENV)/dev.stamp          ## the picture in the README, from a fresh solve
	$(BIN)/python docs/picture.py

locks:                              ## resolve requirements/*.in again
	$(PYTHON) -m venv --clear $(VENV)/locks
	$(VENV)/locks/bin/python -m pip install --quiet pip-tools
	cd requirements && for name in run build dev docs agreement gambit; do \
		../$(VENV)/locks/bin/pip-compile --quiet --strip-extras --no-header --no-emit-index-url \
			--no-emit-find-links --no-emit-trusted-host --generate-hashes --allow-unsafe --annotation-style=line \
			--output-file=$$name.txt $$name.in || exit 1; done

clean:                              ## remove everything that was made
	rm -rf $(VENV) docs/_build reports .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

help:                               ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "Bystander needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Setting up $(VENV) (once, a minute or two)" >&2
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q src
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@$(PIP) install -r requirements/dev.txt
	@touch $@

$(VENV)/docs.stamp: requirements/docs.txt $(VENV)/run.stamp
	@$(PIP) install -r requirements/docs.txt
	@touch $@

$(VENV)/peers.stamp: requirements/agreement.txt $(VENV)/dev.stamp
	@$(PIP) install -r requirements/agreement.txt
	@touch $@

$(VENV)/gambit.stamp: requirements/gambit.txt $(VENV)/peers.stamp
	@echo "Compiling Gambit (once, some minutes)" >&2
	@$(PIP) install -r requirements/gambit.txt
	@touch $@
