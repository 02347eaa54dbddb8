import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface StartUp {
  /** `npm start` on a fresh clone: dependencies, build and Redis included, seconds; undefined where it was left out. */
  cold: number | undefined;
  /** `npm start` again, seconds to the line that says it is ready. */
  warm: number[];
}

/** Starts the tree at `root` (warm), and a fresh clone of what is committed there (cold). */
export async function measureStartUp(
  root: string,
  { cold, rounds, say }: { cold: boolean; rounds: number; say: (line: string) => void },
): Promise<StartUp> {
  const data = mkdtempSync(path.join(tmpdir(), "osteon-bench-"));
  try {
    const warm: number[] = [];
    // The first makes the data folder.
    await start(root, data);
    for (let round = 0; round < rounds; round += 1) warm.push(await start(root, data));
    say(`warm npm start: ${warm.map((each) => each.toFixed(2)).join(", ")} s`);
    return { warm, cold: cold ? await startCold(root, say) : undefined };
  } finally {
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function startCold(root: string, say: (line: string) => void): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "osteon-clone-"));
  try {
    await run("git", ["clone", "--quiet", root, folder]);
    const seconds = await start(folder, path.join(folder, ".osteon"));
    say(`cold npm start: ${seconds.toFixed(1)} s`);
    return seconds;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Seconds until it says that it is ready; it is stopped then. */
async function start(cwd: string, data: string): Promise<number> {
  const began = performance.now();
  const child = spawn("npm", ["start", "--silent"], {
    cwd,
    env: { ...process.env, PORT: "0", DATA_DIR: data, REDIS_URL: "", LOG_LEVEL: "warn" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const gone = once(child, "exit");
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-2_000);
  });
  const ready = new Promise<number>((resolve) => {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("Osteon is ready")) resolve(performance.now());
    });
  });
  const at = await Promise.race([ready, gone.then(() => undefined)]);
  if (at === undefined) throw new Error(`npm start ended:\n${words}`);
  child.kill("SIGTERM");
  await gone;
  return (at - began) / 1000;
}
