import { badConfiguration } from "../command-line/exit-codes.js";
import { type Config, type ConfigRule, loadConfig } from "../config/index.js";
import { ProblemError } from "../problems/index.js";
import {
  createLogger,
  type Logger,
  Metrics,
  startTraceExport,
  type TraceExport,
} from "../telemetry/index.js";
import { startHealthServer } from "./health-server.js";

export interface ServiceContext {
  /** Name of the service, such as `fracture-worker`. */
  service: string;
  config: Config;
  logger: Logger;
  metrics: Metrics;
}

/** A service that runs: it was ready when its `start` returned. */
export interface RunningService {
  /** Where it listens, if it does. */
  address?: string;
  ready(): boolean | Promise<boolean>;
  /** Loads anew what can be replaced while it works: what SIGHUP asks for. Without it, SIGHUP ends the service. */
  reload?(): Promise<void>;
  /** Finishes what is in hand, hands the rest back, and lets go of everything. */
  stop(): Promise<void>;
}

/** Time that SIGTERM leaves a service to finish what it has in hand. */
const graceMs = 25_000;

/**
 * Runs a service as a process of its own: configuration, logs, metrics, health, signals.
 * A supervisor is told `{type: 'ready', address}` over IPC; when it goes away, the service ends too.
 * @param rules what this service asks of its configuration beside the schema
 */
export async function runService(
  name: string,
  start: (context: ServiceContext) => Promise<RunningService>,
  ...rules: ConfigRule[]
): Promise<void> {
  let config: Config;
  try {
    config = loadConfig(process.env, ...rules);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof ProblemError ? error.message : String(error)}\n`);
    process.exitCode = badConfiguration;
    return;
  }
  const logger = createLogger(name, config);
  const metrics = new Metrics(name);
  let stopping = false;
  let service: RunningService | undefined;
  let traces: TraceExport | undefined;
  let health: { address: string; close(): Promise<void> } | undefined;

  const stop = async (reason: string, code: number) => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, "stopping");
    setTimeout(() => {
      logger.error("not drained within the grace");
      process.exit(1);
    }, graceMs).unref();
    try {
      await service?.stop();
      await health?.close();
      await traces?.close();
    } catch (error) {
      logger.error({ err: error }, "stopping failed");
      code = 1;
    }
    metrics.close();
    process.exit(code);
  };
  process.on("SIGTERM", () => void stop("SIGTERM", 0));
  // A terminal sends Ctrl-C to every process at once; a supervised service waits for its supervisor's word.
  process.on("SIGINT", () => {
    if (process.send === undefined) void stop("SIGINT", 0);
  });
  let hungUp = false;
  const hangUp = async () => {
    // While it starts it may have read what has changed since: it looks again once it runs.
    hungUp = service === undefined;
    if (service === undefined || stopping) return;
    if (service.reload === undefined) await stop("SIGHUP", 0);
    else await service.reload();
  };
  process.on("SIGHUP", () => void hangUp());
  process.on("disconnect", () => void stop("supervisor gone", 0));
  if (process.send !== undefined && !process.connected) return stop("supervisor gone", 0);
  const fail = (error: unknown) => {
    logger.fatal({ err: error }, "unexpected error");
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);

  try {
    traces = await startTraceExport(name, process.env);
    // Before it is ready: what waits for its store is alive, and is not to be ended for it.
    if (config.HEALTH_PORT !== undefined) {
      const ready = async () => !stopping && (await service?.ready()) === true;
      health = await startHealthServer({ host: config.HOST, port: config.HEALTH_PORT }, { ready }, metrics);
    }
    service = await start({ service: name, config, logger, metrics });
    if (hungUp) await hangUp();
    logger.info({ address: service.address, metrics: health && `${health.address}/metrics` }, "ready");
    process.send?.({ type: "ready", ...(service.address === undefined ? {} : { address: service.address }) });
  } catch (error) {
    logger.fatal({ err: error }, "start-up failed");
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof ProblemError && error.code === "config-invalid" ? badConfiguration : 1);
  }
}
