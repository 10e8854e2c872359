#!/usr/bin/env bash
# Publishes tests/Trimmed, a client that is trimmed, and runs it against a silo of this repository. A few minutes; the first time it restores the runtime that is trimmed.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

work=$(mktemp -d)
silo=
clean_up() {
  [ -z "$silo" ] || kill "$silo" 2>/dev/null || true
  [ -z "$silo" ] || wait "$silo" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

dotnet build -v q -nologo -p:RunAnalyzers=false src/Silo
dotnet publish -v q -nologo -p:RunAnalyzers=false -o "$work/client" tests/Trimmed

urls=http://127.0.0.1:18733 TagCache__SiloPort=18731 TagCache__GatewayPort=18732 dotnet src/Silo/bin/Debug/net10.0/OrleansTagCache.Silo.dll > "$work/silo.log" 2>&1 &
silo=$!
timeout 120 bash -c 'until grep -q "is ready" "$0"; do kill -0 '"$silo"' || exit 1; sleep 0.2; done' "$work/silo.log" || { cat "$work/silo.log"; exit 1; }

timeout 120 "$work/client/OrleansTagCache.Trimmed" 18732 | tee "$work/said"
diff "$work/said" - <<'SAID'
City { Id = 1, Run = 1 }, City { Id = 1, Run = 1 }, stored: True
City { Id = 1, Run = 2 }
SAID
echo "The trimmed client said what it should: $(du -sh "$work/client" | cut -f1)."
