#!/usr/bin/env bash
# Runs the commands of docs/how-to/from-nothing.md as they are written, and checks what the application says. It needs root and a machine to spare: it makes a database, a network
# namespace, and folders in /etc and /opt, and takes them away again. Where one of these exists already, it touches nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/how-to/from-nothing.md
folders=(/etc/orleans-tag-cache /opt/orleans-tag-cache /opt/shop)

postgres() { runuser -u postgres -- psql -qtA "$@"; }

refuse() { echo "$1 exists already, and this would remove it."; exit 1; }
for folder in "${folders[@]}"; do
  [ ! -e "$folder" ] || refuse "$folder"
done
for link in silos shop; do
  [ ! -e "/run/netns/$link" ] && [ ! -e "/sys/class/net/$link" ] || refuse "The network $link"
done
if command -v psql > /dev/null; then
  # A server that is stopped has its databases all the same.
  service postgresql start > /dev/null
  timeout 30 bash -c 'until runuser -u postgres -- pg_isready -q; do sleep 0.2; done'
  there=$(postgres -c "SELECT 'The database ' || datname FROM pg_database WHERE datname = 'tagcache' UNION SELECT 'The role ' || rolname FROM pg_roles WHERE rolname = 'tagcache'")
  [ -z "$there" ] || refuse "$(echo "$there" | tail -n 1)"
fi

work=$(mktemp -d)
running=
clean_up() {
  # The page's shell, with its silos: a process group of its own. They hand over to each other before they end.
  if [ -n "$running" ]; then
    kill -- "-$running" 2> /dev/null || true
    timeout 60 bash -c 'while kill -0 -- "-$0" 2> /dev/null; do sleep 0.2; done' "$running" || kill -KILL -- "-$running" 2> /dev/null || true
  fi
  ip netns delete shop 2> /dev/null || true
  ip link delete silos 2> /dev/null || true
  postgres -c 'DROP DATABASE IF EXISTS tagcache WITH (FORCE)' -c 'DROP ROLE IF EXISTS tagcache' 2> /dev/null || true
  rm -rf "${folders[@]}" "$work"
}
trap clean_up EXIT

{ echo 'set -euo pipefail'; sed -n '/^```bash$/,/^```$/p' "$page" | grep -v '^```'; } > "$work/commands"
begun=$SECONDS
status=0
set -m
timeout --kill-after=10 "${LIMIT:-600}" bash "$work/commands" > "$work/said" 2>&1 &
running=$!
set +m
wait "$running" || status=$?
took=$((SECONDS - begun))
cat "$work/said"
[ "$status" -eq 0 ] || { echo "The commands ended with $status, after $took s."; exit 1; }
prices=$(grep -o 'The price is [0-9]*' "$work/said" | tr '\n' ',')
[ "$prices" = 'The price is 100,The price is 100,The price is 200,' ] || { echo "The application said: $prices"; exit 1; }
grep -q '"serving":3' "$work/said" || { echo 'Not all silos served.'; exit 1; }
echo "The page works as written, in $took s."
