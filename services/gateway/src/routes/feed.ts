import { Type } from "@osteon/shared/typebox";
import type { App, Dependencies } from "../app.js";
import { Feed, type FeedEvent } from "../feed.js";

const heartbeatMs = 15_000;
/** A stream ends after this time: whoever comes back is asked for the key again. */
const longestMs = 10 * 60_000;
/** A client that does not read is let go: it catches up when it comes back. */
const mostUnread = 1024 * 1024;

/**
 * `GET /v1/events`: one stream of server-sent events for all of the tenant's analyses, however many are under way: a browser
 * has six connections to a host. It keeps no log. It begins with `missed`, which asks the client to look at what it
 * waits for, and so does every gap.
 */
export async function feed(app: App, { backbone, changes }: Dependencies): Promise<void> {
  const source = new Feed({ analyses: backbone.analyses, changes });
  const open = new Set<() => void>();
  app.addHook("preClose", async () => {
    for (const end of open) end();
  });

  app.route({
    method: "GET",
    url: "/v1/events",
    exposeHeadRoute: false,
    schema: {
      operationId: "streamEvents",
      summary: "Changes of all analyses as server-sent events",
      description:
        "Event `analysis` carries an analysis as it then stands, `erased` the id of one that is gone, `missed` says that changes may have been missed: look at what you wait for. `alive` comes every 15 s: a stream that is silent for longer is dead. The first event is `missed`. The stream ends after ten minutes at most: connect again.",
      produces: ["text/event-stream"],
      response: {
        200: {
          description: "The stream.",
          content: { "text/event-stream": { schema: Type.String() } },
        },
      },
    },
    config: { scope: "read" },
    handler: (request, reply) => {
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        "content-type": "text/event-stream",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "x-request-id": request.id,
      });
      const end = () => {
        clearInterval(heartbeat);
        clearTimeout(limit);
        ignore();
        open.delete(end);
        if (!raw.writableEnded) raw.end();
      };
      const send = (event: FeedEvent) => {
        if (raw.writableEnded) return;
        if (raw.writableLength > mostUnread) return end();
        raw.write(textOf(event));
      };
      const ignore = source.listen(request.tenant, send);
      const heartbeat = setInterval(() => raw.write("event: alive\ndata: {}\n\n"), heartbeatMs);
      const limit = setTimeout(end, longestMs);
      open.add(end);
      raw.once("close", end);
      // One who comes back, comes back at once.
      raw.write("retry: 1000\n\n");
      send({ type: "missed" });
    },
  });
}

function textOf(event: FeedEvent): string {
  const data = event.type === "analysis" ? event.analysis : event.type === "erased" ? { id: event.id } : {};
  return `event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
