#!/bin/sh
# A backup that reports about itself through the agent's socket. When it does not report for a day, that is a problem.
mkdir -p backups && date >"backups/$(date +%F)"
result='{"name":"nightly_backup","output":"12 GB in 8 minutes","status":0,"ttl":90000,"ttl_status":2,"handlers":["on_call"]}'
curl --silent --show-error --fail --header 'Content-Type: application/json' --data "$result" \
  "http://127.0.0.1:${SOCKET_PORT:-3031}/results"
