import { readFileSync } from "node:fs";
import os from "node:os";

/** Where and with what a report was made. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGigabytes: number;
  system: string;
  node: string;
  onnxruntime: string;
  commit: string;
  date: string;
  /** Processes that wanted a core when the run began, over one minute, and when it ended. */
  load: { before: number; after: number };
}

export const loadNow = (): number => os.loadavg()[0] ?? Number.NaN;

export function describeMachine(root: string, commit: string, before: number): Machine {
  const runtime = JSON.parse(readFileSync(`${root}/node_modules/onnxruntime-node/package.json`, "utf8")) as {
    version: string;
  };
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "unknown",
    cores: os.availableParallelism(),
    memoryGigabytes: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    onnxruntime: runtime.version,
    commit,
    date: new Date().toISOString().slice(0, 10),
    load: { before, after: loadNow() },
  };
}
