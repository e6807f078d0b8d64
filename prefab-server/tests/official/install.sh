#!/usr/bin/env bash
# Installs the official clients into a folder, for tests/it/official.rs.
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder/node"
python3 -m venv "$folder/py"
"$folder/py/bin/pip" install --quiet prefab-cloud-python openfeature-sdk==0.10.0 openfeature-provider-ofrep==0.3.0
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
  @openfeature/ofrep-web-provider@0.4.3 eventsource
echo "export PREFAB_OFFICIAL_CLIENTS=$folder"
