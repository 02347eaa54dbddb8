import { type EndpointRegistry, WebhookDelivery } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import { uuidv7 } from "@osteon/shared/libraries/uuid";
import type { App, Dependencies } from "../../app.js";
import { IdParams, strict } from "../schemas.js";
import { endpointRef } from "./endpoint-ref.js";
import { publicDelivery } from "./public-delivery.js";

const daySeconds = 86_400;

const Rotation = Type.Object(
  {
    overlapSeconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 7 * daySeconds,
        default: daySeconds,
        description: "How long the secrets before go on signing beside the new one.",
      }),
    ),
  },
  strict,
);

const Rotated = Type.Object({
  secret: Type.String({ description: "whsec_…; shown here and never again." }),
  previousExpiresAt: Type.String({ format: "date-time" }),
});

/** `POST /v1/webhooks/{id}/rotate-secret` and `POST /v1/webhooks/{id}/test`. */
export async function secrets(
  app: App,
  { backbone }: Dependencies,
  registry: EndpointRegistry,
): Promise<void> {
  app.route({
    method: "POST",
    url: "/v1/webhooks/:id/rotate-secret",
    schema: {
      operationId: "rotateWebhookSecret",
      summary: "A new secret, with an overlap",
      params: IdParams,
      body: Rotation,
      response: { 200: Rotated },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found", "webhooks-off"], bodyOptional: true },
    preValidation: async (request) => {
      request.body ??= {} as typeof request.body;
    },
    handler: async (request, reply) =>
      reply
        .header("cache-control", "no-store")
        .send(await registry.rotate(endpointRef(request), request.body.overlapSeconds ?? daySeconds)),
  });

  app.route({
    method: "POST",
    url: "/v1/webhooks/:id/test",
    schema: {
      operationId: "testWebhook",
      summary: "Send a test event, once",
      params: IdParams,
      response: { 202: WebhookDelivery },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found", "webhooks-off"] },
    handler: async (request, reply) => {
      const ref = endpointRef(request);
      await registry.find(ref);
      await app.countTest(`${ref.tenant}:${ref.id}`);
      const record = await backbone.analyses.dispatch.sendTest(ref, uuidv7());
      return reply
        .code(202)
        .header("location", `/v1/webhooks/${ref.id}/deliveries/${record.id}`)
        .send(publicDelivery(record));
    },
  });
}
