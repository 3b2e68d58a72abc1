# `make run` and `make test` are all that a fresh machine needs: both install what is missing first (see .ci/set-up).

VENV ?= .venv
export VENV
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
COVERAGE ?= --cov coach/session --cov-branch --cov-report term-missing:skip-covered --cov-fail-under 95

.DEFAULT_GOAL := help
.PHONY: help run test check lint fast slow bench scores clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

run: ## lead a session; without a microphone and a speaker, rehearse it  [ROUTINE=name] [ARGS=--option]
	@.ci/set-up run
	@$(BIN)/coach run --or-rehearse $(ROUTINE) $(ARGS)

test: check slow ## everything: style, types, all tests

check: lint fast ## style, types and the fast tests: in two minutes, before every commit

lint:
	@.ci/set-up test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two processes, since a Pi has the cores and the fast tests share nothing; numpy's own threads would only wait for
# each other there. The core is pure, so it can be covered: by its own examples alone, because what is traced takes
# three times as long.
fast: export OPENBLAS_NUM_THREADS = 1
fast:
	@.ci/set-up test
	$(PYTEST) -n 2 -m "not slow and not covers"
	$(PYTEST) -n 2 -m covers tests/session tests/test_scores.py $(COVERAGE)

# The live ones mostly wait for real sound to pass, each process with a sound server of its own, so two at a time do
# not starve each other: they take a quarter of two cores.
slow: ## the slow tests alone: the real recogniser over long audio, live sound on a private sound server
	@.ci/set-up test
	$(PYTEST) -n 2 --dist loadfile -m slow --durations 5 --ignore tests/live
	$(PYTEST) -n 2 -m slow --durations 5 tests/live

bench: ## measure latencies, speed and memory on this machine
	@.ci/set-up run
	@$(BIN)/coach bench $(ARGS)

scores: ## write the golden transcripts under tests/scores anew, to be read before a commit  [ARGS=name]
	@.ci/set-up test
	$(BIN)/python -m tests.scores.regenerate $(ARGS)

clean: ## remove the virtual environments and caches; never rehearsals or what was recorded
	rm -rf .venv .venv-* .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* htmlcov build dist
	find coach tests -name __pycache__ -type d -prune -exec rm -rf {} +
