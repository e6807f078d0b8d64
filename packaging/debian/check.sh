#!/bin/sh
# Installs the package in a fresh Debian, starts the server as the service does, and upgrades it: check.sh PACKAGE.deb
#
# The Debian is made by debootstrap in a temporary folder. PREFAB_DEBIAN_ROOT names an existing one, which is changed.
# Nothing is installed on this machine. Needs root and debootstrap.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: check.sh PACKAGE.deb" >&2
  exit 2
fi
port=${PREFAB_CHECK_PORT:-18743}
work=$(mktemp -d)
server=
# shellcheck disable=SC2329
clean() {
  [ -z "$server" ] || kill "$server" 2> /dev/null || true
  umount "$root/proc" 2> /dev/null || true
  rm -rf "$work"
}
root=${PREFAB_DEBIAN_ROOT:-$work/root}
trap clean EXIT

fail() {
  echo "check.sh: $1" >&2
  [ ! -f "$work/log" ] || cat "$work/log" >&2
  exit 1
}

inside() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot "$root" "$@"
}

# The command of the service, as its user and in its folder. The started process becomes the server.
serve() {
  unit=$root/usr/lib/systemd/system/prefab.service
  [ -f "$unit" ] || unit=$root/lib/systemd/system/prefab.service
  command=$(sed -n 's/^ExecStart=//p' "$unit")
  # shellcheck disable=SC2016
  exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin PREFAB_SERVER_LISTEN="127.0.0.1:$port" chroot "$root" \
    setpriv --reuid prefab --regid prefab --init-groups --no-new-privs --bounding-set=-all \
    sh -c "umask 077; cd /var/lib/prefab && exec $command"
}

start() {
  serve > "$work/out" 2> "$work/log" &
  server=$!
  for _ in $(seq 100); do
    inside prefab healthcheck --url "http://127.0.0.1:$port" 2> /dev/null && return
    sleep 0.1
  done
  fail "the server is not healthy"
}

stop() {
  kill -TERM "$server"
  wait "$server" || fail "the server ended with an error"
  server=
}

[ -d "$root/etc" ] || debootstrap --variant=minbase --include=systemd,ca-certificates stable "$root" > "$work/debootstrap" \
  || fail "debootstrap failed"
mount -t proc proc "$root/proc"

cp "$1" "$root/tmp/prefab.deb"
inside dpkg --install /tmp/prefab.deb > "$work/dpkg" 2>&1 || { cat "$work/dpkg"; fail "not installed"; }
[ "$(inside stat -c '%U %a' /var/lib/prefab)" = "prefab 700" ] || fail "/var/lib/prefab: $(inside stat -c '%U %a' /var/lib/prefab)"
[ "$(inside stat -c '%G %a' /etc/prefab/prefab.toml)" = "prefab 640" ] || fail "/etc/prefab/prefab.toml is not private"
inside prefab serve --config /etc/prefab/prefab.toml --check-config > "$work/settings" || fail "the settings are invalid"
grep -q '/etc/prefab/prefab.toml:' "$work/settings" || fail "no setting comes from the file"
for file in man/man1/prefab-serve.1.gz bash-completion/completions/prefab; do
  [ -s "$root/usr/share/$file" ] || fail "/usr/share/$file is missing"
done
[ -L "$root/etc/systemd/system/multi-user.target.wants/prefab.service" ] || fail "the service is not enabled"

start
admin=$(grep -o '[^ ]*-ADMIN-[0-9a-f]*' "$work/out" | head -n 1)
inside prefab create new-checkout --type flag --value true --url "http://127.0.0.1:$port" --api-key "$admin" > "$work/created"
stop

# The same package with a higher version, and a setting that was changed by hand.
echo '#audit-days = 30' >> "$root/etc/prefab/prefab.toml"
dpkg-deb --raw-extract "$1" "$work/next"
sed -i 's/^Version: .*/&.next/' "$work/next/DEBIAN/control"
dpkg-deb --root-owner-group --build "$work/next" "$root/tmp/next.deb" > "$work/dpkg"
inside dpkg --install /tmp/next.deb > "$work/dpkg" 2>&1 || { cat "$work/dpkg"; fail "not upgraded"; }
inside dpkg-query --show prefab
grep -q audit-days "$root/etc/prefab/prefab.toml" || fail "the upgrade replaced the settings"
start
inside prefab info new-checkout --url "http://127.0.0.1:$port" --api-key "$admin" | grep -q true \
  || fail "the upgrade lost the flag"
stop

inside dpkg --purge prefab > "$work/dpkg" 2>&1 || { cat "$work/dpkg"; fail "not removed"; }
[ -f "$root/var/lib/prefab/prefab.db" ] || fail "the removal deleted the data"
[ ! -e "$root/etc/prefab/prefab.toml" ] || fail "the removal kept the settings"
echo "installed, started, upgraded with its data, and removed"
