#!/bin/sh
# OK when there is a backup that is younger than a day and a bit.
folder=$1
if [ -n "$(find "$folder" -type f -mmin -1600 2>/dev/null | head -n 1)" ]; then
  echo "CheckBackup OK: there is a fresh backup in $folder"
else
  echo "CheckBackup CRITICAL: no backup in $folder is younger than 26 hours"
  exit 2
fi
