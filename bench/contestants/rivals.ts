import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { freePort, startRedis } from "@osteon/embedded";
import type { BenchFilm } from "../films.js";
import type { Protocol } from "../load/client.js";
import { BenchChild } from "./child.js";
import type { Contestant } from "./contestant.js";
import { startLoop } from "./loop.js";
import { ensurePython, pythonEnv } from "./python.js";
import { serve } from "./served.js";

/** What every rival starts with. */
export interface RivalParts {
  root: string;
  modelsDir: string;
  films: readonly BenchFilm[];
  /** JSON list of the films' paths. */
  list: string;
  say: (line: string) => void;
}

const returned: Protocol = { submit: "/films", wait: () => undefined, ended: () => true };
const waitSeconds = 60;

/** The rivals, in the order in which they are measured. */
export const rivals: Record<string, (parts: RivalParts) => Promise<Contestant>> = {
  "python-loop": (parts) =>
    pythonLoop(parts, "bare", "films", "Python bare loop (Pillow, NumPy, ONNX Runtime)"),
  origin: (parts) => pythonLoop(parts, "origin", "origin", "the origin: two Keras ResNet50 a film, bare"),
  celery,
  litserve: (parts) =>
    script(parts, "litserve", "LitServe", ["litserve_app.py"], { ready: "/health", protocol: returned }),
  bentoml: (parts) => bento(parts, "bentoml", "BentoML", returned),
  // Two workers lost 2 of 302 tasks to locks of the SQLite file that they share; one with two threads lost none of 1,165, and was faster.
  "bentoml-tasks": (parts) => bento(parts, "bentoml-tasks", "BentoML tasks", bentoTasks, oneWorker),
  ray: (parts) =>
    script(parts, "ray", "Ray Serve", ["ray_app.py"], { ready: "/-/healthz", protocol: returned }),
};

async function pythonLoop(
  { root, modelsDir, list, say }: RivalParts,
  name: "bare" | "origin",
  kind: string,
  title: string,
): Promise<Contestant> {
  const python = await ensurePython(root, name, say);
  const args = [path.join(root, "bench/rivals/loop.py"), kind, String(availableParallelism()), list];
  const env = pythonEnv({ BENCH_MODELS: modelsDir });
  return startLoop({ name: name === "bare" ? "python-loop" : name, title }, python, args, env);
}

/** Starts one process in `bench/rivals` that serves by HTTP. */
async function script(
  { root, modelsDir, films, say }: RivalParts,
  name: string,
  title: string,
  args: string[],
  options: { ready: string; protocol: Protocol; port?: number },
): Promise<Contestant> {
  const python = await ensurePython(root, name, say);
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-rival-"));
  const child = new BenchChild(python, args, {
    cwd: path.join(root, "bench/rivals"),
    env: pythonEnv({ BENCH_MODELS: modelsDir, BENCH_PORT: String(port), BENCH_FOLDER: folder }),
  });
  return serve({
    name,
    title,
    kind: "direct",
    children: [child],
    url: `http://127.0.0.1:${port}`,
    films,
    ...options,
    close: async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  });
}

/** BentoML's task API: the promise, then its state, which does not wait. */
const bentoTasks: Protocol = {
  submit: "/queued/submit",
  wait: ({ task_id: id }) => `/queued/status?task_id=${String(id)}`,
  ended: ({ status }) => {
    if (status === "failed" || status === "canceled") throw new Error(`a task ${status}`);
    return status === "completed";
  },
  // One worker's transaction may not see yet what another has written.
  unknownYet: 404,
  pollMs: 20,
};

const oneWorker = { BENCH_WORKERS: "1", BENCH_THREADS: String(availableParallelism()) };

async function bento(
  { root, modelsDir, films, say }: RivalParts,
  name: string,
  title: string,
  protocol: Protocol,
  workers: Record<string, string> = {},
): Promise<Contestant> {
  const python = await ensurePython(root, "bentoml", say);
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-rival-"));
  const args = ["-m", "bentoml", "serve", "bentoml_app:Films", "--host", "127.0.0.1", "--port", String(port)];
  const child = new BenchChild(python, args, {
    cwd: path.join(root, "bench/rivals"),
    env: pythonEnv({
      BENCH_MODELS: modelsDir,
      BENTOML_HOME: folder,
      BENTOML_DO_NOT_TRACK: "True",
      ...workers,
    }),
  });
  return serve({
    name,
    title,
    kind: "direct",
    children: [child],
    url: `http://127.0.0.1:${port}`,
    ready: "/readyz",
    protocol,
    films,
    close: async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  });
}

/** FastAPI in front, Celery's workers behind, a Redis of its own with an append-only file between them. */
async function celery({ root, modelsDir, films, say }: RivalParts): Promise<Contestant> {
  const python = await ensurePython(root, "celery", say);
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-rival-"));
  const redis = await startRedis({ dataDir: folder });
  const cwd = path.join(root, "bench/rivals");
  const env = pythonEnv({ BENCH_MODELS: modelsDir, BENCH_FOLDER: folder, BENCH_REDIS: `${redis.url}/0` });
  const workers = String(availableParallelism());
  const worker = new BenchChild(
    python,
    ["-m", "celery", "-A", "celery_tasks", "worker", "-c", workers, "-P", "prefork", "-O", "fair"].concat([
      "--without-gossip",
      "--without-mingle",
      "--without-heartbeat",
      "-l",
      "warning",
    ]),
    { cwd, env },
  );
  const api = new BenchChild(
    python,
    ["-m", "uvicorn", "celery_api:app", "--host", "127.0.0.1", "--port", String(port)].concat([
      "--loop",
      "uvloop",
      "--http",
      "httptools",
      "--no-access-log",
      "--log-level",
      "warning",
    ]),
    { cwd, env },
  );
  return serve({
    name: "celery",
    title: "FastAPI, Celery, Redis",
    kind: "durable",
    children: [api, worker],
    beside: redis.pid === undefined ? [] : [redis.pid],
    url: `http://127.0.0.1:${port}`,
    ready: "/ready",
    protocol: {
      submit: "/films",
      wait: ({ id }) => `/films/${String(id)}?wait=${waitSeconds}`,
      ended: ({ status }) => {
        if (status === "FAILURE") throw new Error("a task failed");
        return status === "SUCCESS";
      },
    },
    films,
    close: async () => {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  });
}
