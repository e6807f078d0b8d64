#!/usr/bin/env bash
# Sends generated requests to the OFREP routes of a running server, and compares all responses with a document.
# usage: ofrep.sh DOCUMENT URL SECONDS; needs schemathesis, or PREFAB_SCHEMATHESIS as its path. PREFAB_TEST_KEY is an API key,
# PREFAB_TEST_FLAGS a JSON list of existing keys.
set -euo pipefail
document=${1:?usage: ofrep.sh DOCUMENT URL SECONDS}
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH=$here SCHEMATHESIS_HOOKS=ofrep_hooks PYTHONDONTWRITEBYTECODE=1 NO_COLOR=1

exec "${PREFAB_SCHEMATHESIS:-schemathesis}" run "$document" --url "${2:?a URL}" --max-time "${3:?seconds}" --workers 1 \
  --phases examples,coverage,fuzzing --request-timeout 20 --suppress-health-check all --continue-on-failure --warnings off \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,errors_have_details
