# Two commands set up everything on a fresh machine: `make run` and `make test`. The rest is here too.
PYTHON ?= python3
BIN := .venv/bin
SETUP := $(PYTHON) -m config.setup

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test check test-long fmt demo bench lock clean

help:  ## This list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run:  ## Set up what is missing and serve the demo on http://localhost:5000 (LMS_PORT changes it)
	@$(SETUP) product
	@LMS_ENV=$${LMS_ENV:-demo} exec $(BIN)/python -m config.server

test:  ## Set up what the tests need, then check
	@$(SETUP) test
	@exec $(BIN)/python -m config.checks

check:  ## Format, lint, types, contracts, translations, tests: exactly what CI judges
	@$(SETUP) test --no-system
	@exec $(BIN)/python -m config.checks

setup:  ## Environment in .venv, packages, assets, translations
	@$(SETUP) product

setup-test:  ## The same, and what the tests need
	@$(SETUP) test

test-long:  ## The full counts of kills, mutations and scale
	@$(SETUP) test
	@exec $(BIN)/python -m config.checks long

fmt:  ## Format and sort
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

demo: setup  ## The main job without a browser: cohort file, learning, certificates, the partner's workbook
	@LMS_ENV=$${LMS_ENV:-demo} $(BIN)/flask db upgrade
	@LMS_ENV=$${LMS_ENV:-demo} $(BIN)/flask demo story

bench: setup-test  ## The benchmarks on both databases, one JSON line each; fails when a ratio grew by a quarter
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks --database postgresql

lock:  ## Write requirements.lock anew from the pins in requirements-dev.txt (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --no-emit-find-links --no-annotate \
		--custom-compile-command "make lock" requirements-dev.txt --output-file requirements.lock

clean:  ## Take away what was built, never the data in var/
	rm -rf .venv node_modules static/dist translations/*/LC_MESSAGES .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
