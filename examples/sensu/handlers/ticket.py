#!/usr/bin/env python3
"""Opens a ticket for a problem and closes it when it is over. Where tickets go stands in the settings."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "lib"))
from sensu_plugin import event, settings, summary

found = event()
ticket = settings().get("ticket")
if not ticket:
    print('no "ticket" section in the configuration')
    sys.exit(2)
verb = "close" if found["action"] == "resolve" else "open"
line = f"{ticket['project']} {verb} {found['id']} {found['client']['name']}/{found['check']['name']}: {summary(found)}"
with open(ticket["file"], "a", encoding="utf-8") as file:
    file.write(line + "\n")
print(line)
