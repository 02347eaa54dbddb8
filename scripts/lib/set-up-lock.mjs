import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { root } from "./run.mjs";

const path = join(root, ".cache", "set-up.lock");
const beatMs = 2_000;
/** A holder that gave no sign for this long is gone, even if another process has its number now. */
const silentMs = 20_000;

/**
 * Lets one process at a time install and build in this working tree; the others wait.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetUpLock(work) {
  mkdirSync(join(root, ".cache"), { recursive: true });
  let told = false;
  const watch = new Watch();
  while (!take()) {
    if (watch.holderIsGone()) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told) console.error("Another Osteon is setting up here: waiting for it");
    told = true;
    await delay(200);
  }
  const beat = setInterval(() => {
    if (isOurs()) utimesSync(path, new Date(), new Date());
  }, beatMs);
  const release = () => {
    if (isOurs()) rmSync(path, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off("exit", release);
    release();
  }
}

function take() {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Whoever stood still for long may have lost it, and whoever empties .cache takes it away. */
function isOurs() {
  try {
    return readFileSync(path, "utf8") === String(process.pid);
  } catch {
    return false;
  }
}

/** Whether a holder gives signs, by this process's own time: a machine that slept, or a clock that was put forward, is none. */
class Watch {
  #sign = "";
  #since = performance.now();

  holderIsGone() {
    try {
      const pid = Number(readFileSync(path, "utf8"));
      const sign = `${pid} ${statSync(path).mtimeMs}`;
      if (sign !== this.#sign) {
        this.#sign = sign;
        this.#since = performance.now();
      }
      if (performance.now() - this.#since > silentMs) return true;
      // Empty while its holder is about to write it.
      if (pid !== 0) process.kill(pid, 0);
      return false;
    } catch (error) {
      return error.code === "ESRCH";
    }
  }
}
