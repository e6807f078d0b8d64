#!/usr/bin/env bash
# Installs the official clients into a folder, for tests/it/official.rs.
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder/node"
python3 -m venv "$folder/py"
"$folder/py/bin/pip" install --quiet prefab-cloud-python
cd "$folder/node"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-fund --no-audit @prefab-cloud/prefab-cloud-node @prefab-cloud/prefab-cloud-js @prefab-cloud/prefab
echo "export PREFAB_OFFICIAL_CLIENTS=$folder"
