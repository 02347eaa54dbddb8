"""BentoML. `films` returns the result: one worker a core. `queued` is a task, submitted, then asked for: one worker with a
thread a core, as the workers' tasks share a SQLite file, and several of them lose tasks to each other's locks."""

import os
from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType


@bentoml.service(
    workers=int(os.environ.get("BENCH_WORKERS", "2")),
    threads=int(os.environ.get("BENCH_THREADS", "1")),
    traffic={"timeout": 60, "max_concurrency": 256},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Films:
    def __init__(self) -> None:
        from film import FilmReader

        self.reader = FilmReader()

    @bentoml.api(route="/films")
    def films(self, film: Annotated[Path, ContentType("image/jpeg")], /) -> dict:
        return self.reader.read(film.read_bytes())

    @bentoml.task(route="/queued")
    def queued(self, film: Annotated[Path, ContentType("image/jpeg")], /) -> dict:
        return self.reader.read(film.read_bytes())
