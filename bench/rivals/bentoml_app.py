"""BentoML: one worker a core. `films` returns the result, `queued` is a task: submitted, then asked for."""

import os
from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType


@bentoml.service(
    workers=int(os.environ.get("BENCH_WORKERS", "2")),
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
