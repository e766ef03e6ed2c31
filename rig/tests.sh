#!/bin/sh
# Every tier of tests, in two halves at once: tests that start programs (Asterisk, the broker, phones, the daemon) wait for these most of the
# time, the others only compute, and take what is left of the machine (docs/adr/0119). JOBS: processes that share the files of the first half.
set -u
cd "$(dirname "$0")/.."
programs="tests/live tests/contract tests/rig tests/daemon"
shared="--dist loadfile --no-loadscope-reorder"
said=$(mktemp)
trap 'rm -f "$said"' EXIT
trap 'kill "$computing" 2>/dev/null; exit 130' INT TERM
# shellcheck disable=SC2046,SC2086  # words, on purpose
nice -n 10 .venv/bin/python -m pytest -n auto $shared $(printf -- '--ignore=%s ' $programs) >"$said" 2>&1 &
computing=$!
# shellcheck disable=SC2086
.venv/bin/python -m pytest -n "${JOBS:-4}" $shared $programs
started=$?
wait "$computing"
computed=$?
cat "$said"
[ "$started" = 0 ] && [ "$computed" = 0 ]
