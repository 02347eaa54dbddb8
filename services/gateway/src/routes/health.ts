import { setTimeout as delay } from "node:timers/promises";
import { ProblemError } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";

/** A look at the store is worth so long: it costs a call, and anybody may ask whether the gateway is ready. */
const lookMs = 1_000;

/** Balancers and orchestrators wait for seconds: by then a Redis or a store that says nothing is one that is away. */
const answerWithinMs = 4_000;

/** `/livez`, `/readyz`, `/metrics`. */
export async function health(app: App, { backbone, metrics }: Dependencies): Promise<void> {
  let last: { at: number; look: Promise<unknown> } | undefined;
  const late = async (code: "queue-unavailable" | "store-unavailable"): Promise<never> => {
    await delay(answerWithinMs, undefined, { ref: false });
    throw new ProblemError(code);
  };
  // A list: a bucket that is missing answers HEAD as an object that is.
  const list = () => backbone.store.list("probe/", { limit: 1 });
  const look = () => Promise.race([list(), late("store-unavailable")]);
  const storeIsThere = () => {
    if (last === undefined || performance.now() - last.at > lookMs)
      last = { at: performance.now(), look: look() };
    return last.look;
  };

  app.route({
    method: "GET",
    url: "/livez",
    schema: {
      operationId: "isLive",
      summary: "Whether the gateway answers",
      response: { 200: Type.Object({ status: Type.Literal("live") }) },
    },
    handler: async () => ({ status: "live" as const }),
  });
  app.route({
    method: "GET",
    url: "/readyz",
    schema: {
      operationId: "isReady",
      summary: "Whether the gateway has its queue and its store",
      response: { 200: Type.Object({ status: Type.Literal("ready") }) },
    },
    config: { problems: ["queue-unavailable", "store-unavailable"] },
    handler: async () => {
      const ping = backbone.redis.ping().catch(() => {
        throw new ProblemError("queue-unavailable");
      });
      await Promise.all([Promise.race([ping, late("queue-unavailable")]), storeIsThere()]);
      return { status: "ready" as const };
    },
  });
  app.route({
    method: "GET",
    url: "/metrics",
    schema: {
      operationId: "getMetrics",
      summary: "The gateway’s metrics",
      response: {
        200: {
          description: "In Prometheus’s text format.",
          content: { "text/plain": { schema: Type.String() } },
        },
      },
    },
    config: { scope: "admin" },
    handler: async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  });
}
