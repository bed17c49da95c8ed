"""Checks what the built core takes from outside and what it remembers (docs/architecture.md).

    symbols.py --nm NM --library libarbees_core.a --control-source forbidden_calls.cc --control OBJECT...

The undefined symbols of the library must be in core_symbols.allow, its writable static objects in
core_data.allow. The control object calls everything that is forbidden: the check must refuse all of it.
"""

import argparse
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

HERE = pathlib.Path(__file__).parent
WRITABLE_SECTION = re.compile(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)(\..*)?$")


class Symbol(NamedTuple):
    object: str
    name: str
    section: str  # "*UND*" for what is taken from elsewhere


class AllowList:
    def __init__(self, path):
        self.path = path
        self.rows = []
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            pattern, mark, reason = line.partition("  # ")
            if not mark or not reason.strip():
                sys.exit(f"{path}:{number}: a row is: regular expression, two spaces, '# ', reason")
            self.rows.append(re.compile(pattern.strip()))

    def admits(self, name):
        return any(row.fullmatch(name) for row in self.rows)


def read_symbols(nm, files):
    """All symbols of objects and archives."""
    output = subprocess.run([nm, "--demangle", "--format=sysv", *files], check=True, capture_output=True, text=True)
    symbols = []
    current = files[0]
    for line in output.stdout.splitlines():
        if header := re.match(r"(?:Undefined symbols|Symbols) from (.*):$", line):
            current = pathlib.PurePath(re.sub(r".*\[(.*)\]$", r"\1", header[1])).name
            continue
        # name |value|class|type|size|line|section; demangled names may contain bars themselves.
        columns = line.rsplit("|", 6)
        if len(columns) == 7 and columns[0].strip() != "Name":
            symbols.append(Symbol(current, columns[0].strip(), columns[6].strip()))
    if not symbols:
        sys.exit(f"{' '.join(files)}: nm names no symbol at all; was it built?")
    return symbols


def split(symbols):
    """(taken from outside, writable objects)"""
    defined = {s.name for s in symbols if s.section != "*UND*"}
    taken = [s for s in symbols if s.section == "*UND*" and s.name not in defined]
    writable = [s for s in symbols if WRITABLE_SECTION.match(s.section) and not s.name.startswith(".")]
    return taken, writable


def refused(symbols, allowed):
    return sorted({s for s in symbols if not allowed.admits(s.name)})


def as_pattern(name):
    return re.sub(r"([][().*+?{}|^$\\])", r"\\\1", name)


def check_library(nm, library, calls, data):
    taken, writable = split(read_symbols(nm, [library]))
    bad_calls, bad_data = refused(taken, calls), refused(writable, data)
    for symbol in bad_calls:
        print(f"{symbol.object} uses '{symbol.name}', which is not in {calls.path}")
    for symbol in bad_data:
        print(f"{symbol.object} keeps '{symbol.name}' in {symbol.section}, which is not in {data.path}")
    if bad_calls or bad_data:
        print(
            "The core decides and does nothing else: reach the world through a port (core/ports), keep state in the\n"
            "object that owns it. If the symbol does no I/O and shares no state, add a row to the file named above:\n"
            f"  {as_pattern((bad_calls or bad_data)[0].name)}  # why it is harmless wherever it is used"
        )
    print(f"core: {len({s.name for s in taken})} symbols taken from outside, {len(writable)} writable objects")
    return not bad_calls and not bad_data


def check_control(nm, objects, source, calls, data):
    """Everything the source names after an arrow is in the objects, and is refused."""
    taken, writable = split(read_symbols(nm, objects))
    good, count = True, 0
    for number, line in enumerate(source.read_text().splitlines(), start=1):
        arrow = re.search(r"  // (->|=>) (.+)$", line)
        if not arrow:
            continue
        count += 1
        symbols, allowed = (taken, calls) if arrow[1] == "->" else (writable, data)
        found = {s.name for s in symbols if re.fullmatch(arrow[2], s.name)}
        passing = sorted(name for name in found if allowed.admits(name))
        if not found:
            print(f"{source}:{number}: the object contains nothing called '{arrow[2]}'; the control is void")
        if passing:
            print(f"{source}:{number}: {allowed.path.name} lets '{passing[0]}' pass")
        good = good and bool(found) and not passing
    print(f"control: {count} forbidden things tried")
    return good and count > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--library", required=True)
    parser.add_argument("--control", nargs="+", required=True)
    parser.add_argument("--control-source", type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    calls = AllowList(HERE / "core_symbols.allow")
    data = AllowList(HERE / "core_data.allow")
    library_pure = check_library(arguments.nm, arguments.library, calls, data)
    control_refused = check_control(arguments.nm, arguments.control, arguments.control_source, calls, data)
    sys.exit(0 if library_pure and control_refused else 1)


if __name__ == "__main__":
    main()
