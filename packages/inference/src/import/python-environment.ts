import { execFile } from "node:child_process";
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

/**
 * Makes a Python environment, where it is not there whole already. What was broken off is made from the start: its `python` is
 * there before its pip, and its pip before its packages.
 *
 * @returns path of its Python
 * @throws Error with what venv or pip said
 */
export async function ensurePythonEnvironment(wanted: PythonEnvironment): Promise<string> {
  const { folder, install, digest, signal } = wanted;
  const python = path.join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const stamp = path.join(folder, "ready");
  if ((await readFile(stamp, "utf8").catch(() => "")) === digest && existsSync(python)) return python;
  wanted.onMissing?.();
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await run("python3", ["-m", "venv", folder], { signal });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await run(python, [...pip, ...install], { maxBuffer: 2 ** 26, signal });
  await writeFile(stamp, digest);
  return python;
}
