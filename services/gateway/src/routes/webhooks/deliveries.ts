import {
  type Deliveries,
  type DeliveryRecord,
  type DeliveryRef,
  DeliveryStatus,
  type EndpointRef,
  type EndpointRegistry,
  eventOfWebhookId,
  ProblemError,
  WebhookDelivery,
  webhookIdPattern,
} from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../../app.js";
import { IdParams, Limit, strict, usualLimit } from "../schemas.js";
import { endpointRef } from "./endpoint-ref.js";
import { publicDelivery } from "./public-delivery.js";

const Query = Type.Object(
  {
    limit: Limit,
    cursor: Type.Optional(Type.String({ maxLength: 64 })),
    status: Type.Optional(DeliveryStatus),
  },
  strict,
);

const DeliveryParams = Type.Object({
  ...IdParams.properties,
  delivery: Type.String({ maxLength: 64 }),
});

const Page = Type.Object({
  data: Type.Array(WebhookDelivery),
  nextCursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});

const Since = Type.Object(
  {
    since: Type.String({ format: "date-time", description: "Events from this time on." }),
    cursor: Type.Optional(
      Type.String({ pattern: webhookIdPattern, description: "Where the call before says to go on." }),
    ),
  },
  strict,
);

const Redelivering = Type.Object({
  redelivered: Type.Integer({ minimum: 0 }),
  more: Type.Boolean({ description: "Whether a further call may find more." }),
  nextCursor: Type.Optional(Type.String({ description: "Absent where there is no more." })),
});

/** Most deliveries that one request looks at; a page of a rare status may end early, with a cursor to go on. */
const mostLooked = 500;

/** `/v1/webhooks/{id}/deliveries`, and making deliveries again. */
export async function deliveries(
  app: App,
  { backbone, turns }: Dependencies,
  registry: EndpointRegistry,
): Promise<void> {
  const { ledger, dispatch } = backbone.analyses;

  const refOf = ({
    tenant,
    params,
  }: {
    tenant: string;
    params: Static<typeof DeliveryParams>;
  }): DeliveryRef => {
    const event = eventOfWebhookId(params.delivery);
    if (event === undefined) throw new ProblemError("delivery-not-found");
    return { tenant, event, webhook: params.id };
  };
  const find = async (ref: DeliveryRef, id: string): Promise<DeliveryRecord> => {
    const record = await ledger.deliveries.get(ref);
    if (record?.id !== id) throw new ProblemError("delivery-not-found");
    return record;
  };

  app.route({
    method: "GET",
    url: "/v1/webhooks/:id/deliveries",
    schema: {
      operationId: "listDeliveries",
      summary: "An endpoint’s deliveries, newest event first",
      params: IdParams,
      querystring: Query,
      response: { 200: Page },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found", "cursor-invalid"] },
    handler: async (request, reply): Promise<Static<typeof Page>> => {
      const endpoint = await registry.find(endpointRef(request));
      return turns.run(request.tenant, reply, () => listed(ledger.deliveries, endpoint, request.query));
    },
  });

  app.route({
    method: "GET",
    url: "/v1/webhooks/:id/deliveries/:delivery",
    schema: {
      operationId: "getDelivery",
      summary: "A delivery with its attempts",
      params: DeliveryParams,
      response: { 200: WebhookDelivery },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found", "delivery-not-found"] },
    handler: async (request) => {
      await registry.find(endpointRef(request));
      return publicDelivery(await find(refOf(request), request.params.delivery));
    },
  });

  app.route({
    method: "POST",
    url: "/v1/webhooks/:id/deliveries/:delivery/redeliver",
    schema: {
      operationId: "redeliver",
      summary: "Make a delivery again",
      params: DeliveryParams,
      response: { 202: WebhookDelivery },
    },
    config: {
      scope: "webhooks",
      problems: ["webhook-not-found", "delivery-not-found", "delivery-pending", "webhook-disabled"],
    },
    handler: async (request, reply) => {
      await registry.find(endpointRef(request));
      const ref = refOf(request);
      await find(ref, request.params.delivery);
      return reply.code(202).send(publicDelivery(await dispatch.redeliver(ref)));
    },
  });

  app.route({
    method: "POST",
    url: "/v1/webhooks/:id/redeliver",
    schema: {
      operationId: "redeliverFailed",
      summary: "Make again what failed since a time",
      params: IdParams,
      body: Since,
      response: { 202: Redelivering },
    },
    config: { scope: "webhooks", problems: ["webhook-not-found", "webhook-disabled"] },
    handler: async (request, reply) => {
      const endpoint = await registry.find(endpointRef(request));
      if (!endpoint.enabled) throw new ProblemError("webhook-disabled");
      const { since, cursor } = request.body;
      const after = cursor === undefined ? undefined : eventOfWebhookId(cursor);
      const again = await turns.run(request.tenant, reply, () =>
        dispatch.redeliverFailed(endpoint, Date.parse(since), { after }),
      );
      return reply.code(202).send(again);
    },
  });
}

async function listed(
  deliveries: Deliveries,
  { tenant, id }: EndpointRef,
  { limit = usualLimit, cursor, status }: Static<typeof Query>,
): Promise<Static<typeof Page>> {
  const after = cursor === undefined ? undefined : eventOfWebhookId(cursor);
  if (cursor !== undefined && after === undefined) throw new ProblemError("cursor-invalid");
  const data: WebhookDelivery[] = [];
  let looked = 0;
  let last: string | undefined;
  for await (const record of deliveries.of(tenant, id, after)) {
    if (data.length === limit || looked === mostLooked)
      return { data, ...(last === undefined ? {} : { nextCursor: last }) };
    looked += 1;
    last = record.id;
    if (status === undefined || record.status === status) data.push(publicDelivery(record));
  }
  return { data };
}
