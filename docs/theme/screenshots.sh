#!/usr/bin/env bash
# Takes screenshots of the built site at 400 and 1280 px, light and dark: mdbook build docs && docs/theme/screenshots.sh
# The pictures are in target/site-screenshots. Needs Chromium; CHROMIUM names another binary.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=target/site-screenshots
mkdir -p "$out"
# shellcheck disable=SC2048
for page in ${*:-index tutorial concepts configuration command log-levels reference/cli reference/http-api limits migrate/launchdarkly architecture}; do
  for width in 400 1280; do
    for theme in light dark; do
      scheme=$([[ $theme == dark ]] && echo 0 || echo 1)
      # A frame of the exact width, since Chromium's window cannot be as narrow as a phone.
      frame=$out/frame.html
      echo "<body style='margin:0'><iframe src='../site/$page.html' style='border:0;width:${width}px;height:1000px'></iframe>" >"$frame"
      "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --hide-scrollbars --allow-file-access-from-files \
        --blink-settings=preferredColorScheme=$scheme --window-size="$((width < 500 ? 500 : width)),1000" \
        --virtual-time-budget=5000 --screenshot="$out/${page//\//-}-$width-$theme.png" "file://$PWD/$frame" 2>/dev/null
    done
  done
done
rm -f "$out/frame.html"
ls "$out"
