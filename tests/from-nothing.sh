#!/usr/bin/env bash
# Runs the commands of docs/how-to/from-nothing.md as they are written, and checks what the application says. It needs root and a machine to spare: it makes a database, a network
# namespace, and folders in /etc and /opt, and takes them away again.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/how-to/from-nothing.md
commands=$(sed -n '/^```bash$/,/^```$/p' "$page" | grep -v '^```')
said=$(mktemp)

clean_up() {
  kill $(jobs -p) 2>/dev/null || true
  wait 2>/dev/null || true
  ip netns delete shop 2>/dev/null || true
  ip link delete silos 2>/dev/null || true
  runuser -u postgres -- psql -q -c 'DROP DATABASE IF EXISTS tagcache WITH (FORCE)' -c 'DROP ROLE IF EXISTS tagcache' 2>/dev/null || true
  rm -rf /etc/orleans-tag-cache /opt/orleans-tag-cache /opt/shop "$said"
}
trap clean_up EXIT

begun=$SECONDS
eval "$commands" > >(tee "$said") 2>&1
took=$((SECONDS - begun))
prices=$(grep -o 'The price is [0-9]*' "$said" | tr '\n' ',')
[ "$prices" = 'The price is 100,The price is 100,The price is 200,' ] || { echo "The application said: $prices"; exit 1; }
grep -q '"serving":3' "$said" || { echo 'Not all silos served.'; exit 1; }
echo "The page works as written, in $took s."
