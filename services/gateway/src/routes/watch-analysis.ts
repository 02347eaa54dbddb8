import { type Analysis, AnalysisStatus, isEnded, ProblemError } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import { etagOf } from "../answers/etag.js";
import type { App, Dependencies } from "../app.js";
import { EventStream } from "../streams/event-stream.js";
import { analysisRef } from "./analysis-ref.js";
import { IdParams } from "./schemas.js";

/** One event, as the document has it. */
const StreamEvent = Type.Object({
  id: Type.String({ description: "The analysis’s ETag: what Last-Event-ID names." }),
  event: AnalysisStatus,
  data: Type.String({ description: "The analysis, as JSON.", contentMediaType: "application/json" }),
});

/**
 * `GET /v1/analyses/{id}/events`: server-sent events until the end state. Each event is the whole analysis as it then stands,
 * named by its status, with its ETag as id: whoever comes back with `Last-Event-ID` misses nothing and sees nothing twice.
 */
export async function watchAnalysis(
  app: App,
  { backbone, changes, streams, closing }: Dependencies,
): Promise<void> {
  app.route({
    method: "GET",
    url: "/v1/analyses/:id/events",
    exposeHeadRoute: false,
    schema: {
      operationId: "watchAnalysis",
      summary: "The analysis as server-sent events",
      description:
        "Each event is the whole analysis, named by its status, with its ETag as id. Comments beat every 15 s. The stream ends with the analysis, and after ten minutes at most: connect again with Last-Event-ID, which the state that stands then follows.",
      params: IdParams,
      headers: Type.Object({
        "last-event-id": Type.Optional(
          Type.String({ description: "The last event seen: it is not told again." }),
        ),
      }),
      response: {
        200: { description: "The stream.", content: { "text/event-stream": { schema: StreamEvent } } },
        204: Type.Null({ description: "Last-Event-ID names the end: nothing more comes." }),
      },
    },
    config: { scope: "read", problems: ["analysis-not-found", "too-many-streams"] },
    handler: async (request, reply) => {
      const ref = analysisRef(request);
      const first = await backbone.analyses.get(ref);
      if (first === undefined) throw new ProblemError("analysis-not-found");
      let last = request.headers["last-event-id"];
      // There is nothing to come: 204 tells a client that comes back by itself to stay away.
      if (isEnded(first.status) && last === etagOf(first)) return reply.code(204).send(null);
      const leave = streams.enter(request.tenant);
      const stream = new EventStream(reply, { heartbeat: ": alive\n\n", closing });
      stream.onEnd(leave);
      const send = (analysis: Analysis) => {
        const id = etagOf(analysis);
        if (id !== last)
          stream.write(`id: ${id}\nevent: ${analysis.status}\ndata: ${JSON.stringify(analysis)}\n\n`);
        last = id;
        if (isEnded(analysis.status)) stream.end();
      };
      // One look at a time, in order: a slow look must not overtake a later one.
      let looking = Promise.resolve();
      const look = () => {
        looking = looking.then(async () => {
          if (stream.ended) return;
          const analysis = await backbone.analyses.get(ref).catch(() => undefined);
          // Erased, or Redis or the store is away: the client comes back, and is told which.
          if (analysis === undefined) stream.end();
          else send(analysis);
        });
      };
      stream.onEnd(changes.listen(ref.id, look));
      send(first);
      if (!isEnded(first.status)) look();
    },
  });
}
