import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface PythonEnvironment {
  /** Where it is kept. */
  folder: string;
  /** What `pip install` is given. */
  install: readonly string[];
  /** Tells what is to be installed from what was: by another, the environment is made anew. */
  digest: string;
  /** Told before something takes long. */
  onMissing?: () => void;
  /** Breaks it off. */
  signal?: AbortSignal;
}

/** Where the system has such locks; it goes with the process, and that with the end of its input. */
const holding = `
import sys
try:
    import fcntl
    file = open(sys.argv[1], "w")
    fcntl.flock(file, fcntl.LOCK_EX)
except ImportError:
    pass
print("held", flush=True)
sys.stdin.read()
`;

/**
 * Makes a Python environment, where it is not there whole already. What was broken off is made from the start: its `python` is
 * there before its pip, and its pip before its packages. Of several processes one makes it, and the others wait.
 *
 * @returns path of its Python
 * @throws Error with what venv or pip said
 */
export async function ensurePythonEnvironment(wanted: PythonEnvironment): Promise<string> {
  const { folder, install, digest, signal } = wanted;
  const python = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = path.join(folder, "ready");
  const isWhole = async () =>
    (await readFile(stamp, "utf8").catch(() => "")) === digest && existsSync(python);
  if (await isWhole()) return python;
  wanted.onMissing?.();
  await mkdir(path.dirname(folder), { recursive: true });
  const letGo = await lock(`${folder}.lock`, signal);
  try {
    if (await isWhole()) return python;
    await rm(folder, { recursive: true, force: true });
    await run("python3", ["-m", "venv", folder], { signal });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    await run(python, [...pip, ...install], { maxBuffer: 2 ** 26, signal });
    await writeFile(stamp, digest);
    return python;
  } finally {
    letGo();
  }
}

/** Waits until this process alone has the lock. @returns gives it back */
async function lock(file: string, signal: AbortSignal | undefined): Promise<() => void> {
  const holder = spawn("python3", ["-c", holding, file], { stdio: ["pipe", "pipe", "inherit"], signal });
  const ended = once(holder, "exit").then(() => {
    throw new Error("python3 cannot lock the environment's folder");
  });
  await Promise.race([once(holder.stdout, "data"), ended]);
  // From here on it may end as it likes.
  ended.catch(() => undefined);
  holder.on("error", () => undefined);
  return () => holder.stdin.end();
}
