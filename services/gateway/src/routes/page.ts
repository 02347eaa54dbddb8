import { readFile } from "node:fs/promises";
import type { App } from "../app.js";

const folder = new URL("../../../../../web/", import.meta.url);

const files = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/page/style.css", "style.css", "text/css; charset=utf-8"],
  ["/page/app.js", "app.js", "text/javascript; charset=utf-8"],
] as const;

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The page at `/`, from memory. */
export async function page(app: App): Promise<void> {
  for (const [url, name, type] of files) {
    const content = await readFile(new URL(name, folder));
    app.get(url, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .type(type)
        .header("content-security-policy", policy)
        .header("cache-control", "no-cache")
        .send(content),
    );
  }
}
