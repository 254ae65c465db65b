#!/bin/sh
# OK when the clock is past the year in which this was written.
year=$(date -u +%Y)
if [ "$year" -ge 2026 ]; then
  echo "CheckClock OK: it is $year"
else
  echo "CheckClock CRITICAL: it cannot be $year"
  exit 2
fi
