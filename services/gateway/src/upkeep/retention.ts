import {
  type Analyses,
  type Config,
  clockDifference,
  expireAnalyses,
  type Ledger,
  type Logger,
  type Metrics,
  type ProblemCode,
  type ProblemError,
  type RedisConnection,
  RedisLock,
  readRetentionTenants,
  redisPrefix,
  toProblem,
} from "@osteon/shared";
import { startRepeating } from "./repeating.js";

const hourSeconds = 3600;
const dayMs = 86_400_000;
/** Faults that another gateway may not have. */
const outages: readonly ProblemCode[] = ["store-unavailable", "queue-unavailable"];

export interface RetentionParts {
  analyses: Analyses;
  redis: RedisConnection;
  config: Pick<Config, "RETENTION_DAYS" | "RETENTION_TENANTS" | "WEBHOOK_RETENTION_DAYS">;
  logger: Pick<Logger, "info" | "warn" | "error">;
  metrics: Pick<Metrics, "upkeep">;
  now?: () => number;
}

/**
 * Removes deliveries to endpoints that are older than the retention. Returns how many. One that cannot be read is told; an endpoint
 * whose deliveries cannot be removed keeps no other's, and its fault is thrown at the end.
 */
async function expireDeliveries(
  { endpoints, deliveries }: Pick<Ledger, "endpoints" | "deliveries">,
  days: number,
  logger: Pick<Logger, "error">,
  now: number,
): Promise<number> {
  let removed = 0;
  let first: ProblemError | undefined;
  for await (const { tenant, id } of endpoints.refs())
    try {
      removed += await deliveries.expire(tenant, id, now - days * dayMs, (event, error) =>
        logger.error({ err: error, webhook: id, event }, "delivery cannot be read"),
      );
    } catch (error) {
      first ??= toProblem(error);
    }
  if (first !== undefined) throw first;
  return removed;
}

/** The time before which a tenant's analyses are past their retention; undefined where they are kept. */
export function retentionOf(
  { RETENTION_DAYS, RETENTION_TENANTS }: Pick<Config, "RETENTION_DAYS" | "RETENTION_TENANTS">,
  now = Date.now(),
): (tenant: string) => number | undefined {
  const own = new Map(readRetentionTenants(RETENTION_TENANTS));
  return (tenant) => {
    const days = own.get(tenant) ?? RETENTION_DAYS ?? 0;
    return days === 0 ? undefined : now - days * dayMs;
  };
}

/** Holds the retention at once and an hour after each time, one gateway at a time, until the returned function is called. */
export function startRetention({
  analyses,
  redis,
  config,
  logger,
  metrics,
  now: clock = Date.now,
}: RetentionParts): () => Promise<void> {
  const lock = new RedisLock(redis, { heldMs: (hourSeconds - 60) * 1000 });
  let well = true;
  const failed = (error: unknown) => {
    well = false;
    logger.warn({ err: error }, "retention failed; the next round tries again");
    return true;
  };
  /** Undefined where the round is another gateway's. */
  const hold = async () => {
    // One time for the whole round: the clock may be set meanwhile.
    const now = clock();
    const aheadMs = await clockDifference(redis, now);
    // Before the lock: another gateway's clock may be right.
    if (aheadMs !== undefined) {
      well = false;
      logger.error({ aheadMs }, "clock differs from Redis’s: no retention is held");
      return true;
    }
    return lock.runWhereDue(`${redisPrefix}:retention`, () => round(now));
  };
  const round = async (now: number) => {
    const faults: ProblemError[] = [];
    // Whatever is wrong with one kind, the others go too.
    const noted = (error: unknown) => {
      faults.push(toProblem(error));
      return 0;
    };
    const expired = await expireAnalyses(analyses, retentionOf(config, now), ({ tenant, id }, { code }) =>
      logger.error({ tenant, id, code }, "analysis cannot be erased"),
    ).catch(noted);
    const { WEBHOOK_RETENTION_DAYS } = config;
    const deliveries = await expireDeliveries(analyses.ledger, WEBHOOK_RETENTION_DAYS, logger, now).catch(
      noted,
    );
    await analyses.ledger.idempotency.sweep(now).catch(noted);
    await analyses.ledger.commitments.sweep(now).catch(noted);
    if (deliveries + expired > 0) logger.info({ deliveries, analyses: expired }, "retention held");
    // Thrown, it gives the lock back: another gateway's store may be there.
    const outage = faults.find(({ code }) => outages.includes(code));
    for (const fault of faults) if (fault !== outage) failed(fault);
    if (outage !== undefined) throw outage;
    return true;
  };
  return startRepeating(async () => {
    well = true;
    const due = await hold().catch(failed);
    // Of a round that another gateway holds, that one tells.
    if (due !== undefined) metrics.upkeep.inc({ task: "retention", outcome: well ? "done" : "failed" });
  }, hourSeconds);
}
