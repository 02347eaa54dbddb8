import { disclaimer } from "@osteon/shared";
import { Type } from "typebox";
import type { App } from "../app.js";

/** What a film must be to be answered well. */
export const rules = [
  "Only the film: no other object in the picture.",
  "At least 224 pixels on each side.",
  "An original film without colours.",
  "Left and right bones alike are fine.",
] as const;

/** `GET /rules`: the film rules, as a page or, where asked for, as JSON. */
export async function filmRules(app: App): Promise<void> {
  app.get(
    "/rules",
    { schema: { summary: "The film rules", response: { 200: Type.Unknown() } } },
    async (request, reply) => {
      reply.header("vary", "accept");
      const accept = request.headers.accept ?? "";
      if (accept.includes("application/json") && !accept.includes("text/html")) {
        return reply.type("application/json").send(JSON.stringify({ rules, disclaimer }));
      }
      return reply
        .type("text/html; charset=utf-8")
        .header(
          "content-security-policy",
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        .send(page());
    },
  );
}

function page(): string {
  const items = rules.map((rule) => `<li>${rule}</li>`).join("");
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Osteon: film rules</title><style>body{font:18px/1.6 system-ui;max-width:34em;margin:3em auto;padding:0 1em;background:#111;color:#eee}</style>
<h1>Film rules</h1><ol>${items}</ol><p>${disclaimer}</p></html>`;
}
