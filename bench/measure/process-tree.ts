import { readdirSync, readFileSync } from "node:fs";

/** What Linux knows of processes; elsewhere nothing is known. */
export interface ProcessFacts {
  pid: number;
  parent: number;
  /** User and system time, all threads, milliseconds. */
  cpuMs: number;
  residentMegabytes: number;
}

/** A clock tick of /proc (USER_HZ) is 10 ms on every Linux there is. */
const tickMs = 10;
const pageBytes = 4096;

/** Undefined where the process is gone. */
function factsOf(pid: number): ProcessFacts | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name, in brackets, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const number = (at: number) => Number(fields[at]);
    return {
      pid,
      parent: number(1),
      cpuMs: (number(11) + number(12)) * tickMs,
      residentMegabytes: (number(21) * pageBytes) / 2 ** 20,
    };
  } catch {
    return undefined;
  }
}

/** A process and all below it, parents first; nothing where there is no /proc. */
export function processTree(root: number): ProcessFacts[] {
  let pids: number[];
  try {
    pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
  const all = pids.flatMap((pid) => factsOf(pid) ?? []);
  const found = all.filter(({ pid }) => pid === root);
  for (const each of found) found.push(...all.filter(({ parent }) => parent === each.pid));
  return found;
}

/** CPU milliseconds and resident megabytes of processes with all below them. */
export function usageOf(roots: readonly number[]): { cpuMs: number; residentMegabytes: number } {
  const all = roots.flatMap(processTree);
  return {
    cpuMs: all.reduce((sum, each) => sum + each.cpuMs, 0),
    residentMegabytes: all.reduce((sum, each) => sum + each.residentMegabytes, 0),
  };
}

/** Stops or continues processes with all below them: who waits for its turn takes nothing from whose turn it is. */
export function signalTree(root: number, signal: NodeJS.Signals): void {
  for (const { pid } of processTree(root)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
