# Two commands set everything up by themselves: `make demo` and `make test`.
# Each makes its own virtual environment under build/ and needs the network only the first time.
PYTHON ?= python3
DEMO := build/venv-demo
TEST := build/venv-test
SOURCES := $(shell find config vision devices sync edge -name '*.py' -o -name '*.js' -o -name '*.css' -o -name '*.json' -o -name '*.html' -o -name '*.mjs' | grep -v -e node_modules -e edge/web/static)
# One test worker more than cores (many tests wait), at least three and at most eight.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); n=$$((n + 1)); [ $$n -lt 3 ] && n=3; [ $$n -gt 8 ] && n=8; echo $$n)

.PHONY: demo test lint types clean help

help:
	@echo "make demo   a rendered gate on simulated devices; prints the page's address last (Ctrl-C ends it)"
	@echo "make test   lint, types and all tests"
	@echo "make clean  remove the virtual environments and what was built"

demo: $(DEMO)/.ready
	@$(DEMO)/bin/python -m vision.native --install
	@cd build && exec ../$(DEMO)/bin/menwei demo $(ARGS)

test: $(TEST)/.ready
	@$(TEST)/bin/python -m vision.native --install
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy
	$(TEST)/bin/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(TEST)/.ready
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .

types: $(TEST)/.ready
	$(TEST)/bin/mypy

# The demo runs what a user installs: the built wheel, not the checkout.
$(DEMO)/.ready: pyproject.toml hatch_build.py $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed / 需要 Python 3.11 或更新"; exit 1; }
	@test -x $(DEMO)/bin/python || $(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps .
	$(DEMO)/bin/python -m pip install --quiet --disable-pip-version-check ".[ble]"
	@touch $@

$(TEST)/.ready: pyproject.toml hatch_build.py edge/web/page/package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed / 需要 Python 3.11 或更新"; exit 1; }
	@test -x $(TEST)/bin/python || $(PYTHON) -m venv $(TEST)
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[all]" --group dev
	@touch $@

clean:
	rm -rf build dist edge/web/static edge/web/page/node_modules
