import { isIP } from "node:net";
import { isLoopback, ProblemError } from "@osteon/shared";
import type { App, Dependencies } from "../app.js";

/**
 * Without keys whoever reaches the gateway may do everything: a program of this machine may, a page of another site that runs in
 * this machine's browser may not. It would come under its own name (DNS rebinding), or say whose it is.
 */
export async function sameSite(app: App, { config }: Dependencies): Promise<void> {
  if (config.AUTH !== "off") return;
  const known = new Set(config.CORS_ORIGINS.split(",").map((each) => each.trim()));
  app.addHook("onRequest", async ({ headers, method }) => {
    const name = hostname(headers.host ?? "localhost");
    if (!isLoopback(name) && !name.endsWith(".localhost")) throw new ProblemError("host-refused");
    if (method === "GET" || method === "HEAD" || method === "OPTIONS") return;
    const { origin } = headers;
    const own = origin === undefined || /^https?:\/\/(.*)$/.exec(origin)?.[1] === headers.host;
    if (!own && !known.has(origin) && !known.has("*")) throw new ProblemError("origin-refused");
    // Browsers that say no origin still say where a request comes from.
    if (origin === undefined && /^(cross|same)-site$/.test(String(headers["sec-fetch-site"])))
      throw new ProblemError("origin-refused");
  });
}

function hostname(host: string): string {
  const name = /^\[(.+)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, "");
  return isIP(name) === 0 ? name.toLowerCase().replace(/\.$/, "") : name;
}
