#!/usr/bin/env bash
# Installs what drives a browser, and what checks types, into a folder: for prefab-cli/tests/it/page.rs and for
# `cargo xtask page-types`. Chromium itself is a package of the system.
set -euo pipefail
folder=${1:?usage: install.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
[ -f package.json ] || npm init --yes >/dev/null
npm install --no-fund --no-audit playwright-core axe-core typescript@7 @types/node
echo "export PREFAB_BROWSER_TESTS=$folder"
