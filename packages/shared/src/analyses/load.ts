import type { Queues } from "../queues/index.js";
import type { LiveState } from "./live-state.js";

/** Films that there are to do. */
export interface Load {
  /** That wait or are worked on. */
  backlog: number;
  /** Of these, that wait. */
  waiting: number;
  /** That ended since the count began. */
  ended: number;
  /** That wait, by tenant. */
  tenants: ReadonlyMap<string, number>;
}

export async function loadOf(queues: Queues, live: LiveState): Promise<Load> {
  const [{ bodypart, fracture }, ended, tenants] = await Promise.all([
    queues.counts(),
    live.ended(),
    queues.waiting(),
  ]);
  const of = (...states: string[]) =>
    states.reduce((films, state) => films + (bodypart[state] ?? 0) + (fracture[state] ?? 0), 0);
  const waiting = of("waiting", "prioritized");
  return { backlog: waiting + of("active", "delayed"), waiting, ended, tenants };
}
