#!/usr/bin/env bash
# Installs the browser driver and the type checker into a folder, for prefab-cli/tests/it/page.rs and
# `cargo xtask page-types`. Chromium comes from a system package.
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-fund --no-audit playwright-core axe-core typescript@7 @types/node
echo "export PREFAB_BROWSER_TESTS=$folder"
