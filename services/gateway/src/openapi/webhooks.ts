import { eventTypes, WebhookEvent, WebhookTestEvent } from "@osteon/shared";

const signed = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => ({
  name,
  in: "header",
  required: true,
  schema: { type: "string" },
}));

const told = (operationId: string, summary: string, schema: object) => ({
  post: {
    operationId,
    summary,
    description: "Signed after Standard Webhooks 1.0. Any 2xx counts; what does not is sent again.",
    parameters: signed,
    requestBody: { required: true, content: { "application/json": { schema } } },
    responses: {
      "2XX": { description: "Taken." },
      "410": { description: "Never again: disables the endpoint." },
    },
  },
});

/** What Osteon sends to a tenant's endpoints and to callbacks, for the document. */
export const sentWebhooks = {
  ...Object.fromEntries(
    eventTypes.map((type) => [
      type,
      told(type.replace(".", "-"), `An analysis has ended: ${type.split(".")[1]}`, WebhookEvent),
    ]),
  ),
  "webhook.test": told("webhook-test", "A test event, asked for by the endpoint’s owner", WebhookTestEvent),
};
