#!/usr/bin/env bash
# A job for continuous integration: a seed is whole, small enough, and makes a model.
#
#     ci.sh SEED MOST_BYTES MODEL.onnx
#
# Ends with the code of what failed: 3 damaged, 6 too large (docs/errors.md).
set -euo pipefail
seed=$1 most=$2 model=$3
digest=$(seed verify "$seed")
size=$(seed inspect "$seed" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["seed_bytes"])')
if [ "$size" -gt "$most" ]; then
    echo "$seed: $size bytes, over the $most that are allowed" >&2
    exit 6
fi
seed assemble "$seed" -o "$model" --quiet
echo "$seed: $size / $most bytes allowed, content $digest"
