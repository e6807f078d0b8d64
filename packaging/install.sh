#!/bin/sh
# Installs the command `prefab` from a release, without root:
#
#   sh install.sh                    the latest release, into ~/.local/bin
#   sh install.sh 0.2.0 /usr/local   a version, into /usr/local/bin
#
# The archive is downloaded over https and its SHA-256 checksum is compared before anything is installed.
# PREFAB_DOWNLOAD_URL replaces the folder of the releases, for a mirror.
set -eu

fail() {
  echo "install.sh: $1" >&2
  exit 1
}

download() { # URL FILE
  if command -v curl > /dev/null; then
    curl --fail --location --silent --show-error --proto '=https,http' --output "$2" "$1"
  elif command -v wget > /dev/null; then
    wget --quiet --output-document "$2" "$1"
  else
    fail "curl or wget is needed"
  fi
}

main() {
  base=${PREFAB_DOWNLOAD_URL:-https://github.com/OWNER/prefab-rs/releases/download}
  prefix=${2:-$HOME/.local}
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) target=x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
    Darwin-x86_64) target=x86_64-apple-darwin ;;
    Darwin-arm64) target=aarch64-apple-darwin ;;
    *) fail "there is no binary for $(uname -s) on $(uname -m); build it with: cargo install --locked prefab-cli" ;;
  esac

  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  version=${1:-}
  if [ -z "$version" ]; then
    download "${base%/download}/latest/download/version.txt" "$work/version"
    version=$(cat "$work/version")
  fi
  case $version in
    *[!0-9A-Za-z.-]* | '') fail "not a version: $version" ;;
  esac

  name=prefab-$version-$target
  download "$base/v$version/$name.tar.gz" "$work/$name.tar.gz"
  download "$base/v$version/$name.tar.gz.sha256" "$work/$name.tar.gz.sha256"
  # Only the checksum counts: the file could name other files.
  expected=$(cut -d ' ' -f 1 "$work/$name.tar.gz.sha256")
  if command -v sha256sum > /dev/null; then
    actual=$(sha256sum "$work/$name.tar.gz" | cut -d ' ' -f 1)
  else
    actual=$(shasum -a 256 "$work/$name.tar.gz" | cut -d ' ' -f 1)
  fi
  [ "$expected" = "$actual" ] || fail "the checksum of $name.tar.gz is $actual, not $expected; nothing was installed"

  tar -xzf "$work/$name.tar.gz" -C "$work"
  mkdir -p "$prefix/bin"
  # A rename, so that a running server keeps its file.
  cp "$work/$name/prefab" "$prefix/bin/.prefab.new"
  chmod 755 "$prefix/bin/.prefab.new"
  mv "$prefix/bin/.prefab.new" "$prefix/bin/prefab"
  if [ -d "$work/$name/man" ]; then
    mkdir -p "$prefix/share/man/man1"
    cp "$work/$name/man/"*.1 "$prefix/share/man/man1/"
  fi
  echo "installed $("$prefix/bin/prefab" --version) in $prefix/bin"
  case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) echo "add it to your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
  esac
}

# At the end, so that a download of this script that was cut does nothing.
main "$@"
