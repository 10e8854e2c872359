#!/usr/bin/env bash
# Makes the files that compose.yaml gives to the containers as secrets; those that are there stay as they are.
#   ./make-secrets.sh [COMMAND...]
# COMMAND runs the silo program; without one it is run from the image.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets/access
# The directory keeps others out. The files are readable for all, since the containers see them as they are, and have users of their own.
chmod 700 secrets
umask 022

silo=("$@")
if [ ${#silo[@]} -eq 0 ]; then
  silo=(docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/secrets:$PWD/secrets" orleans-tag-cache:0.1.0)
fi

random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
key() { "${silo[@]}" keys create "$@" --file "$PWD/secrets/access/keys.json" | tail -n 1; }

if [ ! -e secrets/access/keys.json ]; then
  key --namespace default --scopes admin > secrets/metrics-key
  key --namespace default --scopes read,write,invalidate > secrets/application-key
fi
if [ ! -e secrets/redis-users ]; then
  password=$(random)
  printf 'user default off\nuser tagcache on >%s ~* &* +@all\nuser health on >health -@all +ping\n' "$password" > secrets/redis-users
  printf 'redis:6379,user=tagcache,password=%s\n' "$password" > secrets/connection-string
fi
if [ ! -e secrets/postgresql-password ]; then
  password=$(random)
  printf '%s\n' "$password" > secrets/postgresql-password
  printf 'Host=postgresql;Database=tagcache;Username=tagcache;Password=%s\n' "$password" > secrets/postgresql-connection-string
fi
if [ ! -e secrets/grafana-password ]; then
  random > secrets/grafana-password
fi
find secrets -type f -exec chmod 644 {} +
find secrets -type f
