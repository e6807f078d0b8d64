#!/usr/bin/env bash
# Installs the official clients into a folder, for tests/it/official.rs.
# PREFAB_OFFICIAL_VERSIONS lists the versions for the table of `prefab doctor`: "python:0.10.7 node:0.4.2".
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder/node"
python3 -m venv "$folder/py"
"$folder/py/bin/pip" install --quiet prefab-cloud-python openfeature-sdk==0.10.0 openfeature-provider-ofrep==0.3.0
# Compares responses with OpenAPI documents. In an environment of its own, because it has many dependencies.
python3 -m venv "$folder/schemathesis"
"$folder/schemathesis/bin/pip" install --quiet schemathesis==4.32.5
# The SDKs of the successors, in environments of their own because their dependencies may conflict.
for package in reforge:sdk-reforge==1.2.2 quonfig:quonfig==2.1.0; do
  python3 -m venv "$folder/${package%%:*}"
  "$folder/${package%%:*}/bin/pip" install --quiet "${package#*:}"
done
cd "$folder/node"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-fund --no-audit @prefab-cloud/prefab-cloud-node @prefab-cloud/prefab-cloud-js @prefab-cloud/prefab
# The OpenFeature clients, in a folder of their own because two of them need different versions of one package.
mkdir -p "$folder/openfeature"
cd "$folder/openfeature"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-fund --no-audit --legacy-peer-deps @openfeature/server-sdk@1.23.0 @openfeature/core \
  @openfeature/ofrep-core@0.1.4 @openfeature/ofrep-provider@0.1.3 @openfeature/web-sdk@1.10.0 \
  @openfeature/ofrep-web-provider@0.4.3 eventsource esbuild
# Several versions, each in a folder of its own, for the table of `prefab doctor`. Some old versions do not declare protobuf.
for version in ${PREFAB_OFFICIAL_VERSIONS:-python:0.5.1 python:0.10.7 python:0.10.8 node:0.4.2}; do
  place="$folder/versions/${version/://}"
  [ -d "$place" ] && continue
  mkdir -p "$place"
  case $version in
    python:*) "$folder/py/bin/pip" install --quiet --target "$place" "prefab-cloud-python==${version#*:}" protobuf ;;
    node:*) (cd "$place" && npm init --yes >/dev/null && npm install --no-fund --no-audit "@prefab-cloud/prefab-cloud-node@${version#*:}") ;;
  esac
done
echo "export PREFAB_OFFICIAL_CLIENTS=$folder"
