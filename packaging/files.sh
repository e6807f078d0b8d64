#!/bin/sh
# Writes the manual pages and the shell completions that packages contain: files.sh BINARY FOLDER
#
# They come from the command itself, so the binary must run on this machine.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: files.sh BINARY FOLDER" >&2
  exit 2
fi
rm -rf "$2"
mkdir -p "$2/completions"
"$1" man "$2/man"
"$1" completions bash > "$2/completions/prefab"
"$1" completions zsh > "$2/completions/_prefab"
"$1" completions fish > "$2/completions/prefab.fish"
