import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A process, told apart from a later one that got the same number. */
export interface ProcessMark {
  pid: number;
  identity: string;
}

/**
 * What tells a process from every other that ever had its pid: when it began. `undefined` where no such process runs;
 * one that ended but was not collected by its parent counts as ended.
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The name stands in brackets and may hold anything; the fields after it are plain (proc(5): 3 state, 22 start).
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z" || fields[0] === "X") return undefined;
      return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${fields[19] ?? ""}`;
    } catch {
      return undefined;
    }
  }
  try {
    const args = ["-o", "stat=,lstart=", "-p", String(pid)];
    const [state = "Z", ...start] = execFileSync("ps", args, { encoding: "utf8" }).trim().split(/\s+/);
    return state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined;
  }
}

export function markOf(pid: number): ProcessMark | undefined {
  const identity = processIdentity(pid);
  return identity === undefined ? undefined : { pid, identity };
}

export function isLiving(mark: ProcessMark): boolean {
  return processIdentity(mark.pid) === mark.identity;
}

/** Notes that a process of ours runs, so that a later start finds it if this one is killed. */
export function writePidFile(path: string, pid: number): void {
  const mark = markOf(pid);
  if (mark === undefined) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(mark));
  renameSync(`${path}.new`, path);
}

export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}

/** The process that a pid file names, if that very process still runs. */
function livingFromPidFile(path: string): ProcessMark | undefined {
  const mark = readMark(path);
  return mark !== undefined && isLiving(mark) ? mark : undefined;
}

/** Ends a process that an earlier, killed start left behind: SIGTERM, then SIGKILL after `graceMs`. */
export async function endOrphan(path: string, graceMs: number): Promise<boolean> {
  const mark = livingFromPidFile(path);
  if (mark !== undefined) {
    send(mark, "SIGTERM");
    // It is no child of ours: nothing tells us of its end, so we look.
    for (const until = Date.now() + graceMs; isLiving(mark) && Date.now() < until; ) await delay(25);
    if (isLiving(mark)) send(mark, "SIGKILL");
    while (isLiving(mark)) await delay(25);
  }
  removePidFile(path);
  return mark !== undefined;
}

function send(mark: ProcessMark, signal: NodeJS.Signals): void {
  try {
    process.kill(mark.pid, signal);
  } catch {
    // It ended by itself.
  }
}

function readMark(path: string): ProcessMark | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    const { pid, identity } = value as Partial<ProcessMark>;
    return typeof pid === "number" && typeof identity === "string" ? { pid, identity } : undefined;
  } catch {
    return undefined;
  }
}
