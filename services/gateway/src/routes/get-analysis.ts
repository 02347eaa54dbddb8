import { Analysis, isAnalysisId, isEnded, ProblemError } from "@osteon/shared";
import { Type } from "typebox";
import type { App, Dependencies } from "../app.js";
import { etagOf } from "../etag.js";
import { waitForEnd } from "../wait-for-end.js";
import { IdParams, problemResponses } from "./schemas.js";

const Query = Type.Object({
  wait: Type.Optional(
    Type.Number({ minimum: 0, maximum: 60, description: "Seconds to hold the answer until an end state." }),
  ),
});

/** `GET /v1/analyses/{id}`: the analysis as it stands, at once or when it has ended. */
export async function getAnalysis(app: App, { backbone, changes }: Dependencies): Promise<void> {
  app.route({
    method: "GET",
    url: "/v1/analyses/:id",
    schema: {
      summary: "An analysis, whatever its state",
      params: IdParams,
      querystring: Query,
      response: { 200: Analysis, 304: Type.Null({ description: "Not changed." }), ...problemResponses },
    },
    config: { scope: "read" },
    handler: async (request, reply) => {
      const { id } = request.params;
      if (!isAnalysisId(id)) throw new ProblemError("analysis-not-found");
      const ref = { tenant: request.tenant, id };
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const analysis = await waitForEnd({
        look: () => backbone.analyses.get(ref),
        listen: (listener) => changes.listen(id, listener),
        milliseconds: (request.query.wait ?? 0) * 1000,
        signal: gone.signal,
      });
      if (analysis === undefined) throw new ProblemError("analysis-not-found");
      const tag = `"${etagOf(analysis)}"`;
      reply.header("etag", tag).header("cache-control", "no-cache");
      if (matches(request.headers["if-none-match"], tag)) return reply.code(304).send(null);
      if (!isEnded(analysis.status)) reply.header("retry-after", "1");
      return reply.send(analysis);
    },
  });
}

function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((each) => ["*", tag].includes(each.trim().replace(/^W\//, "")));
}
