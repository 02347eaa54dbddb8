import { type Analysis, isAnalysisId, isEnded, ProblemError } from "@osteon/shared";
import { Type } from "typebox";
import type { App, Dependencies } from "../app.js";
import { etagOf } from "../etag.js";
import { IdParams, problemResponses } from "./schemas.js";

const heartbeatMs = 15_000;

/**
 * `GET /v1/analyses/{id}/events`: server-sent events until the end state. Each event is the whole analysis as it then stands,
 * named by its status, with its ETag as id: whoever comes back with `Last-Event-ID` misses nothing and sees nothing twice.
 */
export async function events(app: App, { backbone, changes }: Dependencies): Promise<void> {
  app.route({
    method: "GET",
    url: "/v1/analyses/:id/events",
    exposeHeadRoute: false,
    schema: {
      summary: "The analysis as server-sent events",
      params: IdParams,
      produces: ["text/event-stream"],
      response: {
        204: Type.Null({ description: "Last-Event-ID names the end: nothing more comes." }),
        ...problemResponses,
      },
    },
    config: { scope: "read" },
    handler: async (request, reply) => {
      const ref = { tenant: request.tenant, id: request.params.id };
      const first = isAnalysisId(ref.id) ? await backbone.analyses.get(ref) : undefined;
      if (first === undefined) throw new ProblemError("analysis-not-found");
      let last = request.headers["last-event-id"];
      // There is nothing to come: 204 tells a client that comes back by itself to stay away.
      if (isEnded(first.status) && last === etagOf(first)) return reply.code(204).send(null);
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "x-request-id": request.id,
      });
      const send = (analysis: Analysis) => {
        const id = etagOf(analysis);
        if (id !== last)
          raw.write(`id: ${id}\nevent: ${analysis.status}\ndata: ${JSON.stringify(analysis)}\n\n`);
        last = id;
        if (isEnded(analysis.status)) finish();
      };
      // One look at a time, in order: a slow look must not overtake a later one.
      let looking = Promise.resolve();
      const look = () => {
        looking = looking.then(async () => {
          const analysis = await backbone.analyses.get(ref).catch(() => undefined);
          if (analysis !== undefined && !raw.writableEnded) send(analysis);
        });
      };
      const ignore = changes.listen(ref.id, look);
      const heartbeat = setInterval(() => raw.write(": alive\n\n"), heartbeatMs);
      const finish = () => {
        clearInterval(heartbeat);
        ignore();
        raw.end();
      };
      raw.once("close", finish);
      send(first);
      if (!isEnded(first.status)) look();
    },
  });
}
