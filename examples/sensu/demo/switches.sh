#!/bin/sh
# Tells the API of three switches, which run no agent: the checks of team network find them by their attributes.
api=${SENSU_API_URL:-http://127.0.0.1:4567}
for floor in 1 2 3; do
  curl --silent --show-error --fail --data \
    "{\"name\":\"switch-$floor\",\"address\":\"127.0.0.1\",\"device\":\"switch\",\"floor\":\"$floor\",\"management_port\":${SWITCH_PORT:-2297}}" \
    "$api/clients" || exit
  echo
done
