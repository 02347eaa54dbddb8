import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A Python with what `requirements/<name>.txt` pins, made once and kept in the project's cache.
 * @throws Error where it cannot be made
 */
export async function ensurePython(root: string, name: string, say: (line: string) => void): Promise<string> {
  const requirements = path.join(root, "bench/rivals/requirements", `${name}.txt`);
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = path.join(root, ".cache/rivals", `${name}-${digest}`);
  const python = path.join(folder, "bin/python");
  const finished = path.join(folder, "finished");
  if (existsSync(finished)) return python;
  say(`installing ${name} for Python: once, a minute or so`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  await run("python3", ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
  await run(python, [...pip, "-r", requirements], { maxBuffer: 2 ** 26 });
  writeFileSync(finished, "");
  return python;
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
