import {
  DeadLetter,
  DeadLetters,
  deadLettersPageSize,
  isDeadLetterId,
  ProblemError,
  RedisLock,
  RetriedLetter,
} from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { strict } from "./schemas.js";

const Query = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 100 })),
    kind: Type.Optional(DeadLetter.properties.kind),
  },
  strict,
);

const Page = Type.Object({
  data: Type.Array(DeadLetter),
  more: Type.Boolean({ description: "Whether there are further ones behind these." }),
  nextCursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
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
      description: "Oldest first, failed analyses before deliveries.",
      querystring: Query,
      response: { 200: Page },
    },
    config: { scope: "admin", problems: ["cursor-invalid"] },
    handler: async ({ query }): Promise<Static<typeof Page>> => {
      const { cursor, kind } = query;
      if (cursor !== undefined && !isDeadLetterId(cursor)) throw new ProblemError("cursor-invalid");
      const data: DeadLetter[] = [];
      const filter = {
        ...(cursor === undefined ? {} : { after: cursor }),
        ...(kind === undefined ? {} : { kind }),
      };
      for await (const letter of letters.list(filter)) {
        const last = data.at(-1);
        if (last !== undefined && data.length === deadLettersPageSize)
          return { data, more: true, nextCursor: last.id };
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
      problems: [
        "dead-letter-not-found",
        "delivery-pending",
        "webhook-disabled",
        "film-lost",
        "film-altered",
        "record-damaged",
      ],
    },
    handler: async ({ params }, reply) => reply.code(202).send(await letters.retry(params.id)),
  });
}
