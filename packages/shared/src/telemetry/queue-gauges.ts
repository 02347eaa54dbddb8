import { setTimeout as delay } from "node:timers/promises";
import { Gauge, type Registry } from "../libraries/telemetry.js";

/** What is to be known of the queues. */
export interface QueueDepths {
  /** Jobs of each queue by state. */
  counts(): Promise<Record<string, Record<string, number>>>;
  /** Milliseconds for which the next job of each queue has waited; absent where none waits. */
  headAges(): Promise<Record<string, number>>;
}

type Told = [counts: Record<string, Record<string, number>>, headAges: Record<string, number>];

/** Scrapers that come together are told the same. */
const freshMs = 1_000;
/** Prometheus drops the whole scrape after ten seconds: by then a Redis that says nothing is one that is away. */
const answerWithinMs = 3_000;

/**
 * Depth and age of the queues, asked for when they are scraped. Every gateway tells the same: take the greatest, not the sum.
 * Without Redis there are no numbers, rather than old ones.
 */
export function gaugeQueues(registry: Registry, queues: QueueDepths): void {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: Promise<Told> | undefined;
  const none: Told = [{}, {}];
  const ask = () => {
    if (answer === undefined || performance.now() - asked > freshMs) {
      asked = performance.now();
      const told = Promise.all([queues.counts(), queues.headAges()]).catch(() => none);
      answer = Promise.race([told, delay(answerWithinMs, none, { ref: false })]);
    }
    return answer;
  };
  new Gauge({
    name: "osteon_queue_jobs",
    help: "Jobs in a queue by state. Films wait as prioritized, other jobs as waiting.",
    labelNames: ["queue", "state"],
    registers: [registry],
    async collect() {
      const [counts] = await ask();
      this.reset();
      for (const [queue, states] of Object.entries(counts))
        for (const [state, jobs] of Object.entries(states)) this.set({ queue, state }, jobs);
    },
  });
  new Gauge({
    name: "osteon_queue_head_age_seconds",
    help: "How long the next job of a queue has waited; 0 where none waits.",
    labelNames: ["queue"],
    registers: [registry],
    async collect() {
      const [counts, ages] = await ask();
      this.reset();
      for (const queue of Object.keys(counts)) this.set({ queue }, (ages[queue] ?? 0) / 1000);
    },
  });
}
