#!/usr/bin/env bash
# Publishes the silo program as an image and runs it as a container would: as its user, on a read-only root, in namespaces of its own, with the image's environment and nothing else.
# It needs no Docker and nothing from outside: the base image is made from this machine's runtime and the libraries that it needs, and served by a registry on loopback. Microsoft's image, which
# the project names, takes its place in a real build. As root, on Debian: apt-get install docker-registry jq curl iproute2
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

for program in docker-registry jq curl ip unshare; do
  command -v "$program" >/dev/null || { echo "$program is missing: apt-get install docker-registry jq curl iproute2 util-linux"; exit 1; }
done

step() { printf '\n== %s\n' "$*"; }
work=$(mktemp -d)
registry=
finish() {
  [ -z "$registry" ] || kill "$registry" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

step "a base image"
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
base=$work/base
version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.AspNetCore.App" && $2 ~ /^10\./ { print $2 }' | tail -n 1)
mkdir -p "$base"/{usr/bin,usr/share/dotnet/shared,etc/ssl/certs,proc,dev,tmp,app,home/app}
cp "$dotnet/dotnet" "$base/usr/share/dotnet/"
ln -s ../share/dotnet/dotnet "$base/usr/bin/dotnet"
mkdir -p "$base/usr/share/dotnet/host/fxr"
cp -r "$dotnet/host/fxr/$version" "$base/usr/share/dotnet/host/fxr/"
for part in Microsoft.NETCore.App Microsoft.AspNetCore.App; do
  mkdir "$base/usr/share/dotnet/shared/$part"
  cp -r "$dotnet/shared/$part/$version" "$base/usr/share/dotnet/shared/$part/"
done
# The libraries that the runtime is linked with, and those of OpenSSL, which it loads by name.
find "$base/usr/share/dotnet" -name '*.so' -o -name dotnet -type f | xargs ldd 2>/dev/null | grep -o '/[^ ]*\.so[^ ]*' | sort -u > "$work/libraries"
ldconfig -p | grep -E 'lib(ssl|crypto)\.so\.3 ' | grep -o '/[^ ]*$' >> "$work/libraries"
grep -v "^$base" "$work/libraries" | sort -u | while read -r library; do
  mkdir -p "$base$(dirname "$library")"
  cp -L "$library" "$base$library"
done
printf 'root:x:0:0::/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n' > "$base/etc/passwd"
printf 'root:x:0:\napp:x:1654:\n' > "$base/etc/group"
tar -C "$base" --owner=0 --group=0 --numeric-owner -cf "$work/base.tar" .
gzip -1 -k "$work/base.tar"

step "a registry on loopback"
port=$((20000 + RANDOM % 10000))
cat > "$work/registry.yml" <<EOF
version: 0.1
log: { level: error }
storage: { filesystem: { rootdirectory: $work/registry } }
http: { addr: 127.0.0.1:$port }
EOF
docker-registry serve "$work/registry.yml" > "$work/registry.log" 2>&1 &
registry=$!
at=http://127.0.0.1:$port/v2
curl -sf --retry 30 --retry-delay 1 --retry-connrefused -o /dev/null "$at/"

digest() { echo "sha256:$(sha256sum "$1" | cut -d' ' -f1)"; }
push_blob() {
  local place
  place=$(curl -sf -X POST -D - -o /dev/null "$at/aspnet/blobs/uploads/" | tr -d '\r' | awk 'tolower($1) == "location:" { print $2 }')
  curl -sf -X PUT -H 'Content-Type: application/octet-stream' --data-binary @"$1" -o /dev/null "$place&digest=$(digest "$1")"
}
# What Microsoft's image says of itself.
jq -n --arg layer "$(digest "$work/base.tar")" '{ architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [$layer] }, history: [],
  config: { User: "1654", Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "APP_UID=1654", "ASPNETCORE_HTTP_PORTS=8080", "DOTNET_RUNNING_IN_CONTAINER=true"] } }' > "$work/config.json"
push_blob "$work/base.tar.gz"
push_blob "$work/config.json"
kind=application/vnd.docker
jq -n --arg kind "$kind" --arg config "$(digest "$work/config.json")" --arg layer "$(digest "$work/base.tar.gz")" \
  --argjson configSize "$(stat -c %s "$work/config.json")" --argjson layerSize "$(stat -c %s "$work/base.tar.gz")" \
  '{ schemaVersion: 2, mediaType: "\($kind).distribution.manifest.v2+json",
     config: { mediaType: "\($kind).container.image.v1+json", digest: $config, size: $configSize },
     layers: [{ mediaType: "\($kind).image.rootfs.diff.tar.gzip", digest: $layer, size: $layerSize }] }' > "$work/manifest.json"
curl -sf -X PUT -H "Content-Type: $kind.distribution.manifest.v2+json" --data-binary @"$work/manifest.json" -o /dev/null "$at/aspnet/manifests/10.0"

