"""Two processes in a tight loop, no server: `python loop.py films|origin PROCESSES FILMS`, FILMS a JSON list of paths.

Speaks lines of JSON: it says {"ready": true}; told {"seconds": s}, it says {"films": n, "seconds": elapsed}; told
{"stages": true}, CPU milliseconds a film by stage, of the first process alone (films only).
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import sys
import time
from pathlib import Path


def work(kind: str, films: list[bytes], at: int, orders, answers) -> None:
    if kind == "origin":
        from origin import OriginReader as Reader
    else:
        from film import FilmReader as Reader
    reader = Reader()
    turn = itertools.cycle(films[at:] + films[:at])
    reader.read(next(turn))
    answers.put(None)
    while (until := orders.get()) is not None:
        if until == "stages":
            from film import stages

            answers.put(stages(reader, films))
            continue
        done = 0
        while time.monotonic() < until:
            reader.read(next(turn))
            done += 1
        answers.put((done, time.monotonic()))


def main() -> None:
    kind, processes = sys.argv[1], int(sys.argv[2])
    films = [Path(path).read_bytes() for path in json.loads(Path(sys.argv[3]).read_text())]
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    orders = [context.Queue() for _ in range(processes)]
    workers = [
        context.Process(target=work, args=(kind, films, at * len(films) // processes, queue, answers), daemon=True)
        for at, queue in enumerate(orders)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        answers.get()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        if "stages" in order:
            orders[0].put("stages")
            print(json.dumps(answers.get()), flush=True)
            continue
        began = time.monotonic()
        for queue in orders:
            queue.put(began + order["seconds"])
        ended = [answers.get() for _ in workers]
        done = sum(films for films, _ in ended)
        print(json.dumps({"films": done, "seconds": max(at for _, at in ended) - began}), flush=True)


if __name__ == "__main__":
    main()
