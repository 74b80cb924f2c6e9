"""Runs a command and says how it went: seconds, peak memory in KiB and exit status, in the file named first.

A process of its own, because Linux counts the memory of whoever starts a command as the command's:
this one is so small that it does not show.
"""

import os
import sys
import time

report, *command = sys.argv[1:]
started = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
# Counts the children of the command too: docker starts its plugin as one.
_, status, usage = os.wait4(child, 0)
elapsed = time.perf_counter() - started
with open(report, "w") as file:
    print(elapsed, usage.ru_maxrss, os.waitstatus_to_exitcode(status), file=file)
