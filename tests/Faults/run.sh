#!/usr/bin/env bash
# Seeded faults: each patch here breaks one thing in a copy of the tree, and the test named in its first line
# must fail. ./run.sh [NUMBER...] tries these, or all, one at a time; nothing of the tree itself is touched.
# The copy is left in $SCRATCH, if that is set, and used again. Exit code: how many were not caught.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=${SCRATCH:-$(mktemp -d)}
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 MSBUILDDISABLENODEREUSE=1

mkdir -p "$scratch"
(cd "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$scratch"
if [ -d "$root/artifacts/feed" ]; then
  mkdir -p "$scratch/artifacts" && cp -r "$root/artifacts/feed" "$scratch/artifacts/"
fi
cd "$scratch" || exit 99
here=$scratch/tests/Faults
tests=artifacts/bin/Tests/debug

# A fault may leave a name unused. Only what a patch can change is built again: the core, the facade, and their way into the tests' folder.
rebuild() {
  dotnet build src/CSharpApi/CSharpApi.csproj -v quiet -p:TreatWarningsAsErrors=false >"$scratch/build.log" 2>&1 &&
    cp artifacts/bin/Core/debug/SipFun.Core.dll artifacts/bin/CSharpApi/debug/SipFun.dll "$tests/"
}

echo "Building $scratch"
dotnet build tests/Tests.fsproj -v quiet >build.log 2>&1 || { tail -20 build.log; exit 98; }

caught=0
missed=0
for patch in "$here"/*.patch; do
  name=$(basename "$patch" .patch)
  if [ $# -gt 0 ] && [[ " $* " != *" ${name%%-*} "* ]]; then continue; fi
  named=$(sed -n '1s/^test: //p' "$patch")
  file=$(sed -n 's|^+++ b/||p' "$patch")
  cp "$file" "$scratch/original"
  if ! patch -p1 -s -F3 --no-backup-if-mismatch <"$patch" >/dev/null 2>&1; then
    verdict="no longer applies"
  elif ! rebuild; then
    verdict="does not build"
  else
    timeout 600 dotnet "$tests/SipFun.Tests.dll" --filter "$named" >"$scratch/$name.log" 2>&1
    code=$?
    if grep -q "^Tests: 0 passed, 0 failed" "$scratch/$name.log"; then
      verdict="no test is named so"
    elif [ $code = 0 ]; then
      verdict="survived"
    else
      verdict="caught"
    fi
  fi
  rm -f "$file.rej"
  cp "$scratch/original" "$file" && touch "$file"
  echo "$name: $verdict ($named)"
  if [ "$verdict" = caught ]; then caught=$((caught + 1)); else missed=$((missed + 1)); fi
done
echo "$caught faults caught, $missed not"
exit "$missed"
