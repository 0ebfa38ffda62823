# make demo    train a small CNN, emit C, check it bit for bit, run it on an emulated Cortex-M4
# make test    install what the tests need, then run them
# make check   lint, format, layering
# make wheel   build the wheel (tests/test_wheel.py runs against one)

VENV   := .venv
PYTHON := $(VENV)/bin/python
JOBS   := $(shell nproc 2>/dev/null || echo 2)

.PHONY: demo test check wheel format clean system-base system-device

demo: $(VENV)/.train
	$(PYTHON) -m tinygen demo

test: system-device $(VENV)/.test
	$(PYTHON) -m pytest -n $(JOBS)

check: $(VENV)/.test
	$(VENV)/bin/ruff check tinygen tests
	$(VENV)/bin/ruff format --check tinygen tests
	$(VENV)/bin/lint-imports

format: $(VENV)/.test
	$(VENV)/bin/ruff check --fix tinygen tests
	$(VENV)/bin/ruff format tinygen tests

wheel: $(VENV)/.test
	$(PYTHON) -m pip wheel --quiet --no-deps -w build/dist .

system-base:
	@scripts/install-system-packages.sh base

system-device:
	@scripts/install-system-packages.sh device

$(VENV)/.created: | system-base
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --upgrade pip
	touch $@

$(VENV)/.train: pyproject.toml $(VENV)/.created
	$(PYTHON) -m pip install --quiet -e '.[train]'
	touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.created
	$(PYTHON) -m pip install --quiet --pre 'tflite-micro>=0.dev0'
	$(PYTHON) -m pip install --quiet -e '.[train,test]'
	touch $@

clean:
	rm -rf $(VENV) build
