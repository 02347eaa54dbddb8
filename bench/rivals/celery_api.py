"""FastAPI with Celery and Redis: the door. A film is written and synced before its task is queued.

A client may wait for a result: Celery's Redis backend publishes each result on a channel of its task, and one connection
listens for all who wait, so that nobody polls.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from contextlib import asynccontextmanager

import redis.asyncio
from celery_tasks import FOLDER, read
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

CHANNEL = "celery-task-meta-"
waiting: dict[str, asyncio.Future] = {}


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.redis = redis.asyncio.from_url(os.environ["BENCH_REDIS"])
    listener = asyncio.create_task(listen(app.state.redis))
    yield
    listener.cancel()


app = FastAPI(lifespan=lifespan)


async def listen(connection: redis.asyncio.Redis) -> None:
    async with connection.pubsub() as channel:
        await channel.psubscribe(f"{CHANNEL}*")
        async for message in channel.listen():
            if message["type"] != "pmessage":
                continue
            future = waiting.pop(message["channel"].decode().removeprefix(CHANNEL), None)
            if future is not None and not future.done():
                future.set_result(message["data"])


def keep(name: str, data: bytes) -> None:
    with open(FOLDER / name, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@app.post("/films", status_code=202)
async def submit(request: Request) -> JSONResponse:
    name = uuid.uuid4().hex
    await run_in_threadpool(keep, name, await request.body())
    await run_in_threadpool(read.apply_async, args=[name], task_id=name)
    return JSONResponse({"id": name}, status_code=202)


@app.get("/films/{name}")
async def result(name: str, wait: float = 0) -> Response:
    future = waiting.setdefault(name, asyncio.get_running_loop().create_future())
    found = await app.state.redis.get(CHANNEL + name)
    if found is None and wait > 0:
        try:
            found = await asyncio.wait_for(future, wait)
        except TimeoutError:
            found = None
    waiting.pop(name, None)
    if found is None:
        return JSONResponse({"status": "PENDING"})
    body = json.loads(found)
    return JSONResponse({"status": body["status"], "result": body["result"]})


@app.get("/ready")
async def ready() -> dict:
    # A worker that has loaded its models answers.
    await run_in_threadpool(read.app.control.ping, timeout=1)
    return {"ready": True}
