# Sourced by planted-defects and planted-search: a copy of the project in build/planted, into which a defect of
# tests/planted/*.patch is planted and taken out again. Only what a patch touches is built again.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$root/build/planted
tree=$work/tree
built=$tree/build/planted
chaos=$built/bin/arbees-chaos

# wanted NAME...: fills `patches` with the files of these defects; of all, if none is named.
wanted() {
  local name
  patches=()
  for name in "$@"; do
    patches+=("$root/tests/planted/$name.patch")
  done
  [[ $# -gt 0 ]] || patches=("$root"/tests/planted/*.patch)
  for name in "${patches[@]}"; do
    [[ -f $name ]] || { say "$(basename "$0"): there is no $name" && exit 2; }
  done
}

touched_by() { sed -n 's|^+++ b/||p' "$@"; }

copy() {
  mkdir -p "$tree"
  find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$tree" -xf -
  # A call that was interrupted may have left an object of a patched file, newer than the file.
  touched_by "$root"/tests/planted/*.patch | (cd "$tree" && xargs -r touch)
}

# compile TARGET...: optimised little, for what is judged is simulated time. A compiler cache, where there is one,
# saves a second call with the same defects most of its time.
compile() {
  local options=(-DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE= "-DCMAKE_CXX_FLAGS=-O1 -DNDEBUG")
  if command -v ccache >/dev/null; then
    options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  else
    options+=(-DARBEES_PRECOMPILE=ON)
  fi
  command -v ld.lld >/dev/null && options+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld)
  {
    cmake -S "$tree" -B "$built" -G Ninja "${options[@]}" &&
      nice -n 10 cmake --build "$built" --target "$@"
  } >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2 && return 1; }
}

# plant_in_copy PATCH; and unplant PATCH takes it out.
plant_in_copy() { patch -d "$tree" -p1 --no-backup-if-mismatch -s <"$1" >&2 || { copy && return 1; }; }
unplant() { patch -d "$tree" -p1 -R -s <"$1" >&2; }
