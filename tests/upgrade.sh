#!/usr/bin/env bash
# A rolling upgrade of real processes, from an earlier version to this one and back, under the load and the checker of tests/Faults. About 10 minutes on two cores; needs redis-server.
#
#   tests/upgrade.sh [REFERENCE] [options of `run`, such as --seed 2 --standbys 1 --keep true]
#
# REFERENCE is what Git calls the earlier version: a tag, a branch, a commit. Without it: the newest tag before this commit, or else the first commit of which versions are told to be
# compatible. The earlier version is built beside, in a folder that is removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; then
  reference=$1
  shift
else
  reference=$(git describe --tags --abbrev=0 --match 'v*' HEAD^ 2>/dev/null || echo feea354)
fi

beside=$(mktemp -d)
trap 'git worktree remove --force "$beside/source" 2>/dev/null || true; rm -rf "$beside"' EXIT
git worktree add --quiet --detach "$beside/source" "$reference"
echo "From $(git -C "$beside/source" log -1 --format='%h %s') to $(git describe --always --dirty)"
dotnet build -c Release -v q -nologo -p:RunAnalyzers=false -o "$beside/old" "$beside/source/tests/Faults"
dotnet build -c Release -v q -nologo -p:RunAnalyzers=false tests/Faults
dotnet tests/Faults/bin/Release/net10.0/OrleansTagCache.Faults.dll run --plan upgrade --old "$beside/old" --verbose true "$@"
