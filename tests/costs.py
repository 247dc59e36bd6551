"""The unit in which tests tell costs: never an absolute time."""

import resource
import subprocess
import sys


def bare_interpreter() -> float:
    """CPU seconds of an interpreter that does nothing: the unit in which costs are told."""
    costs = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-I", "-S", "-c", "pass"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return sorted(costs)[3]
