"""What the measurements share: whole processes timed in folders of their own, and how a ratio is told."""

import os
import resource
import statistics
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
TURNS = int(os.environ.get("TURNS", "3"))


def environment(place):
    """The environment of both sides: their own folders; compiled modules are kept, as those installed are."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    own = {"DAGSTER_HOME": f"{place}/home", "ML_ASSETS_ENVIRONMENTS__DEV__ROOT": f"{place}/artifacts"}
    return {**kept, **own, "PYTHONPATH": str(HERE.parent), "STOCK_PICTURES": f"{place}/pictures"}


def spent():
    """CPU seconds of all children that have ended, theirs included."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command, env, place):
    """Wall and CPU seconds of a whole process, and what it printed."""
    started, before = time.perf_counter(), spent()
    done = subprocess.run(
        command, env=env, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - started, spent() - before, done.stdout.decode()


def ran(command, env, place):
    """Wall seconds, CPU seconds, and megabytes of the largest process of a whole command, and what it printed."""
    started = time.perf_counter()
    with Path(place, "told").open("wb") as out, Path(place, "complaints").open("wb") as err:
        process = subprocess.Popen(command, env=env, cwd=place, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    told = Path(place, "told").read_text()
    complaints = Path(place, "complaints").read_text()
    expect(process.returncode == 0, "an end without an error", told + complaints[-3000:])
    return (time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024), told


def expect(holds, what, told):
    if not holds:
        raise SystemExit(f"Not seen: {what}. It printed:\n{told}")


def tell(name, pairs, *, limit, cpu_limit=None):
    """Print the median ratio over the turns; a pair is ours and the floor's (wall, CPU) seconds in one turn."""
    wall, cpu = ([ours[kind] / floor[kind] for ours, floor in pairs] for kind in (0, 1))
    seconds = [statistics.median(pair[side][0] for pair in pairs) for side in (0, 1)]
    print(
        f"{name:<42} ratio {statistics.median(wall):.2f} (limit {limit}; {min(wall):.2f} to {max(wall):.2f} "
        f"in {len(pairs)} turns; medians {seconds[0]:.2f} s and {seconds[1]:.2f} s; "
        f"of CPU time {statistics.median(cpu):.2f}{f', limit {cpu_limit}' if cpu_limit else ''})",
        flush=True,
    )
