import { type Static, Type } from "../libraries/typebox.js";
import { eventTypes } from "./events.js";

const Timestamp = Type.String({ format: "date-time" });

/** With a type: Ajv compares what is unique and has none each with each. */
export const EventTypeSchema = Type.Enum([...eventTypes], { type: "string" });

/** Why an endpoint gets nothing: it said that it is gone (410), it failed for too long, or its owner asked. */
export const DisabledReason = Type.Enum(["gone", "failing", "asked"]);
export type DisabledReason = Static<typeof DisabledReason>;

/** A registered receiver of a tenant's events, as its owner sees it. */
export const WebhookEndpoint = Type.Object({
  id: Type.String({ format: "uuid" }),
  url: Type.String({ format: "uri" }),
  description: Type.String({ maxLength: 200 }),
  events: Type.Array(EventTypeSchema, { description: "What it is told." }),
  enabled: Type.Boolean(),
  disabled: Type.Optional(Type.Object({ reason: DisabledReason, at: Timestamp })),
  failingSince: Type.Optional(
    Type.String({ format: "date-time", description: "First failed try since the last that succeeded." }),
  ),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type WebhookEndpoint = Static<typeof WebhookEndpoint>;

export const DeliveryStatus = Type.Enum(["pending", "delivered", "failed"], {
  description: "failed: given up, until it is asked for again.",
});

/** One try of a delivery. */
export const DeliveryAttempt = Type.Object({
  at: Timestamp,
  delivered: Type.Boolean(),
  milliseconds: Type.Integer({ minimum: 0 }),
  status: Type.Optional(Type.Integer({ description: "HTTP status of the answer, if there was one." })),
  reason: Type.Optional(Type.String({ description: "Why it did not count." })),
  answer: Type.Optional(
    Type.String({ maxLength: 500, description: "Beginning of the answer’s body, printable characters." }),
  ),
});
export type DeliveryAttempt = Static<typeof DeliveryAttempt>;

/** One event on its way to one receiver. */
export const WebhookDelivery = Type.Object({
  id: Type.String({ description: "The webhook-id: the event’s, the same at every receiver." }),
  type: Type.Enum([...eventTypes, "webhook.test"]),
  webhook: Type.Optional(
    Type.String({ format: "uuid", description: "The endpoint; absent for the analysis’s callbackUrl." }),
  ),
  analysis: Type.Optional(Type.String({ format: "uuid" })),
  status: DeliveryStatus,
  createdAt: Timestamp,
  nextAttemptAt: Type.Optional(Timestamp),
  reason: Type.Optional(Type.String({ description: "Why it was given up." })),
  attempts: Type.Array(DeliveryAttempt, { description: "The last 25, oldest first." }),
});
export type WebhookDelivery = Static<typeof WebhookDelivery>;
