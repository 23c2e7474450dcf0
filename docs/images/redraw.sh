#!/bin/sh
# Takes the pictures of the report that the README shows: docs/images/redraw.sh [REPORT.html]
# Needs Chromium (Debian: apt-get install chromium) and a report, by default that of `make demo`.
set -eu
cd "$(dirname "$0")"
report=$(realpath "${1:-../../demo/report.html}")
take() {  # file, colour scheme (0 dark, 1 light)
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1280,1480 \
        --blink-settings=preferredColorScheme="$2" --screenshot="$PWD/$1" "file://$report"
}
take report.png 1
take report-dark.png 0
