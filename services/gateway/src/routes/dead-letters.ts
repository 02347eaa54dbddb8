import { DeadLetter, DeadLetters, deadLettersPageSize, RedisLock, RetriedLetter } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";

const Page = Type.Object({
  data: Type.Array(DeadLetter),
  more: Type.Boolean({ description: "Whether there are further ones behind these." }),
});

/** `/v1/dead-letters`: what was given up, of all tenants, and the call to try it again. */
export async function deadLetters(app: App, { backbone, logger }: Dependencies): Promise<void> {
  const letters = new DeadLetters(backbone.analyses, new RedisLock(backbone.redis), (name, { code }) =>
    logger.error({ name, code }, "dead letter cannot be read"),
  );
  app.route({
    method: "GET",
    url: "/v1/dead-letters",
    schema: {
      operationId: "listDeadLetters",
      summary: "Failed analyses and deliveries that were given up, of all tenants",
      response: { 200: Page },
    },
    config: { scope: "admin" },
    handler: async () => {
      const data: DeadLetter[] = [];
      for await (const letter of letters.list()) {
        if (data.length === deadLettersPageSize) return { data, more: true };
        data.push(letter);
      }
      return { data, more: false };
    },
  });

  app.route({
    method: "POST",
    url: "/v1/dead-letters/:id/retry",
    schema: {
      operationId: "retryDeadLetter",
      summary: "Try a dead letter again",
      description:
        "A failed analysis stays as it was told; a new one, with the same films and fields and `retryOf`, comes in its place. A delivery is made again under its own id.",
      params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
      response: { 202: RetriedLetter },
    },
    config: {
      scope: "admin",
      problems: ["dead-letter-not-found", "delivery-pending", "film-lost", "film-altered", "record-damaged"],
    },
    handler: async ({ params }, reply) => reply.code(202).send(await letters.retry(params.id)),
  });
}
