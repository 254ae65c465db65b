#!/usr/bin/env python3
"""Looks at many results at once: critical when too large a part of an aggregate is critical."""
import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from sensu_plugin import api_request

arguments = argparse.ArgumentParser()
arguments.add_argument("--name", required=True)
arguments.add_argument("--critical-percent", type=int, default=50)
given = arguments.parse_args()
status, aggregate = api_request("GET", f"/aggregates/{given.name}?max_age=300")
if status != 200:
    print(f"CheckAggregate UNKNOWN: aggregate {given.name} answers {status}")
    sys.exit(3)
results = aggregate["results"]
percent = 100 * results["critical"] // max(1, results["total"])
word, code = ("CRITICAL", 2) if percent >= given.critical_percent else ("OK", 0)
print(f"CheckAggregate {word}: {percent}% of {results['total']} results are critical")
sys.exit(code)
