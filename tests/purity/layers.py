"""Checks what the sources of each layer include, and that no code knows of a simulator (docs/architecture.md).

    layers.py ROOT

Before it judges the project it tries every rule on planted lines, both ways.
"""

import pathlib
import re
import sys
from typing import NamedTuple

# Headers of I/O, threads, clocks, randomness, the environment and locales.
IMPURE = (
    r"thread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore|latch|barrier|atomic|execution"
    r"|fstream|iostream|istream|ostream|sstream|iomanip|ios|streambuf|syncstream|print|cstdio|stdio\.h|filesystem"
    r"|random|ctime|time\.h|locale|clocale|locale\.h|csignal|signal\.h|cfenv|memory_resource"
    r"|unistd\.h|fcntl\.h|poll\.h|netdb\.h|pthread\.h|dlfcn\.h|(sys|netinet|arpa|linux)/.*"
    r"|boost/(asio|thread|filesystem|process|beast/(core|websocket)).*|spdlog/.*|CLI/.*|sqlite3\.h"
    r"|hiredis/(?!(hiredis|read)\.h).*"
)


class Rule(NamedTuple):
    where: str  # paths it is about
    forbidden: str  # in a line without comments (and, but for includes, without text in quotes)
    why: str
    except_in: str = r"(?!)"


RULES = [
    Rule(r"core/.*", r'#\s*include\s*["<](sim|prod|tests)/.*', "the core includes no other layer"),
    Rule(r"sim/.*", r'#\s*include\s*["<](prod|tests)/.*', "sim and prod never include each other", r".*_main\.cc"),
    Rule(r"prod/.*", r'#\s*include\s*["<](sim|tests)/.*', "sim and prod never include each other", r".*_main\.cc"),
    Rule(r"core/.*", rf"#\s*include\s*<({IMPURE})>", "the core reaches the world through its ports alone",
         r"core/(base/assert\.cc|store/sqlite/(database|store_file)\.(h|cc))"),  # a library of its own, below the Store port
    Rule(r"core/base/assert\.cc", rf"#\s*include\s*<(?!atomic>)({IMPURE})>", "an assertion needs <atomic> alone"),
    Rule(r"(core|prod)/.*", r".*simulat.*", "nothing in core or prod knows that a simulator exists"),
    Rule(r"(core|sim|prod)/.*", r".*\bstd::(uniform_\w+|normal|exponential|bernoulli|poisson|discrete)_distribution\b.*",
         "distributions differ between libraries (docs/architecture.md)"),
]

PLANTED = [  # path, line, refused
    ("core/x.h", '#include "sim/world/world.h"', True),
    ("core/x.cc", '#include "prod/asio/loop.h"', True),
    ("core/x.cc", '#include "core/base/ids.h"', False),
    ("sim/x.cc", '#include "prod/asio/loop.h"', True),
    ("sim/cli/chaos_main.cc", '#include "prod/asio/loop.h"', False),
    ("prod/x.cc", '  #  include "sim/world/world.h"', True),
    ("prod/shard_main.cc", '#include "sim/world/world.h"', False),
    ("prod/x.cc", "#include <thread>", False),
    ("core/x.cc", "#include <array>", False),
    ("core/base/assert.cc", "#include <atomic>", False),
    ("core/base/assert.cc", "#include <cstdio>", True),
    ("core/x.cc", "#include <hiredis/read.h>", False),
    ("core/x.cc", "#include <hiredis/async.h>", True),
    *[("core/x.h", f"#include <{header}>", True) for header in (
        "thread", "mutex", "atomic", "fstream", "iostream", "random", "ctime", "unistd.h", "sys/socket.h", "locale")],
    ("core/x.cc", "if (simulated) {", True),
    ("core/x.cc", "return node.is_simulated() ? 1 : 2;", True),
    ("prod/x.cc", "#ifdef ARBEES_SIMULATION", True),
    ("core/x.cc", "// as the simulator does", False),
    ("core/x.cc", 'fail("the simulated disk is full");', False),
    ("sim/x.cc", "if (simulated) {", False),
    ("core/x.cc", "std::uniform_int_distribution<int> pick(0, 9);", True),
]


def bare(line):
    """The code of one line. Block comments over several lines do not occur in the project."""
    line = re.sub(r"/\*.*?\*/", " ", line)
    if re.match(r"\s*#\s*include", line):
        return line.split("//")[0].strip()
    line = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    return line.split("//")[0].strip()


def broken(path, line):
    """The rules this line breaks."""
    code = bare(line)
    return [
        rule
        for rule in RULES
        if re.fullmatch(rule.where, path)
        and not re.fullmatch(rule.except_in, path)
        and re.fullmatch(rule.forbidden, code, re.IGNORECASE)
    ]


def main():
    root = pathlib.Path(sys.argv[1])
    good = True
    for path, line, refused in PLANTED:
        if bool(broken(path, line)) != refused:
            print(f"planted in {path}: '{line}' should be {'refused' if refused else 'accepted'}")
            good = False

    files = sorted(f for layer in ("core", "sim", "prod") for f in (root / layer).rglob("*") if f.suffix in (".h", ".cc"))
    for file in files:
        path = file.relative_to(root).as_posix()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            for rule in broken(path, line):
                print(f"{path}:{number}: {line.strip()}\n    {rule.why}")
                good = False
    print(f"{len(files)} files, {len(RULES)} rules, {len(PLANTED)} planted lines")
    sys.exit(0 if good and files else 1)


if __name__ == "__main__":
    main()
