#!/bin/sh
# Prints a directory in memory for the sites of tests, if this machine has one with room in which programs may run; else nothing.
# A disk that makes every program wait for seconds, as shared ones do, is not what those tests are about (docs/adr/0078).
set -eu
shm=/dev/shm
[ -w $shm ] && [ "$(df -Pm $shm | awk 'NR == 2 { print $4 }')" -ge 2000 ] || exit 0
trial=$(mktemp -p $shm ivrd-trial-XXXXXX)
trap 'rm -f "$trial"' EXIT
printf '#!/bin/sh\n' >"$trial"
chmod +x "$trial"
if "$trial" 2>/dev/null; then echo $shm; fi
