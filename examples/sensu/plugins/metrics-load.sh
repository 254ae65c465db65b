#!/bin/sh
# Graphite lines: path, value, time.
now=$(date +%s)
read -r one five fifteen _ </proc/loadavg
printf '%s.load.one %s %s\n%s.load.five %s %s\n%s.load.fifteen %s %s\n' \
  "$1" "$one" "$now" "$1" "$five" "$now" "$1" "$fifteen" "$now"