step "publish"
DOTNET_CONTAINER_INSECURE_REGISTRIES=127.0.0.1:$port dotnet publish src/Silo -c Release -v q -t:PublishContainer \
  -p:ContainerBaseImage="127.0.0.1:$port/aspnet:10.0" -p:ContainerImageTag=0.1.0 -p:ContainerArchiveOutputPath="$work/silo.tar.gz"

step "the image"
mkdir "$work/image" "$work/root"
tar -C "$work/image" -xf "$work/silo.tar.gz"
jq -e '.[0].RepoTags == ["orleans-tag-cache:0.1.0"]' "$work/image/manifest.json" > /dev/null
config=$work/image/$(jq -r '.[0].Config' "$work/image/manifest.json")
jq '.config | { User, Env, Entrypoint, Cmd, ExposedPorts, WorkingDir, Labels }' "$config"
size=0
for layer in $(jq -r '.[0].Layers[]' "$work/image/manifest.json"); do
  tar -C "$work/root" -xf "$work/image/$layer"
  bytes=$(stat -c %s "$work/image/$layer")
  size=$((size + bytes))
  echo "layer $(basename "$layer"): $((bytes / 1024)) KiB packed"
done
echo "own files: $(du -sk "$work/root/app" | cut -f1) KiB; all, packed: $((size / 1024)) KiB (the base is this machine's runtime)"
[ "$(jq -r '.config.User' "$config")" = 1654 ]
[ "$(jq -c '.config.ExposedPorts | keys' "$config")" = '["11111/tcp","30000/tcp","8080/tcp"]' ]

step "run it"
# The directory of the keys as the page makes it, with this program instead of a build.
page=docs/how-to/deploy-container.md
making=$(sed -n '/^```bash$/,/^docker run/p' "$page" | grep -v -e '^```' -e '^docker run' | sed "s|dotnet run --project src/Silo -- |$dotnet/dotnet $work/root/app/OrleansTagCache.Silo.dll |; s|--scopes [a-z,]* |--scopes read,write,admin |")
mount=$(grep -o -e '-v "$PWD/[^"]*:ro"' "$page" | sed 's|-v "$PWD/\(.*\):ro"|\1|')
mkdir "$work/user"
echo "$making"
(cd "$work/user" && umask 077 && eval "$making") | tail -n 1 > "$work/key"
mkdir -p "$work/root${mount#*:}"
cat > "$work/inside" <<'EOF'
set -euo pipefail
work=$1 config=$2 outside=$3 inside=$4
ip link set lo up
mount --bind "$work/root" "$work/root"
mount -t proc proc "$work/root/proc"
for device in null zero random urandom; do touch "$work/root/dev/$device"; mount --bind "/dev/$device" "$work/root/dev/$device"; done
mount -o remount,bind,ro "$work/root"
mount --bind "$work/user/$outside" "$work/root$inside"
mount -o remount,bind,ro "$work/root$inside"
mapfile -t environment < <(jq -r '.config.Env[]' "$config")
mapfile -t command < <(jq -r '(.config.Entrypoint // []) + (.config.Cmd // []) | .[]' "$config")
container() { (exec env -i "${environment[@]}" "$@"); }
as=(chroot --userspec=1654:1654 "$work/root")

echo "without keys:"
status=0
container "${as[@]}" "${command[@]}" > "$work/without.log" 2>&1 || status=$?
cat "$work/without.log"
[ "$status" -eq 2 ] && grep -q 'without API keys the silo listens on loopback only' "$work/without.log"

(exec env -i "${environment[@]}" HOME=/home/app TagCache__Access__File=/etc/tagcache/access/keys.json "${as[@]}" "${command[@]}") > "$work/silo.log" 2>&1 &
silo=$!
curl -sf --retry 60 --retry-delay 1 --retry-all-errors -o /dev/null http://127.0.0.1:8080/health/ready || { cat "$work/silo.log"; exit 1; }
grep -E '^Uid|^Gid|^Groups|^CapEff|^VmRSS' "/proc/$silo/status"
grep -qP '^Uid:\t1654\t' "/proc/$silo/status"
# As with --cap-drop ALL: it enters and reads what is mounted as its user may.
grep -qP '^CapEff:\t0+$' "/proc/$silo/status"
key="Authorization: Bearer $(cat "$work/key")"
curl -sf -X PUT -H "$key" -d hello "http://127.0.0.1:8080/v1/entry?key=greeting"
[ "$(curl -sf -H "$key" "http://127.0.0.1:8080/v1/entry?key=greeting")" = hello ]
curl -sf -H "$key" http://127.0.0.1:8080/metrics | grep -c '^tagcache_'
container "${as[@]}" dotnet /app/OrleansTagCache.Silo.dll health
kill -TERM "$silo"
wait "$silo"
cat "$work/silo.log"
! grep -iE 'read-only|permission denied|fail:|crit:|DataProtection' "$work/silo.log"
EOF
unshare --mount --net --pid --fork --mount-proc bash "$work/inside" "$work" "$config" "${mount%:*}" "${mount#*:}"
printf '\nThe image runs.\n'
