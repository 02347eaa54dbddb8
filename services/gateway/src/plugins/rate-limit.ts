import { type Config, type KeyRecord, ProblemError, redisPrefix } from "@osteon/shared";
import type { FastifyReply } from "fastify";
import type { App, Dependencies } from "../app.js";
import { RateLimiterRedis, RateLimiterRes } from "../libraries/fastify.js";

/** What calls are counted by: films that come in apart from everything else, so that a flood of them leaves reads alone. */
export type Budget = "submissions" | "reads";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The budget that the call is counted by; a route with a scope and without it is a read. */
    budget?: Budget;
  }
  interface FastifyInstance {
    /** Counts a test of an endpoint. @throws ProblemError `rate-limited` */
    countTest(place: string): Promise<void>;
    /** Counts a call of a tenant, by the budget of its key. @throws ProblemError `rate-limited` */
    count(
      caller: { tenant: string; key: KeyRecord | null },
      budget: Budget,
      reply: FastifyReply,
    ): Promise<void>;
  }
}

const windowSeconds = 60;
/** Tests of an endpoint in that time: a person makes them, and a receiver that never answers gets through as many. */
const mostTests = 10;
const withKeys: Readonly<Record<Budget, number>> = { submissions: 600, reads: 6_000 };

/**
 * Calls a minute of a tenant, counted over all gateways in Redis, told as the `RateLimit` and `RateLimit-Policy` fields of
 * draft-ietf-httpapi-ratelimit-headers-10. A key with limits of its own is counted for itself. Without Redis nothing is
 * counted: reads go on, and a submission is refused where it needs Redis.
 */
export async function rateLimit(app: App, { config, backbone, logger }: Dependencies): Promise<void> {
  const limiters = new Map<string, RateLimiterRedis>();
  const limiterOf = (budget: Budget | "tests", points: number) => {
    const name = `${budget}:${points}`;
    const known = limiters.get(name);
    if (known !== undefined) return known;
    const made = new RateLimiterRedis({
      storeClient: backbone.redis,
      keyPrefix: `${redisPrefix}:rate:${budget}`,
      points,
      duration: windowSeconds,
      rejectIfRedisNotReady: true,
    });
    limiters.set(name, made);
    return made;
  };

  app.decorate("countTest", async (place) => {
    try {
      await limiterOf("tests", mostTests).consume(place);
    } catch (error) {
      // Without Redis there is no test either.
      if (!(error instanceof RateLimiterRes))
        throw new ProblemError("queue-unavailable", undefined, { cause: error });
      throw spent(error, `${mostTests} tests of an endpoint`);
    }
  });
  app.decorate("count", async ({ tenant, key }, budget, reply) => {
    const { points, who } = quotaOf(config, budget, tenant, key);
    if (points === 0) return;
    try {
      tell(reply, budget, points, await limiterOf(budget, points).consume(who));
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) {
        logger.debug({ err: error }, "not counted");
        return;
      }
      tell(reply, budget, points, error);
      throw spent(error, `${points} calls`);
    }
  });
  app.addHook("onRequest", async (request, reply) => {
    const { scope, budget = "reads" } = request.routeOptions.config;
    if (scope === undefined || scope === "admin") return;
    await app.count(request, budget, reply);
  });
}

function quotaOf(
  config: Config,
  budget: Budget,
  tenant: string,
  key: KeyRecord | null,
): { points: number; who: string } {
  const own = key?.limits?.[budget];
  if (key !== null && own !== undefined) return { points: own, who: `key:${key.id}` };
  const configured = budget === "submissions" ? config.RATE_LIMIT_SUBMISSIONS : config.RATE_LIMIT_READS;
  return { points: configured ?? (config.AUTH === "keys" ? withKeys[budget] : 0), who: `tenant:${tenant}` };
}

function tell(reply: FastifyReply, budget: Budget, points: number, left: RateLimiterRes): void {
  reply.header("ratelimit-policy", `"${budget}";q=${points};w=${windowSeconds}`);
  reply.header("ratelimit", `"${budget}";r=${left.remainingPoints};t=${secondsOf(left)}`);
}

function spent(left: RateLimiterRes, most: string): ProblemError {
  const detail = `More than ${most} in ${windowSeconds} s.`;
  return new ProblemError("rate-limited", detail, { retryAfter: secondsOf(left) });
}

function secondsOf({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1000));
}
