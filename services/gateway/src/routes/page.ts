import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { disclaimer, ProblemError } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { FastifyReply } from "fastify";
import { vary } from "../answers/vary.js";
import type { App, Dependencies } from "../app.js";
import { negotiate, staticFiles } from "../libraries/fastify.js";

const folder = fileURLToPath(new URL("../../../../../web/dist/", import.meta.url));

const yearSeconds = 365 * 24 * 3600;

/** Addresses that the page shows; it finds its way by itself. */
const addresses = ["/", "/exams/:id", "/history", "/models/:name", "/operate"];

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** What a film must be to be answered well. */
const rules = [
  "Only the film: no other object in the picture.",
  "At least 224 pixels on each side.",
  "An original film without colours.",
  "Left and right bones alike are fine.",
] as const;

/**
 * The page: built files whose names tell their content, so that a browser keeps them for good, each beside its
 * compressed forms; and the one document that names them, which is asked for anew each time.
 */
export async function page(app: App, { logger }: Dependencies): Promise<void> {
  const built = existsSync(`${folder}index.html`);
  if (!built) logger.warn("the page is not built: `npm run build` makes it");
  const document = built ? await readFile(`${folder}index.html`) : undefined;
  const show = (reply: FastifyReply) => {
    if (document === undefined) throw new ProblemError("not-found", "The page is not built.");
    return reply
      .type("text/html; charset=utf-8")
      .header("content-security-policy", policy)
      .header("cross-origin-opener-policy", "same-origin")
      .header("permissions-policy", "camera=(self), microphone=(), geolocation=()")
      .header("referrer-policy", "no-referrer")
      .header("cache-control", "no-cache")
      .send(document);
  };
  for (const url of addresses) {
    app.get(url, { schema: { hide: true } }, async (_request, reply) => show(reply));
  }

  app.get(
    "/rules",
    {
      schema: {
        operationId: "getRules",
        summary: "The film rules",
        response: {
          200: {
            description: "A page, or JSON where it is asked for.",
            content: {
              "text/html": { schema: Type.String() },
              "application/json": {
                schema: Type.Object({ rules: Type.Array(Type.String()), disclaimer: Type.String() }),
              },
            },
          },
        },
      },
    },
    async (request, reply) => {
      vary(reply, "accept");
      if (!prefersJson(request.headers.accept) && document !== undefined) return show(reply);
      return reply.type("application/json").send(JSON.stringify({ rules, disclaimer }));
    },
  );

  if (!built) return;
  // Of the libraries inside the page: they go along with every copy of it. As text, since browsers save Markdown instead of showing it.
  const licences = await readFile(`${folder}licences.md`);
  app.get("/licences", { schema: { hide: true } }, async (_request, reply) =>
    reply.type("text/plain; charset=utf-8").header("cache-control", "no-cache").send(licences),
  );
  await app.register(staticFiles, {
    root: `${folder}assets`,
    prefix: "/assets/",
    preCompressed: true,
    immutable: true,
    maxAge: yearSeconds * 1000,
    index: false,
    decorateReply: false,
  });
}

function prefersJson(accept = ""): boolean {
  // The negotiator knows of q alone, takes a type with any other parameter for one that is not wanted, and no kind for all of its types.
  const types = accept
    .toLowerCase()
    .replace(/;\s*(?!q\s*=)[^;,]*/g, "")
    .replaceAll("text/*", "text/html")
    .replaceAll("application/*", "application/json");
  return negotiate(types, ["text/html", "application/json"]) === "application/json";
}
