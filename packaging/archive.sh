#!/bin/sh
# Creates the archive of a release and its checksum: archive.sh BINARY VERSION TARGET FOLDER
#
# The archive has the same content on every machine: sorted names, no owners, one time stamp.
set -eu

if [ $# -ne 4 ]; then
  echo "usage: archive.sh BINARY VERSION TARGET FOLDER" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
name=prefab-$2-$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$4" "$work/$name"
cp "$1" "$work/$name/"
cp "$here/../README.md" "$here/../LICENSE-MIT" "$here/../LICENSE-APACHE" "$work/$name/"
cp "$here/debian/prefab.service" "$here/debian/prefab.toml" "$work/$name/"
# A binary for another processor cannot write its own pages.
if "$1" --version > /dev/null 2>&1; then
  sh "$here/files.sh" "$1" "$work/files"
  cp -r "$work/files/man" "$work/files/completions" "$work/$name/"
fi
if tar --version 2> /dev/null | grep -q GNU; then
  set -- "$1" "$2" "$3" "$4" --sort=name --owner=0 --group=0 --numeric-owner "--mtime=@${SOURCE_DATE_EPOCH:-0}"
fi
folder=$4
shift 4
tar -C "$work" "$@" -cf - "$name" | gzip -9n > "$folder/$name.tar.gz"
cd "$folder"
if command -v sha256sum > /dev/null; then sha256sum "$name.tar.gz"; else shasum -a 256 "$name.tar.gz"; fi > "$name.tar.gz.sha256"
cat "$name.tar.gz.sha256"
