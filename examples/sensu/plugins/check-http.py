#!/usr/bin/env python3
"""OK when a page answers with status 200 and holds a text."""
import argparse
import sys
import urllib.error
import urllib.request

arguments = argparse.ArgumentParser()
arguments.add_argument("--url", required=True)
arguments.add_argument("--expect", default="")
given = arguments.parse_args()
try:
    with urllib.request.urlopen(given.url, timeout=3) as response:
        body = response.read(1_000_000).decode(errors="replace")
except (urllib.error.URLError, OSError) as error:
    print(f"CheckHttp CRITICAL: {given.url}: {getattr(error, 'reason', error)}")
    sys.exit(2)
if given.expect not in body:
    print(f"CheckHttp WARNING: {given.url} does not hold {given.expect!r}")
    sys.exit(1)
print(f"CheckHttp OK: {given.url}, {len(body)} characters")
