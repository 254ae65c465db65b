#!/usr/bin/env python3
"""The health of a search cluster: green is OK, yellow a warning, everything else critical."""
import argparse
import json
import sys
import urllib.error
import urllib.request

arguments = argparse.ArgumentParser()
arguments.add_argument("--url", required=True)
given = arguments.parse_args()
try:
    with urllib.request.urlopen(f"{given.url}/_cluster/health", timeout=3) as response:
        health = json.load(response)
except (urllib.error.URLError, OSError, ValueError) as error:
    print(f"CheckElasticsearch CRITICAL: {getattr(error, 'reason', error)}")
    sys.exit(2)
status = health.get("status")
word, code = {"green": ("OK", 0), "yellow": ("WARNING", 1)}.get(status, ("CRITICAL", 2))
print(f"CheckElasticsearch {word}: cluster is {status}, {health.get('number_of_nodes', 0)} nodes")
sys.exit(code)
