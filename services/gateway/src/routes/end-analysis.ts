import { Analysis } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { analysisRef } from "./analysis-ref.js";
import { IdParams } from "./schemas.js";

/** `POST /v1/analyses/{id}/cancel` and `DELETE /v1/analyses/{id}`. */
export async function endAnalysis(app: App, { backbone }: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/v1/analyses/:id/cancel",
    schema: {
      operationId: "cancelAnalysis",
      summary: "Cancel",
      description: "Work that has not started is not done; what comes late is ignored. Again is the same.",
      params: IdParams,
      response: { 200: Analysis },
    },
    config: { scope: "submit", problems: ["analysis-not-found", "already-ended"] },
    handler: (request) => backbone.analyses.cancel(analysisRef(request)),
  });
  app.route({
    method: "DELETE",
    url: "/v1/analyses/:id",
    schema: {
      operationId: "eraseAnalysis",
      summary: "Erase every trace",
      params: IdParams,
      response: { 204: Type.Null({ description: "Erased." }) },
    },
    config: { scope: "submit", problems: ["analysis-not-found"] },
    handler: async (request, reply) => {
      await backbone.analyses.erase(analysisRef(request), { retries: true });
      return reply.code(204).send(null);
    },
  });
}
