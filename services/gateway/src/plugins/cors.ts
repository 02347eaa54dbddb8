import type { App, Dependencies } from "../app.js";
import { cors as fastifyCors } from "../libraries/fastify.js";

/** What a page may read of an answer beside its body. */
const exposed = [
  "accept-ranges",
  "allow",
  "content-disposition",
  "content-range",
  "etag",
  "idempotency-replayed",
  "location",
  "preference-applied",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "x-request-id",
];

/** Lets pages of the named origins call. Keys are sent by the page itself, so cookies and the like are never wanted. */
export async function cors(app: App, { config }: Dependencies): Promise<void> {
  const origins = config.CORS_ORIGINS.split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  if (origins.length === 0) return;
  // A question what is allowed, of nobody's page, is no preflight.
  app.addHook("onRequest", async ({ method, headers }, reply) => {
    if (method !== "OPTIONS" || headers["access-control-request-method"] !== undefined) return undefined;
    reply.callNotFound();
    // It is answered, or will be: no later hook may answer it too.
    return reply;
  });
  await app.register(fastifyCors, {
    origin: origins.includes("*") ? "*" : origins,
    methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
    exposedHeaders: exposed,
    maxAge: 600,
    strictPreflight: false,
    hideOptionsRoute: true,
  });
}
