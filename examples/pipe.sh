#!/usr/bin/env bash
# A model from this machine to another through a pipe; no seed is kept on either.
#
#     pipe.sh MODEL HOST FILE [options of seed extract]
#     pipe.sh ./model pi@board model.onnx --bits 4
set -euo pipefail
model=$1 host=$2 file=$3
shift 3
seed extract "$model" -o - "$@" | ssh "$host" "seed assemble - -o $(printf %q "$file")"
