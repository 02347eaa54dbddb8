import {
  type AnalysisRef,
  type DeliveryRecord,
  type DeliveryRef,
  type EndpointRecord,
  isGone,
  type Ledger,
  type WebhookEvent,
  type WebhookTestEvent,
} from "@osteon/shared";

/** A delivery that is owed, with all that a try needs. */
export interface DueDelivery {
  record: DeliveryRecord;
  url: string;
  body: string;
  /** Absent for a callback address. */
  endpoint?: EndpointRecord;
}

/** Why there is nothing to try: it is done already, its event or endpoint is gone, or the endpoint is disabled. */
export type NotDue = "done" | "gone" | "disabled";

/** Reads from the ledger what a try of a delivery needs. */
export async function readDue(ledger: Ledger, ref: DeliveryRef): Promise<DueDelivery | NotDue> {
  const record = await ledger.deliveries.get(ref);
  if (record === undefined) return "gone";
  // The last try may have been broken off between its note and its look at what it tells of.
  if (record.status !== "pending") return (await isGone(ledger, ref, record)) ? "gone" : "done";
  return ref.webhook === undefined
    ? callback(ledger, record, { tenant: ref.tenant, id: ref.event })
    : toEndpoint(ledger, record, ref, ref.webhook);
}

async function callback(
  ledger: Ledger,
  record: DeliveryRecord,
  analysis: AnalysisRef,
): Promise<DueDelivery | NotDue> {
  const [request, body] = await Promise.all([
    ledger.request(analysis),
    analysisBody(ledger, record, analysis),
  ]);
  if (request?.callbackUrl === undefined || body === undefined) return "gone";
  return { record, url: request.callbackUrl, body };
}

async function toEndpoint(
  ledger: Ledger,
  record: DeliveryRecord,
  { tenant, event }: DeliveryRef,
  webhook: string,
): Promise<DueDelivery | NotDue> {
  const isTest = record.type === "webhook.test";
  const [endpoint, body] = await Promise.all([
    ledger.endpoints.get({ tenant, id: webhook }),
    isTest ? testBody(record, webhook) : analysisBody(ledger, record, { tenant, id: event }),
  ]);
  if (endpoint === undefined || body === undefined) return "gone";
  // A disabled endpoint may be tried before it is enabled again.
  if (!endpoint.enabled && !isTest) return "disabled";
  return { record, url: endpoint.url, body, endpoint };
}

/** The event as it was at the first try, to the byte: all of it is written once. */
async function analysisBody(
  ledger: Ledger,
  { type }: DeliveryRecord,
  ref: AnalysisRef,
): Promise<string | undefined> {
  const analysis = await ledger.results.get(ref);
  if (analysis === undefined || type === "webhook.test") return undefined;
  const event: WebhookEvent = { type, timestamp: analysis.completedAt ?? analysis.createdAt, data: analysis };
  return JSON.stringify(event);
}

function testBody(record: DeliveryRecord, webhook: string): string {
  const event: WebhookTestEvent = {
    type: "webhook.test",
    timestamp: record.createdAt,
    data: { webhook },
  };
  return JSON.stringify(event);
}
