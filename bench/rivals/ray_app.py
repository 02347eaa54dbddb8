"""Ray Serve: one replica a core, results returned. No queue that outlives the process."""

from __future__ import annotations

import os
import signal

import ray
from ray import serve
from starlette.requests import Request

WORKERS = int(os.environ["BENCH_WORKERS"])


@serve.deployment(num_replicas=WORKERS, ray_actor_options={"num_cpus": 1}, max_ongoing_requests=8)
class Films:
    def __init__(self) -> None:
        from film import FilmReader

        self.reader = FilmReader()

    async def __call__(self, request: Request) -> dict:
        return self.reader.read(await request.body())


if __name__ == "__main__":
    ray.init(
        num_cpus=WORKERS,
        include_dashboard=False,
        log_to_driver=False,
        configure_logging=False,
        runtime_env={"env_vars": {"PYTHONPATH": os.path.dirname(os.path.abspath(__file__))}},
        _temp_dir=os.environ["BENCH_FOLDER"],
    )
    serve.start(http_options={"host": "127.0.0.1", "port": int(os.environ["BENCH_PORT"])})
    serve.run(Films.bind(), name="films", route_prefix="/films", blocking=False)
    signal.sigwait([signal.SIGTERM, signal.SIGINT])
    serve.shutdown()
    ray.shutdown()
