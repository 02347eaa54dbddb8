import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { EventStream } from "../streams/event-stream.js";
import { Feed, type FeedEvent } from "../streams/feed.js";

/**
 * `GET /v1/events`: one stream of server-sent events for all of the tenant's analyses, however many are under way: a browser
 * has six connections to a host. It keeps no log. It begins with `missed`, which asks the client to look at what it
 * waits for, and so does every gap.
 */
export async function events(app: App, { backbone, changes, streams, closing }: Dependencies): Promise<void> {
  const source = new Feed({ analyses: backbone.analyses, changes });

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
    config: { scope: "read", problems: ["too-many-streams"] },
    handler: (request, reply) => {
      const leave = streams.enter(request.tenant);
      const stream = new EventStream(reply, { heartbeat: "event: alive\ndata: {}\n\n", closing });
      const send = (event: FeedEvent) => stream.write(textOf(event));
      stream.onEnd(leave);
      stream.onEnd(source.listen(request.tenant, send));
      // One who comes back, comes back at once.
      stream.write("retry: 1000\n\n");
      send({ type: "missed" });
    },
  });
}

function textOf(event: FeedEvent): string {
  const data = event.type === "analysis" ? event.analysis : event.type === "erased" ? { id: event.id } : {};
  return `event: ${event.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
