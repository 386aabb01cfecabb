#!/usr/bin/env bash
# Prints the version of Clang for sanitizers, fuzz targets and clang-tidy: 16, or where the system has no 16 the newest. What is
# installed comes before what apt-get could install. Prints nothing and fails where there is neither.
set -euo pipefail

versions=(16 21 20 19 18 17)

# Not through a pipe: grep would leave early, and under pipefail what apt-cache then says would count.
is_offered() { [[ $(apt-cache policy "$1" 2>/dev/null) == *"Candidate: "[0-9]* ]]; }

for version in "${versions[@]}"; do
  if command -v "clang++-$version" >/dev/null; then echo "$version"; exit; fi
done
for version in "${versions[@]}"; do
  if is_offered "clang-$version"; then echo "$version"; exit; fi
done
exit 1
