#!/usr/bin/env bash
# Installs what drives a browser into a folder, for prefab-cli/tests/page.rs. Chromium itself is a package of the system.
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-fund --no-audit playwright-core axe-core
echo "export PREFAB_BROWSER_TESTS=$folder"
