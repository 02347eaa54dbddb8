import { readFile } from "node:fs/promises";
import path from "node:path";
import type { QueueBoard } from "@osteon/shared/queue-board";

/**
 * The document of the queues' page. Bull Board's own template asks another site for fonts and has styles within it, which
 * our policy forbids: only the names of its scripts and styles are taken from it.
 * @throws Error where the template names none, as after an upgrade that changed it
 */
export async function boardDocument({ folder, settings }: QueueBoard, base: string): Promise<string> {
  const template = await readFile(path.join(folder, "index.ejs"), "utf8");
  const named = (pattern: RegExp) => [...template.matchAll(pattern)].map(([, name = ""]) => name);
  const scripts = named(/<script defer src="(static\/js\/[\w.-]+\.js)"/g);
  const styles = named(/<link href="(static\/css\/[\w.-]+\.css)"/g);
  if (scripts.length === 0 || styles.length === 0)
    throw new Error("Bull Board's template is not as expected");
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<base href="${base}/">`,
    "<title>Osteon queues</title>",
    '<link rel="icon" type="image/svg+xml" id="fav-logo" href="static/images/logo.svg">',
    ...styles.map((name) => `<link rel="stylesheet" href="${name}">`),
    "</head>",
    '<body class="preload">',
    // Data, which no policy takes for a script.
    `<script id="__UI_CONFIG__" type="application/json">${settings}</script>`,
    '<div id="root"></div>',
    ...scripts.map((name) => `<script defer src="${name}"></script>`),
    "</body>",
    "</html>",
  ].join("\n");
}
