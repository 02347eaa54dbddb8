"""FastAPI with Celery and Redis: the worker.

Durable as Celery's documentation has it: late acknowledgement, a task whose worker died comes back, one task reserved a
process, one process a core. Models are loaded once in each process. Films go by a shared folder, not through the broker.
"""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from celery.signals import worker_process_init

app = Celery("films", broker=os.environ["BENCH_REDIS"], backend=os.environ["BENCH_REDIS"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_track_started=False,
    result_expires=3600,
    task_serializer="json",
    result_serializer="json",
    accept_content=["json"],
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)

FOLDER = Path(os.environ["BENCH_FOLDER"])
reader = None


@worker_process_init.connect
def load(**_: object) -> None:
    global reader
    from film import FilmReader

    reader = FilmReader()


@app.task(name="films.read")
def read(name: str) -> dict:
    assert reader is not None
    return reader.read((FOLDER / name).read_bytes())
