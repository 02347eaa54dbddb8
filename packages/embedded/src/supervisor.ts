import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { endOrphan } from "./pid-file.js";
import { StartError } from "./start-error.js";
import { type ProcessSpec, type ProcessSurroundings, SupervisedProcess } from "./supervised-process.js";
import { within } from "./within.js";

/** Runs the processes of the services, and knows them all. */
export class Supervisor {
  readonly processes: SupervisedProcess[] = [];
  readonly #around: ProcessSurroundings;

  constructor(around: ProcessSurroundings) {
    this.#around = around;
    mkdirSync(around.runDir, { recursive: true });
    mkdirSync(around.logsDir, { recursive: true });
  }

  start(spec: ProcessSpec): SupervisedProcess {
    const supervised = new SupervisedProcess(spec, this.#around);
    this.processes.push(supervised);
    supervised.start();
    return supervised;
  }

  named(name: string): SupervisedProcess[] {
    return this.processes.filter((each) => each.name === name);
  }

  /** Waits until every process is ready. @throws StartError with the first that is given up, or those that take too long. */
  async untilReady(timeoutMs: number): Promise<void> {
    const late = () => {
      const names = this.processes.filter((each) => !each.ready).map((each) => each.label);
      return new StartError(
        `Not ready after ${timeoutMs / 1000} s: ${names.join(", ")} (${this.#around.logsDir})`,
      );
    };
    await within(timeoutMs, Promise.all(this.processes.map((each) => each.untilReady())), late);
  }

  /** Stops the services in the given order, all processes of a group of services at once; then whatever is left. */
  async stop(order: readonly (readonly string[])[], options: { force?: boolean } = {}): Promise<void> {
    const groups = [
      ...order.map((names) => this.processes.filter(({ name }) => names.includes(name))),
      this.processes,
    ];
    for (const group of groups) await Promise.all(group.map((each) => each.stop(options)));
  }
}

/** Ends service processes that a killed supervisor left. They are ending by themselves: this waits for them. */
export async function endOrphans(runDir: string, graceMs: number): Promise<number> {
  const files = (existsSync(runDir) ? readdirSync(runDir) : []).filter((name) => name.endsWith(".pid.json"));
  const ended = await Promise.all(files.map((name) => endOrphan(join(runDir, name), graceMs)));
  return ended.filter(Boolean).length;
}
