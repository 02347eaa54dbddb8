import {
  type EndpointRegistry,
  EventTypeSchema,
  eventTypes,
  publicEndpoint,
  WebhookEndpoint,
} from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../../app.js";
import { IdParams, strict } from "../schemas.js";
import { endpointRef } from "./endpoint-ref.js";

const Url = Type.String({ minLength: 1, maxLength: 2048, description: "http or https, public." });
const Description = Type.String({ maxLength: 200 });
const Events = Type.Array(EventTypeSchema, { minItems: 1, maxItems: eventTypes.length, uniqueItems: true });

const NewEndpoint = Type.Object(
  {
    url: Url,
    description: Type.Optional(Description),
    events: Type.Optional(Events),
  },
  strict,
);

const Change = Type.Object(
  {
    url: Type.Optional(Url),
    description: Type.Optional(Description),
    events: Type.Optional(Events),
    enabled: Type.Optional(Type.Boolean({ description: "true enables again what was disabled." })),
  },
  strict,
);

const Created = Type.Object({
  ...WebhookEndpoint.properties,
  secret: Type.String({ description: "whsec_…; shown here and never again." }),
});

/** `POST`, `GET` of `/v1/webhooks`; `GET`, `PATCH`, `DELETE` of `/v1/webhooks/{id}`. */
export async function endpoints(
  app: App,
  { backbone, policy, turns }: Dependencies,
  registry: EndpointRegistry,
): Promise<void> {
  const { ledger, dispatch } = backbone.analyses;

  app.route({
    method: "POST",
    url: "/v1/webhooks",
    schema: {
      operationId: "createWebhook",
      summary: "Register an endpoint",
      body: NewEndpoint,
      response: { 201: Created },
    },
    config: { scope: "webhooks", problems: ["callback-refused", "too-many-webhooks", "webhooks-off"] },
    handler: async ({ tenant, body }, reply) => {
      policy.checkUrl(body.url);
      const { record, secret } = await registry.create(tenant, {
        url: body.url,
        description: body.description ?? "",
        events: body.events ?? [...eventTypes],
      });
      return reply
        .code(201)
        .header("location", `/v1/webhooks/${record.id}`)
        .header("cache-control", "no-store")
        .send({ ...publicEndpoint(record), secret });
    },
  });

  app.route({
    method: "GET",
    url: "/v1/webhooks",
    schema: {
      operationId: "listWebhooks",
      summary: "The endpoints, oldest first",
      response: { 200: Type.Object({ data: Type.Array(WebhookEndpoint) }) },
    },
    config: { scope: "webhooks" },
    handler: async ({ tenant }) => ({ data: (await ledger.endpoints.list(tenant)).map(publicEndpoint) }),
  });

  app.route({
    method: "GET",
    url: "/v1/webhooks/:id",
    schema: {
      operationId: "getWebhook",
      summary: "An endpoint",
      params: IdParams,
      response: { 200: WebhookEndpoint },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found"] },
    handler: async (request) => publicEndpoint(await registry.find(endpointRef(request))),
  });

  app.route({
    method: "PATCH",
    url: "/v1/webhooks/:id",
    schema: {
      operationId: "changeWebhook",
      summary: "Change an endpoint, disable or enable it",
      params: IdParams,
      body: Change,
      response: { 200: WebhookEndpoint },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found", "callback-refused"] },
    handler: async (request) => {
      const { body } = request;
      if (body.url !== undefined) policy.checkUrl(body.url);
      return publicEndpoint(await registry.change(endpointRef(request), body));
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/webhooks/:id",
    schema: {
      operationId: "deleteWebhook",
      summary: "Delete an endpoint and its deliveries",
      params: IdParams,
      response: { 204: Type.Null({ description: "Deleted." }) },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found"] },
    handler: async (request, reply) => {
      await turns.run(request.tenant, reply, () =>
        registry.delete(endpointRef(request), (ref) => dispatch.forgetEndpoint(ref)),
      );
      return reply.code(204).send(null);
    },
  });
}
