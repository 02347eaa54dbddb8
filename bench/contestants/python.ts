import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { ensurePythonEnvironment } from "@osteon/inference/python-environment";

/**
 * A Python with what `requirements/<name>.txt` pins, made once and kept in the project's cache.
 * @throws Error where it cannot be made
 */
export async function ensurePython(root: string, name: string, say: (line: string) => void): Promise<string> {
  const requirements = path.join(root, "bench/rivals/requirements", `${name}.txt`);
  return ensurePythonEnvironment({
    folder: path.join(root, ".cache/rivals", name),
    install: ["--only-binary", ":all:", "-r", requirements],
    digest: createHash("sha256").update(readFileSync(requirements)).digest("hex"),
    onMissing: () => say(`installing ${name} for Python: once, a minute or so`),
  });
}

/** What every Python contestant gets: one thread a library call, for its processes take the cores. */
export function pythonEnv(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    ...process.env,
    OMP_NUM_THREADS: "1",
    OPENBLAS_NUM_THREADS: "1",
    PYTHONUNBUFFERED: "1",
    BENCH_WORKERS: String(availableParallelism()),
    ...extra,
  };
}
