#!/usr/bin/env bash
# Seeded faults: each patch here breaks one thing in a copy of the tree, and the test named in its first line
# must fail. ./run.sh [NUMBER...] tries these, or all, one at a time; nothing of the tree itself is touched.
# The copy is left in $SCRATCH, if that is set, and used again. Exit code: how many were not caught.
# Each try adds a line to $SCRATCH/tried.txt; tried.txt beside this file has the last try of each.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=${SCRATCH:-$(mktemp -d)}
commit=$(git -C "$root" rev-parse --short=7 HEAD)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

mkdir -p "$scratch/sound"
(cd "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$scratch"
if [ -d "$root/artifacts/feed" ]; then
  mkdir -p "$scratch/artifacts" && cp -r "$root/artifacts/feed" "$scratch/artifacts/"
fi
cd "$scratch" || exit 99
here=$scratch/tests/Faults
tests=artifacts/bin/Tests/debug
core=artifacts/bin/Core/debug/SipFun.Core.dll
facade=artifacts/bin/CSharpApi/debug/SipFun.dll

# Only the project that a patch changes is built again; the other's assembly is the sound one.
# A fault may leave a name unused.
rebuild() {
  local project=src/Core.fsproj built=$core
  if [[ $1 = src/CSharpApi/* ]]; then project=src/CSharpApi/CSharpApi.csproj built=$facade; fi
  dotnet build "$project" --no-restore -v quiet -p:TreatWarningsAsErrors=false >build.log 2>&1 &&
    cp sound/*.dll "$tests/" && cp "$built" "$tests/"
}

echo "Building $scratch"
dotnet build tests/Tests.fsproj -v quiet >build.log 2>&1 || { tail -20 build.log; exit 98; }
cp "$core" "$facade" sound/

caught=0
missed=0
for patch in "$here"/*.patch; do
  name=$(basename "$patch" .patch)
  if [ $# -gt 0 ] && [[ " $* " != *" ${name%%-*} "* ]]; then continue; fi
  named=$(sed -n '1s/^test: //p' "$patch")
  file=$(sed -n 's|^+++ b/||p' "$patch")
  log=$name.log
  cp "$file" original
  if ! patch -p1 -s -F3 --no-backup-if-mismatch <"$patch" >/dev/null 2>&1; then
    verdict="no longer applies"
  elif ! rebuild "$file"; then
    verdict="does not build"
  else
    timeout 600 dotnet "$tests/SipFun.Tests.dll" --filter "$named" >"$log" 2>&1
    code=$?
    failing=$(sed -n 's/^.* ERR\] \(SipFun\..*\) \(failed\|errored\) in .*/\1/p' "$log" | head -1)
    if grep -q "^Tests: 0 passed, 0 failed" "$log"; then
      verdict="no test is named so"
    elif [ $code = 0 ]; then
      verdict="survived"
    elif [ -n "$failing" ]; then
      verdict="caught by $failing"
    else
      verdict="ended with $code and no test that failed"
    fi
  fi
  rm -f "$file.rej"
  cp original "$file" && touch "$file"
  echo "$name: $verdict"
  echo "$name $commit $verdict" >>tried.txt
  if [[ $verdict = caught* ]]; then caught=$((caught + 1)); else missed=$((missed + 1)); fi
done
echo "$caught faults caught, $missed not"
exit "$missed"
