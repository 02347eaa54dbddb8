import { Analysis, isEnded, ProblemError } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import { etagOf, matches, notModified } from "../answers/etag.js";
import { longestWait, preferredWait } from "../answers/prefer.js";
import type { App, Dependencies } from "../app.js";
import { hold } from "../streams/hold.js";
import { analysisRef } from "./analysis-ref.js";
import { IdParams, Prefer, strict } from "./schemas.js";

const Query = Type.Object(
  {
    wait: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: longestWait,
        description: "Seconds to hold the answer until an end state.",
      }),
    ),
  },
  strict,
);

/** `GET /v1/analyses/{id}`: the analysis as it stands, at once or when it has ended. */
export async function getAnalysis(app: App, dependencies: Dependencies): Promise<void> {
  app.route({
    method: "GET",
    url: "/v1/analyses/:id",
    schema: {
      operationId: "getAnalysis",
      summary: "An analysis, whatever its state",
      params: IdParams,
      querystring: Query,
      headers: Type.Object({
        prefer: Prefer,
        "if-none-match": Type.Optional(
          Type.String({ description: "An ETag: what it names is not sent again." }),
        ),
      }),
      response: { 200: Analysis, 304: Type.Null({ description: "Not changed." }) },
    },
    config: { scope: "read", problems: ["analysis-not-found"] },
    handler: async (request, reply) => {
      const ref = analysisRef(request);
      const preferred = preferredWait(request.headers.prefer);
      const seconds = request.query.wait ?? preferred ?? 0;
      const analysis = await hold(dependencies, ref, seconds, reply);
      if (analysis === undefined) throw new ProblemError("analysis-not-found");
      const tag = `"${etagOf(analysis)}"`;
      reply.header("etag", tag).header("cache-control", "private, no-cache");
      if (preferred !== undefined && request.query.wait === undefined)
        reply.header("preference-applied", `wait=${preferred}`);
      if (matches(request.headers["if-none-match"], tag)) return notModified(reply);
      if (!isEnded(analysis.status)) reply.header("retry-after", "1");
      return reply.send(analysis);
    },
  });
}
