"""peer.py NAME REPEATS: times run() of NAME.py warm and prints one JSON line, as limn-bench does."""

import importlib
import json
import sys
import time

name, repeats = sys.argv[1], int(sys.argv[2])
run = importlib.import_module(name).run
value = run()
seconds = []
for _ in range(repeats):
    start = time.process_time()
    run()
    seconds.append(time.process_time() - start)
print(json.dumps({"job": name, "value": value, "best_cpu_s": min(seconds), "all_cpu_s": seconds}))
