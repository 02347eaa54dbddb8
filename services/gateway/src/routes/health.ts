import { ProblemError } from "@osteon/shared";
import type { App, Dependencies } from "../app.js";

/** A look at the store is worth so long: it costs a call, and anybody may ask whether the gateway is ready. */
const lookMs = 1_000;

/** `/livez`, `/readyz`, `/metrics`. */
export async function health(app: App, { backbone, metrics }: Dependencies): Promise<void> {
  let last: { at: number; look: Promise<boolean> } | undefined;
  const storeIsThere = () => {
    if (last === undefined || performance.now() - last.at > lookMs)
      last = { at: performance.now(), look: backbone.store.exists("probe/ready") };
    return last.look;
  };

  app.get("/livez", { schema: { hide: true } }, async () => ({ status: "live" }));
  app.get("/readyz", { schema: { hide: true } }, async () => {
    await backbone.redis.ping().catch(() => {
      throw new ProblemError("queue-unavailable");
    });
    await storeIsThere();
    return { status: "ready" };
  });
  app.get("/metrics", { schema: { hide: true }, config: { scope: "admin" } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
