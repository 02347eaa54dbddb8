import type { JobKind } from "../contracts/index.js";
import { checkProcessors, type Processor, RunningProcessor, Solitude } from "../queues/index.js";
import { closeRedis, connectRedis } from "../redis/index.js";
import { OnceAnOutage } from "../telemetry/index.js";
import { watchMemory } from "./memory-watch.js";
import type { RunningService, ServiceContext } from "./run-service.js";

/** What a worker service does. */
interface Work {
  readonly kinds: readonly JobKind[];
  /** One a kind. */
  readonly processors: readonly Processor[];
  /** Jobs of each kind at a time. */
  readonly concurrency: number;
  /** Closes what the processors work with, after them. */
  readonly closeResources: () => Promise<void>;
}

/**
 * Runs the processors of a worker service. A process that takes too much memory is ended at once: its jobs are tried again,
 * alone, and the one that took it is given up in the end.
 */
export async function runProcessors(
  { config, logger, metrics }: ServiceContext,
  { kinds, processors, concurrency, closeResources }: Work,
): Promise<RunningService> {
  checkProcessors(kinds, processors);
  // Scaling asks for the rate of what has ended, which is none until something has.
  for (const kind of kinds)
    for (const outcome of ["done", "retried", "failed"]) metrics.jobSeconds.zero({ kind, outcome });
  const connection = connectRedis(config, "blocking");
  const tell = (error: unknown) => logger.warn({ err: error }, "queue error");
  const redisAway = new OnceAnOutage(tell);
  connection.on("ready", () => redisAway.over());
  const solitude = new Solitude();
  const running = processors.map(
    (processor) =>
      new RunningProcessor(processor, connection, {
        concurrency,
        solitude,
        lockMs: config.JOB_LOCK_MS,
        onError: (error) => {
          if (connection.status === "ready") tell(error);
          // Several a second: each try to connect fails. Some tell in how many milliseconds the next follows.
          else redisAway.failed(error, String(error).replace(/\d+/g, ""));
        },
        onDied: (error) => {
          logger.fatal({ err: error, kind: processor.kind }, "takes no job any more: ended");
          process.exit(1);
        },
        onBegun: (kind, seconds) => metrics.queueWaitSeconds.observe({ kind }, seconds),
        onRetried: (retried) => logger.warn(retried, "try failed; another follows"),
        onDone: (kind, outcome, seconds) => metrics.jobSeconds.observe({ kind, outcome }, seconds),
      }),
  );
  await Promise.all(running.map((each) => each.start()));
  const unwatch = watchMemory({
    limitMegabytes: config.MEMORY_LIMIT_MB,
    onExceeded: (bytes, limit) => {
      logger.fatal({ bytes, limit }, "too much memory: ended");
      // Nothing that is to be tidied up must wait for the native code that takes it.
      process.kill(process.pid, "SIGKILL");
    },
  });
  return {
    ready: () => connection.status === "ready",
    stop: async () => {
      unwatch();
      await Promise.all(running.map((each) => each.drain()));
      await closeResources();
      await closeRedis(connection);
    },
  };
}
