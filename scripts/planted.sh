# Sourced by planted-defects and planted-search: a copy of the project in build/planted, built once, in which each defect of
# tests/planted/*.patch is planted by itself. Only what a patch touches is built again.
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

copy() {
  mkdir -p "$tree"
  find "$tree" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$tree" -xf -
}

# compile TARGET...: as much optimised as pays: a search that finds nothing costs more than what a patch touches.
compile() {
  local log=$work/log
  local options=(-DCMAKE_CXX_COMPILER=g++ -DCMAKE_BUILD_TYPE= "-DCMAKE_CXX_FLAGS=-O2 -DNDEBUG" -DARBEES_PRECOMPILE=ON)
  command -v ld.lld >/dev/null && options+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld)
  {
    cmake -S "$tree" -B "$built" -G Ninja "${options[@]}" &&
      nice -n 10 cmake --build "$built" ${SLOT:+--parallel 2} --target "$@"
  } >"$log" 2>&1 || { grep -E 'error:|undefined reference' "$log" >&2 || tail -n 30 "$log" >&2 && return 1; }
}

# each_alone: calls the script that sources this once for each of `patches`, as many at a time as there are processors, with
# --planting NAME and what was given here. Each call sees a copy of its own where the copy is (an overlay in a mount
# namespace), and what it builds is gone with it: nothing has to be taken out again, and nothing built twice.
each_alone() {
  local namespace=(unshare --mount) code=0
  [[ $EUID == 0 ]] || namespace+=(--user --map-root-user)
  printf '%s\0' "${patches[@]}" |
    SLOTS=$work/slot OVERLAY=$(overlay_options) nice -n 10 xargs -0 -P "$(nproc)" -n 1 --process-slot-var=SLOT \
      "${namespace[@]}" "$0" "$@" --planting || code=$?
  rm -rf "$work"/slot-*
  return "$code"
}

# In a namespace of its own a user may set no attributes but a user's.
overlay_options() { [[ $EUID == 0 ]] || printf ',userxattr'; }

# plant_alone PATCH: in a call of each_alone. Its scratch files are in a folder of their own as well. Fails if the patch
# does not fit; ends the call if there is nothing it could be tried on.
plant_alone() {
  work=$SLOTS-$SLOT
  if ! { rm -rf "$work" && mkdir -p "$work"/{above,scratch} &&
    mount -t overlay overlay -o "lowerdir=$tree,upperdir=$work/above,workdir=$work/scratch$OVERLAY" "$tree"; }; then
    say "$(basename "$0"): no overlay can be mounted on $tree (see above); run it as root, on a disk that is no overlay itself"
    exit 255  # xargs tries no other
  fi
  patch -d "$tree" -p1 --no-backup-if-mismatch -s <"$1" >&2
}
