#!/bin/bash
# The runtime of AWS's documentation for custom runtimes: every request is a curl process of its own.
set -euo pipefail
API="http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation"
while true; do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "$API/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  rm -f "$HEADERS"
  if [[ -n "${REQUEST_LOG:-}" ]]; then echo "$REQUEST_ID" >> "$REQUEST_LOG"; fi
  if [[ "$EVENT_DATA" == '"fail"' ]]; then
    curl -sS -o /dev/null "$API/$REQUEST_ID/error" -d '{"errorType":"HandlerError","errorMessage":"as asked"}'
  else
    curl -sS -o /dev/null "$API/$REQUEST_ID/response" --data-binary @- <<< "$EVENT_DATA"
  fi
done
