#!/bin/sh
# Starts the files of the image as the image does, without a container engine: check.sh BINARY [KIB]
#
# KIB is the size that the compressed files, which a registry sends, may have.
#
# The root folder is mounted read-only in a mount namespace of its own, with a data folder that belongs to a user without a
# name. The server must start without HOME and /proc, pass its own health check, answer with the value of a flag, keep it over
# a restart, and stop on SIGTERM. Needs root, unshare and curl.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
  echo "usage: check.sh BINARY [KIB]" >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
server=
# shellcheck disable=SC2329
clean() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap clean EXIT
port=${PREFAB_CHECK_PORT:-18742}
url=http://127.0.0.1:$port

"$here/root-folder.sh" "$1" "$work"
size=$(($(tar -C "$work/root" -cf - . | gzip -6 | wc -c) / 1024))
if [ "$size" -gt "${2:-$size}" ]; then
  echo "the image has $size KiB, more than $2" >&2
  exit 1
fi
mkdir "$work/root/data"
chown 12345:12345 "$work/data"

# Runs a program of the image. The process that is started becomes the program.
inside() {
  # shellcheck disable=SC2016
  exec env -i PREFAB_SERVER_LISTEN="127.0.0.1:$port" PREFAB_SERVER_DATA_DIR=/data PREFAB_URL="$url" \
    /usr/bin/unshare --mount /bin/sh -c '
      PATH=/usr/sbin:/usr/bin:/sbin:/bin
      mount --bind "$0/root" "$0/root" && mount --bind "$0/data" "$0/root/data" \
        && mount -o remount,bind,ro "$0/root" && exec chroot --userspec=12345:12345 --groups= "$0/root" "$@"
    ' "$work" "$@"
}

start() {
  (inside /usr/bin/prefab serve --json > "$work/started.json" 2> "$work/log") &
  server=$!
  for _ in $(seq 100); do
    (inside /usr/bin/prefab healthcheck 2> /dev/null) && return
    sleep 0.1
  done
  cat "$work/log" >&2
  exit 1
}

stop() {
  kill -TERM "$server"
  wait "$server" || { echo "the server ended with $?" >&2; exit 1; }
  server=
}

expect_flag() {
  found=$(curl --silent --user "u:$backend" --header 'content-type: application/json' \
    --data '{"context": {"targetingKey": "u-1"}}' "$url/ofrep/v1/evaluate/flags/new-checkout")
  case $found in
    *'"value":true'*) ;;
    *) echo "the flag is not true: $found" >&2; exit 1 ;;
  esac
}

start
key_of() { # KIND
  grep -o '{[^{}]*}' "$work/started.json" | grep "\"kind\":\"$1\"" | head -n 1 | sed 's/.*"key":"\([^"]*\)".*/\1/'
}
backend=$(key_of backend)
admin=$(key_of admin)
(inside /usr/bin/prefab create new-checkout --type flag --value true --url "$url" --api-key "$admin" > "$work/created")
expect_flag
stop
start
expect_flag
stop
echo "the image starts as user 12345 with a read-only root; $size KiB compressed"
