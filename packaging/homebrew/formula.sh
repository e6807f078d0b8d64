#!/bin/sh
# Prints the Homebrew formula of a release: formula.sh VERSION FOLDER
#
# FOLDER has the checksums of the archives, as archive.sh writes them.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: formula.sh VERSION FOLDER" >&2
  exit 2
fi
version=$1
folder=$2
base=https://github.com/OWNER/prefab-rs/releases/download/v$version

block() { # SYSTEM PROCESSOR TARGET
  file=prefab-$version-$3.tar.gz
  sum=$(cut -d ' ' -f 1 "$folder/$file.sha256")
  cat << EOF
  on_$1 do
    on_$2 do
      url "$base/$file"
      sha256 "$sum"
    end
  end

EOF
}

cat << EOF
class Prefab < Formula
  desc "Server and command for dynamic configuration, feature flags and log levels"
  homepage "https://github.com/OWNER/prefab-rs"
  version "$version"
  license any_of: ["MIT", "Apache-2.0"]

EOF
block macos arm aarch64-apple-darwin
block macos intel x86_64-apple-darwin
block linux arm aarch64-unknown-linux-musl
block linux intel x86_64-unknown-linux-musl
cat << 'EOF'
  def install
    bin.install "prefab"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/prefab"
    zsh_completion.install "completions/_prefab"
    fish_completion.install "completions/prefab.fish"
  end

  service do
    run [opt_bin/"prefab", "serve", "--data-dir", var/"prefab"]
    keep_alive true
    working_dir var
    log_path var/"log/prefab.log"
    error_log_path var/"log/prefab.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/prefab --version")
    system bin/"prefab", "serve", "--check-config"
  end
end
EOF
