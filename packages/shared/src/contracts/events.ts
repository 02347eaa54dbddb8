import { type Static, Type } from "../libraries/typebox.js";
import { Analysis, type AnalysisStatus } from "./analysis.js";

/** What an endpoint may ask to be told. */
export const eventTypes = ["analysis.completed", "analysis.failed", "analysis.cancelled"] as const;
export type EventType = (typeof eventTypes)[number];

/** Body of a webhook, after Standard Webhooks 1.0. */
export const WebhookEvent = Type.Object({
  type: Type.Enum([...eventTypes]),
  timestamp: Type.String({ format: "date-time" }),
  data: Analysis,
});
export type WebhookEvent = Static<typeof WebhookEvent>;

/** Body of the event that an endpoint is sent to try it; it never looks like a finding. */
export const WebhookTestEvent = Type.Object({
  type: Type.Literal("webhook.test"),
  timestamp: Type.String({ format: "date-time" }),
  data: Type.Object({ webhook: Type.String({ format: "uuid" }) }),
});
export type WebhookTestEvent = Static<typeof WebhookTestEvent>;

/** One event has one id over all its attempts, and over anything that makes it again: it is derived. */
export function webhookId(analysisId: string, status: AnalysisStatus | "test"): string {
  return `msg_${analysisId.replaceAll("-", "")}_${status}`;
}

/** What every webhook id is like, as a regular expression. */
export const webhookIdPattern = "^msg_([0-9a-f]{12}7[0-9a-f]{19})_(?:completed|failed|cancelled|test)$";
const webhookIds = new RegExp(webhookIdPattern);

/** The UUID in a webhook id: the analysis's, or a test event's own. Undefined for a text that is no webhook id. */
export function eventOfWebhookId(id: string): string | undefined {
  const [, hex] = webhookIds.exec(id) ?? [];
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
