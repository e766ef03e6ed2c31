# A handful of verbs. `make demo` and `make test` prepare what they need (rig/setup.sh).
# PYTHON=python3.12 chooses the interpreter.
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Processes that share the files of the live tests: most of these wait for a phone, not for the machine (ADR 78).
JOBS ?= 4
# Tests that start programs (Asterisk, the broker, phones, the daemon), and wait for these more than they compute.
LIVE := tests/live tests/contract tests/rig tests/daemon
SHARED := --dist loadfile --no-loadscope-reorder
# Where tests keep their sites: in memory, where there is room.
IN_MEMORY = $(if $(shell rig/memory.sh),TMPDIR=$(shell rig/memory.sh))
# Tools that setup unpacked without root come after the machine's own.
export PATH := $(PATH):$(CURDIR)/var/bin

.PHONY: help setup demo run call test mutants chaos lint soak service bench lock clean

help:  ## show this
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup:  ## prepare everything: .venv, Asterisk, broker, prompts (again: takes seconds)
	@PYTHON='$(PYTHON)' rig/setup.sh

demo: setup  ## real calls to 169, served before your eyes
	@$(PY) -m rig.demo

run: setup  ## the same stack in the foreground, until Ctrl-C
	@$(PY) -m rig.run

call: setup  ## place one call into `make run`
	@$(PY) -m rig.onecall

test:  ## every tier of tests, the live one included
	@PYTHON='$(PYTHON)' rig/setup.sh test
	@$(IN_MEMORY) $(PY) -m pytest -n auto $(SHARED) $(LIVE:%=--ignore=%)
	@$(IN_MEMORY) $(PY) -m pytest -n $(JOBS) $(SHARED) $(LIVE)

mutants:  ## faults put into the router: which does no test notice? (MUTANTS=200 of them, SEED=1 others, FILES=ivrd/core/acd/lines.py)
	@PYTHON='$(PYTHON)' rig/setup.sh test
	@nice -n 10 $(PY) -m rig.mutants $(if $(MUTANTS),--sample $(MUTANTS)) $(if $(SEED),--seed $(SEED)) $(FILES)

chaos: setup  ## calls all the time while ivrd is killed 200 times (IVRD_CHAOS_KILLS); every fault of the line to Asterisk
	@IVRD_CHAOS_KILLS=$${IVRD_CHAOS_KILLS:-200} IVRD_CHAOS_HANDOVERS=$${IVRD_CHAOS_HANDOVERS:-50} \
		IVRD_CHAOS_START_S=$${IVRD_CHAOS_START_S:-2} IVRD_CHAOS_LONGEST_START_S=$${IVRD_CHAOS_LONGEST_START_S:-5} $(PY) -m pytest -s tests/live/test_storm.py
	@IVRD_CHAOS=1 $(PY) -m pytest tests/live/test_link.py tests/live/test_refused.py tests/live/test_vanished.py tests/live/test_overload.py tests/live/test_store_disk.py tests/rig/test_declined_at_once.py

lint: setup  ## ruff, mypy, import-linter, known weaknesses of dependencies (ADVISORIES=URL: of an OSV service in the house)
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@$(PY) -m rig.advisories $(if $(ADVISORIES),--osv $(ADVISORIES))

soak: setup  ## an hour of 50 callers (IVRD_SOAK_MINUTES, IVRD_SOAK_CALLERS): memory, descriptors, tasks, journal, loop lag
	@IVRD_SOAK_MINUTES=$${IVRD_SOAK_MINUTES:-60} IVRD_SOAK_CALLERS=$${IVRD_SOAK_CALLERS:-50} $(PY) -m pytest -q tests/live/test_soak.py

service: setup  ## a real systemd: install, serve, kill, freeze, upgrade from FROM=COMMIT, stop (root, systemd-nspawn; minutes)
	@PATH=$$PATH:$$PWD/var/bin rig/service.sh

bench: setup  ## measure, side by side with app_queue
	@$(PY) -m bench

lock:  ## bring requirements.lock up to date (needs uv)
	@printf 'setuptools>=77\n' | uv pip compile --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --extra test --extra speed --extra audit --custom-compile-command 'make lock' \
		--no-annotate -o requirements.lock pyproject.toml -
	@printf 'setuptools>=77\n' | uv pip compile --universal --generate-hashes --no-emit-index-url \
		--python-version 3.11 --extra speed --extra postgresql --constraint requirements.lock --custom-compile-command 'make lock' \
		--no-annotate -o requirements-service.lock pyproject.toml -

clean:  ## remove what setup and runs made (recordings and CDRs in var/ too)
	rm -rf .venv var prompts/build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
