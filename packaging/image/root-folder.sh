#!/bin/sh
# Creates the files of the image from a binary: root-folder.sh BINARY FOLDER
#
# FOLDER/root has the binary, the CA certificates and the names of the users, and FOLDER/data is the empty data folder. A
# static binary needs no more. For a dynamic one, its libraries are copied, too, so that the image can be tried on a machine
# without a musl toolchain.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: root-folder.sh BINARY FOLDER" >&2
  exit 2
fi
binary=$1
root=$2/root
certificates=/etc/ssl/certs/ca-certificates.crt

rm -rf "$2"
mkdir -p "$root/usr/bin" "$root/etc/ssl/certs" "$2/data"
chmod 700 "$2/data"
cp "$binary" "$root/usr/bin/prefab"
chmod 755 "$root/usr/bin/prefab"
# Only for requests to other servers, such as a PostgreSQL server with a certificate of a public authority.
if [ -f "$certificates" ]; then
  cp "$certificates" "$root/etc/ssl/certs/"
fi
printf 'root:x:0:0:root:/:/\nprefab:x:65532:65532:prefab:/data:/\n' > "$root/etc/passwd"
printf 'root:x:0:\nprefab:x:65532:\n' > "$root/etc/group"

# `ldd` fails for a static binary, and prints one line per library for a dynamic one.
if libraries=$(ldd "$binary" 2>/dev/null); then
  echo "$libraries" | grep -o '/[^ ]*' | while read -r library; do
    [ -f "$library" ] || continue
    mkdir -p "$root$(dirname "$library")"
    cp "$library" "$root$library"
  done
fi
