"""B1 and B2: from exec to the first frame with rows, and what is loaded on the way."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shutil import which

from tests.bench.houses import House, house_of
from tests.bench.readings import Reading, ms
from tests.bench.timed_terminal import TimedTerminal, cpu_ns

#: The cursor's row.
ROW = r"^> \d{4}-\d\d-\d\d"
IMPORT = [sys.executable, "-c", "import textual.app, os; os.write(1, b'imported')\ntry: input()\nexcept EOFError: pass"]
#: What the first frame does without.
ABSENT = ("httpx", "keyring", "msgspec", "pypdfium2", "tomlkit", "tenacity")
FIRST_FRAME = "tests.bench.programs.drivers:FirstFrame"


def first_frame(argv: Sequence[str], env: Mapping[str, str], pattern: str) -> tuple[int, int]:
    """Nanoseconds from exec until the pattern stands on the screen, and the CPU of all threads until then."""
    with TimedTerminal(argv, env=env) as terminal:
        # Read until the bytes may hold the pattern; whether and when they did is seen afterwards.
        terminal.wait_bytes(re.compile(pattern.removeprefix("^").encode()))
        cpu = cpu_ns(terminal.pid)
        terminal.wait_silence(0.05)
        return terminal.first_sight(pattern).ns, cpu


def b1(rounds: int, size: int = 1_000_000, argv: Sequence[str] = ()) -> Iterator[Reading]:
    """The first frame of a large ledger beside `import textual.app`, in turn."""
    house = house_of(size)
    program = list(argv) or house.argv
    ours: list[tuple[int, int]] = []
    imports: list[tuple[int, int]] = []
    for _ in range(rounds + 1):
        imports.append(first_frame(IMPORT, house.env, "^imported"))
        ours.append(first_frame(program, house.env, ROW))
    # The first of each filled caches.
    walls, import_walls = ([wall for wall, _ in runs[1:]] for runs in (ours, imports))
    cpus, import_cpus = ([cpu for _, cpu in runs[1:]] for runs in (ours, imports))
    what = f"exec to first frame with rows, {size:,} invoices, beside import textual.app"
    yield Reading("B1", what, ms(walls), "ms", ms(import_walls), 1.30)
    yield Reading("B1", "the same, CPU of all threads", ms(cpus), "ms", ms(import_cpus))
    yield _instructions(house)


def _instructions(house: House) -> Reading:
    what = "instructions until the first frame, beside import textual.app"
    if which("valgrind") is None:
        return Reading("B1", what, None, "M instructions", None, 1.30, "valgrind is not installed")
    imported = counted([sys.executable, "-c", "import textual.app, os; os._exit(0)"], house.env)
    ours = counted(house.argv, house.env | {"TEXTUAL_DRIVER": FIRST_FRAME})
    return Reading("B1", what, ours, "M instructions", imported, 1.30)


def counted(argv: Sequence[str], env: Mapping[str, str]) -> float:
    """Millions of instructions that a program on a terminal takes until it ends by itself."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        grind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        with TimedTerminal([*grind, f"--log-file={log}", *argv], env=env, patience=300) as terminal:
            status = terminal.exit_code()
        found = re.search(r"I\s+refs:\s+([\d,]+)", log.read_text(encoding="utf-8"))
        if status or found is None:
            raise RuntimeError(f"valgrind gave no count (exit {status})")
        return int(found[1].replace(",", "")) / 1e6


def b2(rounds: int) -> Iterator[Reading]:
    """What is in memory at the first frame; `--help` beside a bare Python."""
    house = house_of(1000)
    yield from loaded(house, house.argv)
    bare: list[int] = []
    ours: list[int] = []
    for _ in range(2 * rounds + 1):
        bare.append(_ended([sys.executable, "-c", "print('usage:')"], house))
        ours.append(_ended([sys.executable, "-m", "invoicetui", "--help"], house))
    yield Reading("B2", "--help, exec to exit, beside a bare Python", ms(ours[1:]), "ms", ms(bare[1:]), 2.0)


def loaded(house: House, argv: Sequence[str]) -> Iterator[Reading]:
    """What a program has loaded at its first frame."""
    modules = modules_at_first_frame(house, argv)
    early = [name for name in ABSENT if name in modules]
    what = f"of {', '.join(ABSENT)}, loaded at the first frame"
    yield Reading("B2", what, len(early), "modules", None, 0, ", ".join(early))
    yield Reading("B2", "all modules at the first frame", len(modules), "modules")


def _ended(argv: Sequence[str], house: House) -> int:
    """Nanoseconds from exec to the last byte of what it prints."""
    with TimedTerminal(argv, env=house.env) as terminal:
        if status := terminal.exit_code():
            raise RuntimeError(f"{argv} ended with {status}:\n{terminal.text()}")
        return terminal.chunks[-1].at - terminal.started


def modules_at_first_frame(house: House, argv: Sequence[str]) -> set[str]:
    """The names of all modules in memory when the first frame with rows was written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "loaded"
        env = {**house.env, "TEXTUAL_DRIVER": FIRST_FRAME, "LOADED": str(path)}
        with TimedTerminal(argv, env=env) as terminal:
            if status := terminal.exit_code():
                raise RuntimeError(f"it ended with {status}:\n{terminal.text()}")
        return set(path.read_text(encoding="utf-8").split())
