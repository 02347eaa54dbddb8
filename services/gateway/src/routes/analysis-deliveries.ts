import { ProblemError, WebhookDelivery } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { analysisRef } from "./analysis-ref.js";
import { IdParams } from "./schemas.js";
import { publicDelivery } from "./webhooks/public-delivery.js";

/** `GET /v1/analyses/{id}/deliveries`, and making the one to its callback address again. */
export async function analysisDeliveries(app: App, { backbone }: Dependencies): Promise<void> {
  const { ledger, dispatch } = backbone.analyses;
  const requestOf = async (asked: Parameters<typeof analysisRef>[0]) => {
    const request = await ledger.request(analysisRef(asked));
    if (request === undefined) throw new ProblemError("analysis-not-found");
    return request;
  };

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/deliveries",
    schema: {
      operationId: "listAnalysisDeliveries",
      summary: "Where the analysis’s end was delivered",
      params: IdParams,
      response: {
        200: Type.Object({
          data: Type.Array(WebhookDelivery, {
            description: "To its callbackUrl first, then to each endpoint.",
          }),
        }),
      },
    },
    config: { scope: "webhooks", problems: ["analysis-not-found"] },
    handler: async (request) => {
      const { tenant, id } = await requestOf(request);
      return { data: (await dispatch.ofAnalysis(tenant, id)).map(publicDelivery) };
    },
  });

  app.route({
    method: "POST",
    url: "/v1/analyses/:id/redeliver",
    schema: {
      operationId: "redeliverCallback",
      summary: "Make the delivery to the callbackUrl again",
      params: IdParams,
      response: { 202: WebhookDelivery },
    },
    config: {
      scope: "webhooks",
      problems: ["analysis-not-found", "callback-missing", "delivery-not-found", "delivery-pending"],
    },
    handler: async (request, reply) => {
      const { tenant, id, callbackUrl } = await requestOf(request);
      if (callbackUrl === undefined) throw new ProblemError("callback-missing");
      if (!(await ledger.results.has({ tenant, id }))) throw new ProblemError("delivery-pending");
      return reply.code(202).send(publicDelivery(await dispatch.redeliver({ tenant, event: id })));
    },
  });
}
