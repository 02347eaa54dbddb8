import { ProblemError } from "@osteon/shared";
import type { App, Dependencies } from "../app.js";

/** `/livez`, `/readyz`, `/metrics`. */
export async function health(app: App, { backbone, metrics }: Dependencies): Promise<void> {
  app.get("/livez", { schema: { hide: true } }, async () => ({ status: "live" }));
  app.get("/readyz", { schema: { hide: true } }, async () => {
    await backbone.redis.ping().catch(() => {
      throw new ProblemError("queue-unavailable");
    });
    await backbone.store.exists("probe/ready");
    return { status: "ready" };
  });
  app.get("/metrics", { schema: { hide: true }, config: { scope: "admin" } }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
