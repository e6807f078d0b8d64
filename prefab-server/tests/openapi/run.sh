#!/usr/bin/env bash
# Asks a running server everything that its document allows, and much that it does not.
# usage: run.sh URL ADMIN_KEY [EXAMPLES]; needs schemathesis, or PREFAB_SCHEMATHESIS as its path.
set -euo pipefail
export PREFAB_TEST_URL=${1:?usage: run.sh URL ADMIN_KEY [EXAMPLES]} PREFAB_TEST_KEY=${2:?an admin key} NO_COLOR=1
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH=$here SCHEMATHESIS_HOOKS=hooks PYTHONDONTWRITEBYTECODE=1

put() {
  curl -sS --fail-with-body -o /dev/null -u "u:$PREFAB_TEST_KEY" "$PREFAB_TEST_URL/api/manage/v1/projects/1/items" -d "$1"
}
put '{"item": {"key": "text", "type": "config", "valueType": "string", "default": {"rules": [{"value": {"type": "string", "value": "a"}}]}}}'
put '{"item": {"key": "flag", "type": "feature_flag", "valueType": "bool", "default": {"rules": [{"value": {"type": "bool", "value": true}}]}}}'
put '{"item": {"key": "segment", "type": "segment", "default": {"rules": [{"value": {"type": "bool", "value": true}}]}}}'
put '{"item": {"key": "log-level.app", "type": "log_level_v2", "default": {"rules": [{"value": {"type": "log_level", "value": "INFO"}}]}}}'
put '{"item": {"key": "secret-key", "type": "config", "valueType": "string", "default": {"rules": [{"value": {"type": "provided", "value": {"source": "ENV_VAR", "lookup": "KEY"}}}]}}}'

# Streams of events do not end, and are tested by hand.
exec "${PREFAB_SCHEMATHESIS:-schemathesis}" run "$PREFAB_TEST_URL/api/manage/v1/openapi.json" \
  --auth "u:$PREFAB_TEST_KEY" --exclude-path-regex '/events$' --max-examples "${3:-20}" --workers 1 \
  --phases examples,coverage,fuzzing --request-timeout 20 --suppress-health-check all --continue-on-failure \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,refused_requests_change_nothing
