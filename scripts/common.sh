# Sourced by the scripts beside it: where the project is, and phases with their seconds.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

# phase NAME COMMAND...: runs the command and reports its seconds on stderr; keeps its exit code.
phase() {
  local name=$1 begin=$EPOCHREALTIME code=0
  shift
  "$@" || code=$?
  local end=$EPOCHREALTIME
  local tenths=$(((${end//[!0-9]/} - ${begin//[!0-9]/}) / 100000))
  say "$(printf '%-24s %5d.%d s%s' "$name" $((tenths / 10)) $((tenths % 10)) \
    "$([[ $code == 0 ]] || echo "   failed (exit $code)")")"
  return "$code"
}

# build PRESET [TARGET...]: configures and builds; what the tools say is shown only if they fail.
build() {
  local preset=$1 log=$root/build/$1.log
  shift
  mkdir -p "$root/build"
  if ! (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}) \
    >"$log" 2>&1; then
    grep -E 'error:|CMake Error|undefined reference|multiple definition' "$log" | head -n 40 >&2 || tail -n 40 "$log" >&2
    say "Building '$preset' failed. The whole log: $log"
    return 1
  fi
}
