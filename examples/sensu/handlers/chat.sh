#!/bin/sh
# Says what it is given, once a line. With CHAT_URL set it posts; otherwise the chat is a file.
text=$(cat)
if [ -n "$CHAT_URL" ]; then
  curl --silent --show-error --max-time 5 --data-binary "$text" "$CHAT_URL"
else
  printf '%s\n' "$text" >>chat.log
  echo "said in chat.log"
fi
