import type { JobKind } from "../contracts/index.js";
import {
  checkProcessors,
  closeRedis,
  connectRedis,
  type Processor,
  RunningProcessor,
} from "../queues/index.js";
import type { RunningService, ServiceContext } from "./run-service.js";

/** Runs the processors of a worker service and closes `resources` after them. */
export async function runProcessors(
  { config, logger, metrics }: ServiceContext,
  kinds: readonly JobKind[],
  processors: readonly Processor[],
  concurrency: number,
  closeResources: () => Promise<void>,
): Promise<RunningService> {
  checkProcessors(kinds, processors);
  const connection = connectRedis(config.REDIS_URL, "blocking");
  const running = processors.map(
    (processor) =>
      new RunningProcessor(processor, connection, {
        concurrency,
        lockMs: config.JOB_LOCK_MS,
        onError: (error) => logger.warn({ err: error }, "queue error"),
        onDone: (kind, outcome, seconds) => metrics.jobSeconds.observe({ kind, outcome }, seconds),
      }),
  );
  await Promise.all(running.map((each) => each.start()));
  return {
    ready: () => connection.status === "ready",
    stop: async () => {
      await Promise.all(running.map((each) => each.drain()));
      await closeResources();
      await closeRedis(connection);
    },
  };
}
