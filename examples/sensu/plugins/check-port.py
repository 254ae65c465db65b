#!/usr/bin/env python3
"""OK when a TCP port accepts a connection."""
import argparse
import socket
import sys

arguments = argparse.ArgumentParser()
arguments.add_argument("--host", required=True)
arguments.add_argument("--port", type=int, required=True)
given = arguments.parse_args()
try:
    socket.create_connection((given.host, given.port), timeout=2).close()
except OSError as error:
    print(f"CheckPort CRITICAL: {given.host}:{given.port}: {error}")
    sys.exit(2)
print(f"CheckPort OK: {given.host}:{given.port}")
