#!/bin/sh
# Notes which machines came and went.
cat >>inventory.log
