import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "../libraries/telemetry.js";

const stageBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
const waitBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800];

/** What the object store's calls are measured by. */
export type StoreMetrics = Pick<Metrics, "storeSeconds" | "storeBytes">;

/** The metrics of one process. Labels are bounded: kinds, outcomes, codes; never an id. */
export class Metrics {
  readonly registry = new Registry();
  readonly jobSeconds: Histogram<"kind" | "outcome">;
  readonly queueWaitSeconds: Histogram<"kind">;
  readonly analysisSeconds: Histogram<"status">;
  readonly films: Counter<"outcome">;
  readonly modelSeconds: Histogram<"model">;
  readonly deliveries: Counter<"result">;
  readonly refusals: Counter<"code">;
  readonly reconciled: Counter<"action">;
  readonly upkeep: Counter<"task" | "outcome">;
  readonly storeSeconds: Histogram<"operation">;
  readonly storeBytes: Counter<"direction">;
  readonly #stop: () => void;

  constructor(service: string) {
    const registers = [this.registry];
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
    this.jobSeconds = new Histogram({
      name: "osteon_job_duration_seconds",
      help: "Time of one try of a job, by kind and outcome.",
      labelNames: ["kind", "outcome"],
      buckets: stageBuckets,
      registers,
    });
    this.queueWaitSeconds = new Histogram({
      name: "osteon_queue_wait_seconds",
      help: "Time from a job's adding to its first try, by kind.",
      labelNames: ["kind"],
      buckets: waitBuckets,
      registers,
    });
    this.analysisSeconds = new Histogram({
      name: "osteon_analysis_duration_seconds",
      help: "Time from an analysis's acceptance to its end, by end state.",
      labelNames: ["status"],
      buckets: waitBuckets,
      registers,
    });
    this.films = new Counter({
      name: "osteon_films_total",
      help: "Films of the analyses that this process ended, by outcome.",
      labelNames: ["outcome"],
      registers,
    });
    this.modelSeconds = new Histogram({
      name: "osteon_model_duration_seconds",
      help: "Time of one film in a model, its tensor included, its wait for a thread not.",
      labelNames: ["model"],
      buckets: stageBuckets,
      registers,
    });
    this.deliveries = new Counter({
      name: "osteon_webhook_deliveries_total",
      help: "Webhook attempts, by result.",
      labelNames: ["result"],
      registers,
    });
    this.refusals = new Counter({
      name: "osteon_refusals_total",
      help: "Requests answered with a problem, by its code.",
      labelNames: ["code"],
      registers,
    });
    this.reconciled = new Counter({
      name: "osteon_reconciled_total",
      help: "What the reconciler put right, by action.",
      labelNames: ["action"],
      registers,
    });
    this.upkeep = new Counter({
      name: "osteon_upkeep_rounds_total",
      help: "Rounds of the reconciler and of retention, by outcome.",
      labelNames: ["task", "outcome"],
      registers,
    });
    this.storeSeconds = new Histogram({
      name: "osteon_store_duration_seconds",
      help: "Time of one call of the object store, by operation.",
      labelNames: ["operation"],
      buckets: stageBuckets,
      registers,
    });
    this.storeBytes = new Counter({
      name: "osteon_store_bytes_total",
      help: "Bytes of whole objects that went into and came out of the object store.",
      labelNames: ["direction"],
      registers,
    });
    // What has not happened yet is told as 0: of a series that begins with its first event no rate can be told.
    for (const outcome of ["analysed", "not-identified", "unsupported-region", "failed"])
      this.films.inc({ outcome }, 0);
    for (const result of ["delivered", "failed", "dead"]) this.deliveries.inc({ result }, 0);
    for (const code of ["overloaded", "share-exceeded", "store-unavailable", "queue-unavailable"])
      this.refusals.inc({ code }, 0);
    for (const action of ["requeued", "settled", "redelivered", "swept", "stuck"])
      this.reconciled.inc({ action }, 0);
    for (const task of ["reconciling", "retention"])
      for (const outcome of ["done", "failed"]) this.upkeep.inc({ task, outcome }, 0);
    this.#stop = measureLoop(this.registry);
  }

  close(): void {
    this.#stop();
  }
}

/** Lag of the event loop since the last scrape: what a timer waited beyond its time, in seconds. */
function measureLoop(registry: Registry): () => void {
  const resolutionMs = 10;
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const lag = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolutionMs / 1e3);
  new Gauge({
    name: "osteon_event_loop_lag_seconds",
    help: "Lag of the event loop since the last scrape, by quantile.",
    labelNames: ["quantile"],
    registers: [registry],
    collect() {
      if (histogram.count > 0) {
        this.set({ quantile: "0.5" }, lag(histogram.percentile(50)));
        this.set({ quantile: "0.99" }, lag(histogram.percentile(99)));
        this.set({ quantile: "1" }, lag(histogram.max));
      }
      histogram.reset();
    },
  });
  return () => histogram.disable();
}
