#!/usr/bin/env bash
# AFL++ on one target of Targets.fs: ./run.sh datagram|stream|uri|headers|digest|script|framer [SECONDS]. Needs afl-fuzz (apt: afl++); installs the
# tool that instruments SipFun.Core.dll into out/. Findings and statistics are left in out/.
set -eu
cd "$(dirname "$0")"
target=$1
seconds=${2:-600}
command -v afl-fuzz >/dev/null || { echo "afl-fuzz is not installed: apt-get install afl++"; exit 3; }
mkdir -p out
[ -x out/tool/sharpfuzz ] ||
  dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path out/tool
rm -rf "out/bin-$target"
dotnet publish Fuzz.fsproj -c Release -o "out/bin-$target"
out/tool/sharpfuzz "out/bin-$target/SipFun.Core.dll"
rm -rf "out/seeds-$target" && mkdir "out/seeds-$target"
for seed in ../Torture/data/rfc4475/*.dat ../Torture/data/rfc5118/crlf-length-fixed/*; do
  name=$(basename "$seed")
  case $target in
    stream) { printf '\020'; cat "$seed"; } > "out/seeds-$target/$name" ;;
    # One address, or one Via, of each message.
    uri) grep -aoE 'sips?:[^> ]+' "$seed" | head -1 | tr -d '\r\n' > "out/seeds-$target/$name" ;;
    headers) grep -aiE '^(via|v|from|f|contact|m):' "$seed" | tail -1 | sed 's/^[^:]*: *//' | tr -d '\r\n' \
      > "out/seeds-$target/$name" ;;
    digest) printf 'Digest realm="a", nonce="%s", qop="auth,auth-int", algorithm=SHA-256' "$name" \
      > "out/seeds-$target/$name" ;;
    script) head -c 200 "$seed" > "out/seeds-$target/$name" ;;
    *) cp "$seed" "out/seeds-$target/$name" ;;
  esac
  [ -s "out/seeds-$target/$name" ] || rm "out/seeds-$target/$name"
done
AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 \
  afl-fuzz -i "out/seeds-$target" -o "out/found-$target" -m none -t 10000 -V "$seconds" \
  -x tokens.txt -- dotnet "out/bin-$target/SipFun.Fuzz.dll" "$target"
grep -E 'execs_done|execs_per_sec|saved_crashes|saved_hangs|corpus_count|run_time' "out/found-$target/default/fuzzer_stats"
