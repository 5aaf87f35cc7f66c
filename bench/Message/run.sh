#!/usr/bin/env bash
# SipFun's parser beside sofia-sip and libosip2, in turns of a second: ./run.sh [ROUNDS]. Prints
# medians over the rounds, and of the ratios of each round. Needs gcc, pkg-config,
# libsofia-sip-ua-dev, libosip2-dev.
set -eu
cd "$(dirname "$0")"
mkdir -p out
gcc -O2 -w others.c -o out/others $(pkg-config --cflags --libs sofia-sip-ua libosip2) -losipparser2
dotnet run -c Release --project .. -- message out/others "${1:-9}"
