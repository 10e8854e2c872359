#!/usr/bin/env bash
# Makes the files that compose.yaml gives to the containers as secrets; those that are there stay as they are.
#   ./make-secrets.sh [COMMAND...]
# COMMAND runs the silo program; without one it is run from the image.
set -euo pipefail
cd "$(dirname "$0")"
# The directory keeps others out. What is in it is readable for all, since the containers see it as it is, and have users of their own.
umask 022
mkdir -p secrets/access
chmod 700 secrets
chmod 755 secrets/access

silo=("$@")
if [ ${#silo[@]} -eq 0 ]; then
  silo=(docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/secrets:$PWD/secrets" orleans-tag-cache:0.1.0)
fi

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
key() { "${silo[@]}" keys create --namespace default --scopes "$1" --file "$PWD/secrets/access/keys.json" | tail -n 1; }
# The password in a connection string.
password() { sed -n 's/.*[Pp]assword=\([^;,]*\).*/\1/p' "$1"; }
redis_users() {
  local own
  own=$(password secrets/connection-string)
  [ -n "$own" ] && printf 'user default off\nuser tagcache on >%s ~* &* +@all\nuser health on >health -@all +ping\n' "$own"
}

# make FILE COMMAND...: what the command prints becomes the file, if it succeeds and the file is not there.
make() {
  [ -e "$1" ] || { "${@:2}" > "$1.new" && mv "$1.new" "$1"; }
}

make secrets/metrics-key key admin
make secrets/application-key key read,write,invalidate
make secrets/connection-string printf 'redis:6379,user=tagcache,password=%s\n' "$(random)"
make secrets/redis-users redis_users
make secrets/postgresql-connection-string printf 'Host=postgresql;Database=tagcache;Username=tagcache;Password=%s\n' "$(random)"
make secrets/postgresql-password password secrets/postgresql-connection-string
make secrets/grafana-password random
rm -f secrets/*.new
find secrets -type f -exec chmod 644 {} +
find secrets -type f
