import path from "node:path";
import { type BoardQuestion, openQueueBoard } from "@osteon/shared/queue-board";
import type { App, Dependencies } from "../app.js";
import { boardDocument } from "../board-document.js";
import { staticFiles } from "../libraries/fastify.js";

const base = "/operate/queues";

/** Bull Board's one style element: of the sign that stands for Redis. After an upgrade a browser's console tells the new one. */
const redisSign = "'sha256-r2N1TB/gHbBtBZFKg7ejmq1acVSREzucTAEw6ga4hoU='";

/** As our own page's, but for what Bull Board needs: a base, a worker, and scripts that load its parts. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  `style-src 'self' ${redisSign}`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** `/operate/queues`: each job as Redis has it, for the operator. Read-only; what a person does is done in `/operate`. */
export async function queueBoard(app: App, { backbone }: Dependencies): Promise<void> {
  const board = openQueueBoard(backbone.redis);
  app.addHook("onClose", () => board.close());
  const document = await boardDocument(board, base);

  app.addHook("onRoute", (route) => {
    route.config = { ...route.config, scope: "admin", basic: true };
    route.schema = { ...route.schema, hide: true };
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply
      .header("content-security-policy", policy)
      .header("cross-origin-opener-policy", "same-origin")
      .header("referrer-policy", "no-referrer");
  });

  for (const page of new Set(board.pages.flatMap((each) => (each === "/" ? ["", "/"] : [each])))) {
    app.get(`${base}${page}`, async (_request, reply) =>
      reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(document),
    );
  }
  for (const { path: place, answer } of board.reads) {
    app.get(`${base}${place}`, async ({ params, query }, reply) => {
      reply.header("cache-control", "no-store");
      return answer({ params, query } as BoardQuestion);
    });
  }
  await app.register(staticFiles, {
    root: path.join(board.folder, "static"),
    prefix: `${base}/static/`,
    index: false,
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply) => {
      reply.header("cache-control", "private, max-age=3600");
    },
  });
}
