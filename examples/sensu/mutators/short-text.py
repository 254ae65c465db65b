#!/usr/bin/env python3
"""Makes one line of an event."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from sensu_plugin import event, summary

found = event()
word = {0: "OK", 1: "WARNING", 2: "CRITICAL"}.get(found["check"].get("status"), "UNKNOWN")
name = found["check"].get("source") or found["client"].get("name")
print(f"{found['action']} {word} {name}/{found['check'].get('name')}: {summary(found)}")
