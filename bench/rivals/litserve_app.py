"""LitServe: one worker a core, results returned. No queue that outlives the process."""

import os
from typing import Annotated

import litserve
from fastapi import Body


class FilmApi(litserve.LitAPI):
    def setup(self, device: str) -> None:
        from film import FilmReader

        self.reader = FilmReader()

    def decode_request(self, request: Annotated[bytes, Body(media_type="image/jpeg")]) -> bytes:
        return request

    def predict(self, data: bytes) -> dict:
        return self.reader.read(data)

    def encode_response(self, output: dict) -> dict:
        return output


if __name__ == "__main__":
    server = litserve.LitServer(
        FilmApi(api_path="/films"),
        accelerator="cpu",
        devices=1,
        workers_per_device=int(os.environ["BENCH_WORKERS"]),
        timeout=60,
    )
    server.run(
        host="127.0.0.1",
        port=int(os.environ["BENCH_PORT"]),
        log_level="warning",
        generate_client_file=False,
        num_api_servers=1,
    )
